//! Who has which seat: asking for one, being let in, rising, going.

use super::{address, admits, founds, invitation, membership, organization, seat, seats, verifies};
use entity::codes::MembershipRole;
use tests::{World, json};

const QUEUE: &str = "{ memberships(filter: { status: { eq: REQUESTED } }) { nodes {
    id status role user { displayName } } } }";
const READ_BY_STAFF: &str = "query ($id: ID!) { organization(by: { id: $id }) {
    auditEvents(filter: { actions: [\"staffRead\"] }) { nodes { subjectId requestId } } } }";

#[tokio::test]
async fn somebody_asks_and_is_let_in() {
    let world = World::new().await;
    let (owner, other, administrator) =
        (world.stranger().await, world.stranger().await, world.administrator().await);
    let asker = world.staff("Asker", entity::codes::PlatformRole::None).await;
    let id = founds(&owner, "Lab").await;
    let asked = json!({ "organizationId": id });
    let request = membership(&asker, "membershipRequest", asked.clone()).await;
    let request = request.text("/membershipRequest/membership/id");
    membership(&asker, "membershipRequest", asked).await.refused("STATE_INVALID");
    assert_eq!(seats(&asker).await, Vec::<String>::new());
    let it = json!({ "id": request });
    membership(&asker, "membershipApprove", it.clone()).await.refused("FORBIDDEN");
    membership(&other, "membershipApprove", it.clone()).await.refused("NOT_FOUND");

    // The owner's queue, and the administrators', who are seen to look.
    let waiting = owner.asks(QUEUE, json!({})).await;
    assert_eq!(waiting.each("/memberships/nodes", "/user/displayName"), ["Asker"]);
    assert_eq!(waiting.each("/memberships/nodes", "/status"), ["REQUESTED"]);
    let trail = owner.asks(READ_BY_STAFF, json!({ "id": id })).await;
    assert_eq!(trail.data("/organization/auditEvents/nodes"), json!([]), "its own owner is no staff");
    let looked = administrator.asks(QUEUE, json!({})).await;
    assert_eq!(looked.data("/memberships"), waiting.data("/memberships"));
    let trail = owner.asks(READ_BY_STAFF, json!({ "id": id })).await;
    let known = json!([{ "subjectId": request, "requestId": looked.reply.header("x-request-id").unwrap() }]);
    assert_eq!(trail.data("/organization/auditEvents/nodes"), known);
    assert_eq!(other.asks(QUEUE, json!({})).await.data("/memberships/nodes"), json!([]));

    let approve = json!({ "id": request, "role": "ADMIN" });
    let approved = membership(&owner, "membershipApprove", approve).await;
    assert_eq!(approved.text("/membershipApprove/membership/status"), "ACTIVE");
    assert_eq!(seats(&asker).await, ["ADMIN"], "on the very next request");
    membership(&owner, "membershipDecline", it).await.refused("STATE_INVALID");
}

#[tokio::test]
async fn whom_nobody_can_reach_enters_nowhere() {
    let world = World::new().await;
    let (owner, person) = (world.stranger().await, world.stranger().await);
    let id = founds(&owner, "Lab").await;
    let invite = json!({ "organizationId": id, "email": address(&world, &person).await, "role": "VIEWER" });
    let invited = invitation(&owner, "membershipInvite", invite).await;
    let it = json!({ "id": invited.text("/membershipInvite/invitation/id") });
    let request = json!({ "organizationId": id });
    let lab = json!({ "name": "Own", "legalForm": "ASSOCIATION", "kinds": ["INNOVATOR"] });
    world.set_verified(person.user.unwrap(), false).await;
    organization(&person, "organizationCreate", lab).await.refused("EMAIL_UNVERIFIED");
    membership(&person, "membershipRequest", request.clone()).await.refused("EMAIL_UNVERIFIED");
    invitation(&person, "invitationAccept", it.clone()).await.refused("EMAIL_UNVERIFIED");
    invitation(&person, "invitationDecline", it).await.refused("EMAIL_UNVERIFIED");
    assert_eq!(seats(&person).await, Vec::<String>::new());
    world.set_verified(person.user.unwrap(), true).await;
    membership(&person, "membershipRequest", request).await.fine();
}

#[tokio::test]
async fn the_last_owner_stays_until_another_is_made() {
    let world = World::new().await;
    let (owner, deputy, administrator) =
        (world.stranger().await, world.stranger().await, world.administrator().await);
    let id = founds(&owner, "Lab").await;
    let deputys = admits(&world, &owner, &id, &deputy, "ADMIN").await;
    let owned = json!({ "id": seat(&owner, &id).await });
    // An administrator of the organization makes and unmakes no owners.
    let raise = json!({ "id": deputys, "role": "OWNER" });
    membership(&deputy, "membershipChangeRole", raise.clone()).await.refused("FORBIDDEN");
    membership(&deputy, "membershipRemove", owned.clone()).await.refused("FORBIDDEN");
    let lower = json!({ "id": owned["id"], "role": "EDITOR" });
    membership(&owner, "membershipLeave", owned.clone()).await.refused("LAST_OWNER");
    membership(&owner, "membershipChangeRole", lower).await.refused("LAST_OWNER");
    membership(&administrator, "membershipRemove", owned.clone()).await.refused("LAST_OWNER");
    assert_eq!(seats(&owner).await, ["OWNER"]);

    let stale = json!({ "id": deputys, "role": "OWNER", "ifVersion": "0" });
    membership(&owner, "membershipChangeRole", stale).await.refused("VERSION_CONFLICT");
    membership(&owner, "membershipChangeRole", raise).await.fine();
    assert_eq!(seats(&deputy).await, ["OWNER"]);
    let left = membership(&owner, "membershipLeave", owned).await;
    assert_eq!(left.text("/membershipLeave/membership/status"), "LEFT");
    assert_eq!(seats(&owner).await, Vec::<String>::new());
    // Who left may ask again, and is a viewer if let in.
    let again = membership(&owner, "membershipRequest", json!({ "organizationId": id })).await;
    assert_eq!(again.text("/membershipRequest/membership/status"), "REQUESTED");
    assert_eq!(again.text("/membershipRequest/membership/role"), "VIEWER");
}

#[tokio::test]
async fn two_owners_cannot_leave_at_the_same_moment() {
    let world = World::new().await;
    for mutation in ["membershipLeave", "membershipLeave", "membershipLeave", "membershipRemove"] {
        let (one, two) = (world.stranger().await, world.stranger().await);
        let id = founds(&one, "Lab").await;
        let second = json!({ "id": admits(&world, &one, &id, &two, "OWNER").await });
        let first = json!({ "id": seat(&one, &id).await });
        // Each leaves, or each removes the other: then one of them acts without a seat.
        let is_leaving = mutation == "membershipLeave";
        let (ones, twos) = if is_leaving { (first, second) } else { (second, first) };
        let (left, right) = tokio::join!(membership(&one, mutation, ones), membership(&two, mutation, twos));
        let codes = [left.errors(), right.errors()].concat();
        assert_eq!(codes.len(), 1, "{left:#?} {right:#?}");
        assert!(!is_leaving || codes == ["LAST_OWNER"], "{codes:?}");
        assert_eq!(seats(&one).await.len() + seats(&two).await.len(), 1);
    }
}

#[tokio::test]
async fn the_network_learns_who_works_where_and_no_more() {
    let world = World::new().await;
    let owner = world.staff("Owner", entity::codes::PlatformRole::None).await;
    let (peer, curator) = (world.stranger().await, world.curator().await);
    let (lab, fund) = (founds(&owner, "Lab").await, founds(&peer, "Fund").await);
    verifies(&peer, &curator, &fund).await;
    let owned = json!({ "id": seat(&owner, &lab).await });
    let show = "query ($id: ID!) { node(id: $id) { ... on Membership { role status since createdAt user { displayName } } } }";
    let seen = peer.asks(show, owned.clone()).await;
    assert_eq!(seen.text("/node/user/displayName"), "Owner");
    for field in ["role", "status", "since", "createdAt"] {
        assert!(seen.data("/node")[field].is_null(), "{field}");
    }
    assert!(world.visitor().asks(show, owned).await.data("/node").is_null());
    let count = "{ memberships(filter: { role: { eq: OWNER } }) { totalCount { value } } }";
    assert_eq!(peer.asks(count, json!({})).await.data("/memberships/totalCount/value"), 1, "only one's own");

    // A curator is shown the members, and no way to learn their roles; the owner is told of what was read, not of what
    // was refused.
    let by_role = "query ($id: ID!) { organization(by: { id: $id }) { memberships(filter: { role: { eq: OWNER } }) { nodes { id } } } }";
    curator.asks(by_role, json!({ "id": lab })).await.refused("FORBIDDEN");
    let members = "query ($id: ID!) { organization(by: { id: $id }) { memberships { nodes { role user { displayName } } } } }";
    let read = curator.asks(members, json!({ "id": lab })).await;
    assert_eq!(read.each("/organization/memberships/nodes", "/user/displayName"), ["Owner"]);
    assert_eq!(read.each("/organization/memberships/nodes", "/role"), ["null"]);
    let trail = owner.asks(READ_BY_STAFF, json!({ "id": lab })).await;
    let known = [read.reply.header("x-request-id").unwrap()];
    assert_eq!(trail.each("/organization/auditEvents/nodes", "/requestId"), known);
    assert_eq!(trail.each("/organization/auditEvents/nodes", "/subjectId"), [lab.as_str()]);
    peer.asks(by_role, json!({ "id": lab })).await.refused("FORBIDDEN");
}

#[tokio::test]
async fn each_seat_lets_its_member_do_so_much_and_no_more() {
    use MembershipRole::{Admin, Editor, EvaluationLead, Finance, Owner, Viewer};
    let world = World::new().await;
    let id = founds(&world.stranger().await, "Lab").await;
    let roles = [Owner, Admin, Editor, Finance, EvaluationLead, Viewer];
    for (role, [writes, manages, owns]) in roles.into_iter().zip([
        [true, true, true],
        [true, true, false],
        [true, false, false],
        [false; 3],
        [false; 3],
        [false; 3],
    ]) {
        let person = world.member("Member", id.parse().unwrap(), role).await;
        let colleagues =
            "query ($id: ID!) { organization(by: { id: $id }) { memberships { totalCount { value } } } }";
        let seen = person.asks(colleagues, json!({ "id": id })).await;
        assert!(seen.data("/organization/memberships").is_object(), "all know their colleagues: {role}");
        let project = json!({ "holderId": id, "title": "La pluie", "summary": "x", "stage": "IDEATION" });
        let whom = address(&world, &world.stranger().await).await;
        let invite = |role: &str| json!({ "organizationId": id, "email": whom, "role": role });
        for (may, answer) in [
            (writes, person.does("projectCreate", "project { id }", project).await),
            (manages, invitation(&person, "membershipInvite", invite("VIEWER")).await),
            (owns, invitation(&person, "membershipInvite", invite("OWNER")).await),
        ] {
            assert_eq!(answer.errors().is_empty(), may, "{role}: {answer:#?}");
            assert!(may || answer.errors() == ["FORBIDDEN"], "{role}: {answer:#?}");
        }
    }
}
