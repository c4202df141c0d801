//! Curators verify, refuse, suspend and restore organizations.

use super::{founds, invitation, organization, verifies};
use tests::{Actor, World, json};

/// Whether they read what members of the network read.
async fn is_of_the_network(person: &Actor) -> bool {
    let ask = "{ viewer { isNetworkMember } }";
    person.asks(ask, json!({})).await.data("/viewer/isNetworkMember") == true
}

#[tokio::test]
async fn curators_verify_and_refuse_with_a_reason() {
    let world = World::new().await;
    let (owner, stranger) = (world.stranger().await, world.stranger().await);
    let (curator, steward) = (world.curator().await, world.steward().await);
    let id = founds(&owner, "Lab").await;
    let it = json!({ "id": id });
    organization(&curator, "organizationVerify", it.clone()).await.refused("STATE_INVALID");
    organization(&stranger, "organizationRequestVerification", it.clone()).await.refused("FORBIDDEN");
    organization(&owner, "organizationRequestVerification", it.clone()).await.fine();
    for person in [&owner, &steward] {
        organization(person, "organizationVerify", it.clone()).await.refused("FORBIDDEN");
    }
    let queue = "{ organizations(filter: { verification: { eq: PENDING } }) { nodes { id } } }";
    assert_eq!(curator.asks(queue, json!({})).await.each("/organizations/nodes", "/id"), [id.as_str()]);

    organization(&curator, "organizationRefuse", json!({ "id": id, "reason": " " })).await.refused("BLANK");
    let because = json!({ "id": id, "reason": "Which register?" });
    let refused = organization(&curator, "organizationRefuse", because).await;
    assert_eq!(refused.text("/organizationRefuse/organization/verification"), "UNVERIFIED");
    let show = "query ($id: ID!) { organization(by: { id: $id }) { verificationReason verifiedAt } }";
    let told = owner.asks(show, it.clone()).await;
    assert_eq!(told.data("/organization/verificationReason"), "Which register?");
    let told = stranger.asks(show, it.clone()).await;
    assert!(told.data("/organization/verificationReason").is_null());
    assert_eq!(told.withheld(), ["Organization.verificationReason OWNER 1"]);

    assert!(!is_of_the_network(&owner).await);
    verifies(&owner, &curator, &id).await;
    assert!(is_of_the_network(&owner).await, "on the very next request");
    assert!(owner.asks(show, it).await.data("/organization/verifiedAt").is_string());
}

#[tokio::test]
async fn a_suspended_organization_is_hidden_and_its_members_leave_the_network() {
    let world = World::new().await;
    let (owner, stranger, curator) = (world.stranger().await, world.stranger().await, world.curator().await);
    let id = founds(&owner, "Lab").await;
    let it = json!({ "id": id });
    verifies(&owner, &curator, &id).await;
    let doubt = json!({ "id": id, "reason": "Des doutes." });
    organization(&owner, "organizationSuspend", doubt.clone()).await.refused("FORBIDDEN");
    let suspended = organization(&curator, "organizationSuspend", doubt).await;
    assert_eq!(suspended.text("/organizationSuspend/organization/verification"), "SUSPENDED");
    let show = "query ($id: ID!) { organization(by: { id: $id }) { name } }";
    assert!(stranger.asks(show, it.clone()).await.data("/organization").is_null());
    assert_eq!(owner.asks(show, it.clone()).await.text("/organization/name"), "Lab");
    organization(&stranger, "organizationUpdate", it.clone()).await.refused("NOT_FOUND");
    assert!(!is_of_the_network(&owner).await, "members of a suspended organization are not of the network");
    let invite = json!({ "organizationId": id, "email": "a@example.org", "role": "VIEWER" });
    invitation(&owner, "membershipInvite", invite).await.refused("STATE_INVALID");

    organization(&owner, "organizationRestore", it.clone()).await.refused("FORBIDDEN");
    let restored = organization(&curator, "organizationRestore", it.clone()).await;
    assert_eq!(restored.text("/organizationRestore/organization/verification"), "VERIFIED");
    assert!(is_of_the_network(&owner).await);
    assert_eq!(stranger.asks(show, it).await.text("/organization/name"), "Lab");
}
