//! Organizations and their members: founding, verification, seats, invitations, mergers.

mod founding;
mod invitations;
mod members;
mod merger;
mod verification;

use tests::{Actor, Answer, Value, World, json};

async fn organization(who: &Actor, mutation: &str, input: Value) -> Answer {
    who.does(mutation, "organization { id version verification }", input).await
}

async fn membership(who: &Actor, mutation: &str, input: Value) -> Answer {
    who.does(mutation, "membership { id version status role }", input).await
}

async fn invitation(who: &Actor, mutation: &str, input: Value) -> Answer {
    who.does(mutation, "invitation { id version state role email }", input).await
}

async fn founds(founder: &Actor, name: &str) -> String {
    let input = json!({ "name": name, "legalForm": "ASSOCIATION", "kinds": ["INNOVATOR"] });
    organization(founder, "organizationCreate", input).await.text("/organizationCreate/organization/id")
}

/// Address of somebody's account.
async fn address(world: &World, person: &Actor) -> String {
    world.email(person.user.unwrap()).await
}

/// Roles of somebody's active seats.
async fn seats(person: &Actor) -> Vec<String> {
    let list = "{ viewer { memberships(filter: { status: { eq: ACTIVE } }) { nodes { role } } } }";
    person.asks(list, json!({})).await.each("/viewer/memberships/nodes", "/role")
}

/// Id of somebody's own membership.
async fn seat(person: &Actor, organization: &str) -> String {
    let show = "query ($id: ID!) { organization(by: { id: $id }) { viewerMembership { id } } }";
    person.asks(show, json!({ "id": organization })).await.text("/organization/viewerMembership/id")
}

/// Invites, accepts as the invited, and tells the membership.
async fn admits(world: &World, owner: &Actor, home: &str, person: &Actor, role: &str) -> String {
    let input = json!({ "organizationId": home, "email": address(world, person).await, "role": role });
    let invited = invitation(owner, "membershipInvite", input).await;
    let it = json!({ "id": invited.text("/membershipInvite/invitation/id") });
    let accepted = invitation(person, "invitationAccept", it).await;
    assert_eq!(accepted.text("/invitationAccept/invitation/state"), "ACCEPTED");
    seat(person, home).await
}

/// Asks for verification and grants it.
async fn verifies(owner: &Actor, curator: &Actor, home: &str) {
    organization(owner, "organizationRequestVerification", json!({ "id": home })).await.fine();
    organization(curator, "organizationVerify", json!({ "id": home })).await.fine();
}
