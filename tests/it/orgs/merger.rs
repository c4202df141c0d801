//! Stewards merge two records of one organization: what the one had, the other has.

use super::{admits, founds, organization, seats, verifies};
use entity::codes::PlatformRole;
use tests::{Actor, World, json};

const SHOW: &str = "query ($from: ID!, $into: ID!, $own: ID!, $childs: ID!) {
    old: organization(by: { id: $from }) { name verification mergedInto { name } identifiers { value } }
    new: organization(by: { id: $into }) { identifiers { value } areas { code } parent { name } children { nodes { name } }
        memberships { nodes { role user { displayName } } } viewerPermissions { update { isAllowed } } }
    own: project(by: { id: $own }) { holder { name } }
    childs: project(by: { id: $childs }) { coHolders { role organization { name } } version }
    found: organizations(filter: { name: { startsWith: \"the l\" } }) { totalCount { value } }
    merged: organizations(filter: { verification: { eq: MERGED } }) { totalCount { value } }
    there: organizations(filter: { territory: { codes: [\"DEP-31\"] } }) { nodes { name } }
    elsewhere: organizations(filter: { not: { territory: { codes: [\"DEP-31\"] } } }) { nodes { name } } }";

async fn drafts(who: &Actor, more: tests::Value) -> String {
    let mut input = json!({ "title": "P", "summary": "S", "stage": "IDEATION" });
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    who.does("projectCreate", "project { id }", input).await.text("/projectCreate/project/id")
}

#[tokio::test]
async fn a_merged_organization_hands_over_what_it_had() {
    let world = World::new().await;
    let owner = world.staff("Owner", PlatformRole::None).await;
    let twin = world.staff("Twin", PlatformRole::None).await;
    let both = world.staff("Both", PlatformRole::None).await;
    let (curator, steward) = (world.curator().await, world.steward().await);
    let (into, from) = (founds(&owner, "Lab").await, founds(&twin, "The Lab").await);
    let child = founds(&owner, "Child").await;
    let said = json!({ "id": from, "areas": ["DEP-31"], "seat": "DEP-31",
        "identifiers": [{ "scheme": "SIREN", "value": "732829320" }] });
    organization(&twin, "organizationUpdate", said).await.fine();
    organization(&owner, "organizationUpdate", json!({ "id": child, "parentId": from })).await.fine();
    // The one that remains lies below the child: the hierarchy is mended.
    organization(&owner, "organizationUpdate", json!({ "id": into, "parentId": child })).await.fine();
    admits(&world, &owner, &into, &both, "VIEWER").await;
    admits(&world, &twin, &from, &both, "ADMIN").await;
    let own = drafts(&twin, json!({ "holderId": from })).await;
    let partners =
        json!([{ "organizationId": from, "role": "FUNDER" }, { "organizationId": into, "role": "FUNDER" }]);
    let childs = drafts(&owner, json!({ "holderId": child, "coHolders": partners })).await;

    let go = json!({ "id": from, "intoId": into });
    for person in [&curator, &twin] {
        organization(person, "organizationMerge", go.clone()).await.refused("FORBIDDEN");
    }
    let itself = json!({ "id": from, "intoId": from });
    organization(&steward, "organizationMerge", itself).await.refused("INVALID");
    let merged = organization(&steward, "organizationMerge", go.clone()).await;
    assert_eq!(merged.text("/organizationMerge/organization/verification"), "MERGED");
    organization(&steward, "organizationMerge", go).await.refused("STATE_INVALID");

    let variables = json!({ "from": from, "into": into, "own": own, "childs": childs });
    let seen = twin.asks(SHOW, variables.clone()).await;
    assert_eq!(seen.text("/old/name"), "The Lab");
    assert_eq!(seen.text("/old/mergedInto/name"), "Lab");
    assert_eq!(seen.data("/old/identifiers"), json!([]));
    assert_eq!(seen.each("/new/identifiers", "/value"), ["732829320"]);
    assert_eq!(seen.each("/new/areas", "/code"), ["DEP-31"]);
    assert!(seen.data("/new/parent").is_null());
    assert_eq!(seen.each("/new/children/nodes", "/name"), ["Child"]);
    assert_eq!(seen.data("/new/viewerPermissions/update/isAllowed"), true, "owners of the one own the other");
    let members = "/new/memberships/nodes";
    let names = seen.each(members, "/user/displayName").into_iter().zip(seen.each(members, "/role"));
    let mut members: Vec<_> = names.map(|(name, role)| format!("{name} {role}")).collect();
    members.sort_unstable();
    assert_eq!(members, ["Both ADMIN", "Owner OWNER", "Twin OWNER"]);
    assert_eq!(seen.text("/own/holder/name"), "Lab");
    assert_eq!(seen.data("/found/totalCount/value"), 0);
    assert_eq!(seen.data("/merged/totalCount/value"), 1);
    assert_eq!(seen.each("/there/nodes", "/name"), ["Lab"]);
    assert_eq!(seen.each("/elsewhere/nodes", "/name"), ["Child"]);
    let seen = owner.asks(SHOW, variables).await;
    let partners = json!([{ "role": "FUNDER", "organization": { "name": "Lab" } }]);
    assert_eq!(seen.data("/childs/coHolders"), partners);
    assert_eq!(seen.text("/childs/version"), "2");
    assert_eq!(seats(&twin).await, ["OWNER"]);
}

#[tokio::test]
async fn a_stranger_gains_no_seat_in_a_verified_organization_by_a_merger() {
    let world = World::new().await;
    let (owner, administrator) = (world.stranger().await, world.administrator().await);
    let twin = world.staff("Twin", PlatformRole::None).await;
    let (into, from) = (founds(&owner, "Lab").await, founds(&twin, "The Lab").await);
    verifies(&owner, &administrator, &into).await;
    let go = json!({ "id": from, "intoId": into });
    organization(&administrator, "organizationMerge", go).await.fine();
    assert_eq!(seats(&twin).await, Vec::<String>::new());
    let queue =
        "{ memberships(filter: { status: { eq: REQUESTED } }) { nodes { role user { displayName } } } }";
    let waiting = owner.asks(queue, json!({})).await;
    assert_eq!(waiting.each("/memberships/nodes", "/user/displayName"), ["Twin"]);
    assert_eq!(waiting.each("/memberships/nodes", "/role"), ["VIEWER"]);
}
