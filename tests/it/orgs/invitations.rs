//! Invitations by bare address: the same answer for known and unknown, and good for that address alone.

use super::{address, admits, founds, invitation, membership, seats};
use std::time::Duration;
use tests::{Value, World, json};

const DAY: Duration = Duration::from_hours(24);
const LIST: &str = "query ($state: InvitationState!) {
    invitations(filter: { state: { eq: $state } }) { nodes { state email } } }";

#[tokio::test]
async fn an_invitation_says_nothing_of_accounts() {
    let world = World::new().await;
    let (owner, known) = (world.stranger().await, world.stranger().await);
    let id = founds(&owner, "Lab").await;
    let shown = "invitation { id email role state message version expiresAt
        viewerPermissions { revoke { isAllowed } accept { isAllowed } } }";
    let invite = async |email: &str| {
        let input = json!({ "organizationId": id, "email": email, "role": "EDITOR" });
        owner.does("membershipInvite", shown, input).await
    };
    let email = address(&world, &known).await;
    let (to_known, to_unknown) = (invite(&email.to_uppercase()).await, invite("nobody@example.org").await);
    assert_eq!(to_known.text("/membershipInvite/invitation/email"), email);
    let strip = |answer: &tests::Answer| {
        let mut body = answer.comparable();
        for field in ["id", "email", "expiresAt"] {
            body["data"]["membershipInvite"]["invitation"][field] = Value::Null;
        }
        body
    };
    assert_eq!(strip(&to_known), strip(&to_unknown));
    assert_eq!(to_known.statements(), to_unknown.statements());
    // Again: the same invitation, changed.
    let input = json!({ "organizationId": id, "email": email, "role": "VIEWER" });
    let again = invitation(&owner, "membershipInvite", input).await;
    let first = to_known.text("/membershipInvite/invitation/id");
    assert_eq!(again.text("/membershipInvite/invitation/id"), first);
    assert_eq!(again.text("/membershipInvite/invitation/role"), "VIEWER");
}

#[tokio::test]
async fn an_invitation_works_for_its_address_alone_and_for_two_weeks() {
    let world = World::new().await;
    let (owner, known, other) = (world.stranger().await, world.stranger().await, world.stranger().await);
    let id = founds(&owner, "Lab").await;
    let invite = |email: &str| json!({ "organizationId": id, "email": email, "role": "VIEWER" });
    let made = invitation(&owner, "membershipInvite", invite(&address(&world, &known).await)).await;
    let it = json!({ "id": made.text("/membershipInvite/invitation/id") });
    invitation(&other, "invitationAccept", it.clone()).await.refused("NOT_FOUND");
    invitation(&owner, "invitationAccept", it.clone()).await.refused("FORBIDDEN");
    invitation(&known, "invitationRevoke", it.clone()).await.refused("FORBIDDEN");
    world.set_verified(known.user.unwrap(), false).await;
    invitation(&known, "invitationAccept", it.clone()).await.refused("EMAIL_UNVERIFIED");
    world.set_verified(known.user.unwrap(), true).await;
    invitation(&other, "membershipInvite", invite("x@example.org")).await.refused("FORBIDDEN");

    // Time passes; it expires; resent, it is good again.
    invitation(&owner, "invitationResend", it.clone()).await.refused("RATE_LIMITED");
    world.later(15 * DAY);
    let (owner, known, other) =
        (world.again(&owner).await, world.again(&known).await, world.again(&other).await);
    let (expired, sent) = (json!({ "state": "EXPIRED" }), json!({ "state": "SENT" }));
    assert_eq!(known.asks(LIST, expired.clone()).await.each("/invitations/nodes", "/state"), ["EXPIRED"]);
    assert_eq!(known.asks(LIST, sent).await.data("/invitations/nodes"), json!([]));
    assert_eq!(other.asks(LIST, expired).await.data("/invitations/nodes"), json!([]));
    invitation(&known, "invitationAccept", it.clone()).await.refused("STATE_INVALID");
    let resent = invitation(&owner, "invitationResend", it.clone()).await;
    assert_eq!(resent.text("/invitationResend/invitation/state"), "SENT");
    let accepted = invitation(&known, "invitationAccept", it.clone()).await;
    assert_eq!(accepted.text("/invitationAccept/invitation/state"), "ACCEPTED");
    assert_eq!(seats(&known).await, ["VIEWER"]);
    invitation(&known, "invitationDecline", it).await.refused("STATE_INVALID");
}

