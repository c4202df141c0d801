//! Administrators suspend, restore and appoint; it counts from the next request on.

use super::refreshes;
use entity::{
    codes::{ActorKind, MembershipRole, MembershipStatus, PlatformRole, UserStatus, Verification},
    ids::UserId,
};
use tests::{Actor, Answer, PASSWORD, Value, World, json};

async fn user(who: &Actor, mutation: &str, input: Value) -> Answer {
    who.does(mutation, "user { status platformRole }", input).await
}

fn whom(id: UserId) -> Value {
    json!({ "id": id.to_string(), "reason": "spam" })
}

#[tokio::test]
async fn a_suspended_user_is_out_at_once_until_restored() {
    let world = World::new().await;
    let admins = world.account("root@example.org", PlatformRole::Admin).await;
    let adas = world.account("ada@example.org", PlatformRole::None).await;
    let (admin, _) = world.signs_in("root@example.org").await;
    let (ada, refresh) = world.signs_in("ada@example.org").await;
    let until = gql::scalars::DateTime(world.now().plus(30 * entity::At::DAY).0).text();
    let token = json!({ "name": "Export", "scopes": ["READ"], "expiresAt": until });
    let made = ada.does("personalAccessTokenCreate", "secret", token).await;
    let program = ada.with_token(&made.text("/personalAccessTokenCreate/secret"));
    assert!(program.is_let_in().await);
    user(&ada, "userSuspend", whom(admins)).await.refused("NOT_FOUND"); // a stranger does not even see
    user(&ada, "userSuspend", whom(adas)).await.refused("FORBIDDEN");
    user(&admin, "userSuspend", whom(admins)).await.refused("FORBIDDEN");

    user(&admin, "userSuspend", whom(adas)).await.fine();
    assert!(!ada.is_let_in().await, "on the very next request");
    assert!(!program.is_let_in().await, "its tokens rest");
    refreshes(&world, &refresh).await.refused("TOKEN_INVALID");
    world.visitor().signs_in("ada@example.org", PASSWORD).await.refused("CREDENTIALS_INVALID");
    user(&admin, "userRestore", json!({ "id": adas.to_string() })).await.fine();
    assert!(!ada.is_let_in().await, "old sessions stay ended");
    assert!(program.is_let_in().await, "its tokens work again");
    world.signs_in("ada@example.org").await;
}

#[tokio::test]
async fn a_role_counts_at_once_and_the_last_administrator_stays() {
    let world = World::new().await;
    let admins = world.account("root@example.org", PlatformRole::Admin).await;
    let adas = world.account("ada@example.org", PlatformRole::None).await;
    let (admin, _) = world.signs_in("root@example.org").await;
    let (ada, _) = world.signs_in("ada@example.org").await;
    let role = |id: UserId, role: &str| json!({ "id": id.to_string(), "platformRole": role });
    user(&admin, "userSetPlatformRole", role(admins, "NONE")).await.refused("FORBIDDEN");
    user(&admin, "userSetPlatformRole", role(adas, "ADMIN")).await.fine();
    let own = ada.asks("{ viewer { platformRole } }", json!({})).await;
    assert_eq!(own.text("/viewer/platformRole"), "ADMIN", "at once");
    user(&ada, "userSetPlatformRole", role(admins, "NONE")).await.fine();
    user(&admin, "userSuspend", whom(adas)).await.refused("NOT_FOUND"); // the role is gone at once
    let leave = json!({ "id": adas.to_string(), "password": PASSWORD });
    ada.does("userDelete", "deletedId", leave).await.refused("STATE_INVALID");
    assert!(ada.is_let_in().await);
}

#[tokio::test]
async fn people_are_seen_by_the_network_by_their_colleagues_and_by_administrators() {
    let world = World::new().await;
    let (lab, administrator) = (world.innovator("Water Lab").await, world.administrator().await);
    let new = world.owner("New Lab", ActorKind::Innovator, Verification::Unverified).await;
    let home = new.organization.unwrap();
    let member = world.member("Member", home, MembershipRole::Viewer).await;
    let (asker, suspended) = (world.stranger().await, world.stranger().await);
    let asks = (asker.user.unwrap(), MembershipRole::Viewer, MembershipStatus::Requested);
    world.membership(asks.0, home, asks.1, asks.2).await;
    world.set_status(suspended.user.unwrap(), UserStatus::Suspended).await;
    let show = "query ($id: ID!) { node(id: $id) { ... on User { displayName } } }";
    let sees = async |who: &Actor, whom: &Actor| {
        let seen = who.asks(show, json!({ "id": whom.user.unwrap().to_string() })).await;
        !seen.data("/node").is_null()
    };
    for (who, whom, expected) in [
        (&lab, &member, true),
        (&lab, &suspended, false),
        (&administrator, &suspended, true),
        (&new, &member, true),
        (&member, &new, true),
        (&new, &asker, true),
        (&new, &lab, false),
        (&asker, &member, false),
        (&asker, &asker, true),
        (&world.visitor(), &member, false),
    ] {
        assert_eq!(sees(who, whom).await, expected, "{} sees {}", who.name, whom.name);
    }
    // Once it was a colleague, a suspended one is still seen by those who manage the seats.
    let sat = (suspended.user.unwrap(), MembershipRole::Viewer, MembershipStatus::Left);
    world.membership(sat.0, home, sat.1, sat.2).await;
    assert!(sees(&new, &suspended).await);
}