#[tokio::test]
async fn nobody_floods_a_stranger_with_letters() {
    let world = World::new().await;
    let owner = world.stranger().await;
    let invite = async |home: &str| {
        let input = json!({ "organizationId": home, "email": "stranger@example.org", "role": "VIEWER" });
        invitation(&owner, "membershipInvite", input).await
    };
    let first = founds(&owner, "Lab").await;
    invite(&first).await.fine();
    invite(&first).await.fine();
    assert_eq!(world.letters().await.len(), 1, "one in ten minutes from an organization");
    let mut last = None;
    for number in 1..12 {
        last = Some(invite(&founds(&owner, &format!("Lab {number}")).await).await);
    }
    assert_eq!(world.letters().await.len(), 10, "ten a day from all");
    let it = json!({ "id": last.unwrap().text("/membershipInvite/invitation/id") });
    world.later(Duration::from_hours(1));
    let owner = world.again(&owner).await;
    invitation(&owner, "invitationResend", it.clone()).await.refused("RATE_LIMITED");
    world.later(DAY);
    let owner = world.again(&owner).await;
    invitation(&owner, "invitationResend", it).await.fine();
    assert_eq!(world.letters().await.len(), 11);
}

#[tokio::test]
async fn one_person_sends_two_hundred_invitations_a_day() {
    let world = World::new().await;
    let owner = world.stranger().await;
    let id = founds(&owner, "Lab").await;
    let now = world.now();
    for number in 0..200 {
        let row = entity::orgs::invitation::Model {
            id: entity::ids::InvitationId::fresh(),
            organization_id: id.parse().unwrap(),
            email: format!("x{number}@example.org"),
            role: entity::codes::MembershipRole::Viewer,
            message: None,
            invited_by_id: owner.user.unwrap(),
            state: entity::codes::InvitationState::Sent,
            expires_at: now.plus(entity::At::DAY),
            version: 1,
            created_at: now,
            updated_at: now,
        };
        world.insert(row).await;
    }
    let invite = json!({ "organizationId": id, "email": "one.more@example.org", "role": "VIEWER" });
    invitation(&owner, "membershipInvite", invite.clone()).await.refused("RATE_LIMITED");
    world.later(DAY + Duration::from_secs(1));
    invitation(&world.again(&owner).await, "membershipInvite", invite).await.fine();
}

#[tokio::test]
async fn a_viewer_manages_nobody_and_is_not_shown_whom_others_invite() {
    let world = World::new().await;
    let (owner, member, other) = (world.stranger().await, world.stranger().await, world.stranger().await);
    let id = founds(&owner, "Lab").await;
    admits(&world, &owner, &id, &member, "VIEWER").await;
    let read = "query ($id: ID!) { organization(by: { id: $id }) {
        invitations { nodes { email } } memberships { nodes { role } } } }";
    let seen = member.asks(read, json!({ "id": id })).await;
    assert!(seen.data("/organization/invitations").is_null());
    assert_eq!(seen.each("/organization/memberships/nodes", "/role").len(), 2);
    let seen = other.asks(read, json!({ "id": id })).await;
    assert!(seen.data("/organization/memberships").is_null());
    let levels = ["Organization.invitations OWNER 1", "Organization.memberships OWNER 1"];
    assert_eq!(seen.withheld(), levels);
}

#[tokio::test]
async fn who_goes_leaves_no_door_open() {
    let world = World::new().await;
    let (owner, admin, friend) = (world.stranger().await, world.stranger().await, world.stranger().await);
    let id = founds(&owner, "Lab").await;
    let seat = admits(&world, &owner, &id, &admin, "ADMIN").await;
    let email = address(&world, &friend).await;
    let invite = |role: &str| json!({ "organizationId": id, "email": email, "role": role });
    invitation(&admin, "membershipInvite", invite("OWNER")).await.refused("FORBIDDEN");
    let made = invitation(&admin, "membershipInvite", invite("ADMIN")).await;
    let gone = json!({ "id": seat, "reason": "gone" });
    let whom = "query ($id: ID!) { organization(by: { id: $id }) { invitations { nodes { email } } } }";
    assert!(!admin.asks(whom, json!({ "id": id })).await.data("/organization/invitations").is_null());
    let removed = membership(&owner, "membershipRemove", gone).await;
    assert_eq!(removed.text("/membershipRemove/membership/status"), "REMOVED");
    let it = json!({ "id": made.text("/membershipInvite/invitation/id") });
    invitation(&friend, "invitationAccept", it).await.refused("STATE_INVALID");
    assert_eq!(seats(&friend).await, Vec::<String>::new());
    let read = admin.asks(whom, json!({ "id": id })).await;
    assert!(read.data("/organization/invitations").is_null(), "on the very next request");
    invitation(&admin, "membershipInvite", invite("ADMIN")).await.refused("FORBIDDEN");
}
