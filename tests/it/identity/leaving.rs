//! What is forgotten: who leaves, and what nobody needs any more.

use super::{email, registers};
use entity::{
    audit::audit_event,
    codes::{ActorKind, MembershipRole, MembershipStatus, PlatformRole, Verification},
    identity::{refresh_token, session, user},
    orgs::membership,
};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use std::time::Duration;
use tests::{PASSWORD, World, json};

#[tokio::test]
async fn who_leaves_is_forgotten() {
    let world = super::behind_a_proxy().await;
    let visitor = world.visitor().from("198.51.100.77");
    registers(&world, "canary@example.org", "Canary Bird").await;
    email(&visitor, "emailVerify", json!({ "token": world.link("verify").await })).await.fine();
    let signed_in = visitor.signs_in("canary@example.org", PASSWORD).await;
    let canary = visitor.with_token(&signed_in.text("/sessionCreate/tokens/accessToken"));
    let leave =
        |password: &str| json!({ "id": signed_in.text("/sessionCreate/user/id"), "password": password });
    canary.does("userDelete", "deletedId", leave("wrong")).await.refused("CREDENTIALS_INVALID");
    assert!(canary.is_let_in().await);
    canary.does("userDelete", "deletedId", leave(PASSWORD)).await.fine();
    assert!(!canary.is_let_in().await);
    visitor.signs_in("canary@example.org", PASSWORD).await.refused("CREDENTIALS_INVALID");

    let people = user::Entity::find().all(world.pool()).await.unwrap();
    assert_eq!(people.len(), 1, "the row stays, for the trail to point to");
    let trail = audit_event::Entity::find().all(world.pool()).await.unwrap();
    let kept = format!("{people:?} {trail:?}").to_lowercase();
    assert!(!kept.contains("canary"), "{kept}");
    let alive = refresh_token::Entity::find().filter(refresh_token::Column::UsedAt.is_null());
    assert_eq!(alive.count(world.pool()).await.unwrap(), 0, "sessions go with their tokens");
}

#[tokio::test]
async fn the_last_owner_does_not_leave_by_deleting_the_account() {
    let world = World::new().await;
    let adas = world.account("ada@example.org", PlatformRole::None).await;
    let bobs = world.account("bob@example.org", PlatformRole::None).await;
    let (ada, _) = world.signs_in("ada@example.org").await;
    let home = world.organization("Lab", ActorKind::Innovator, Verification::Unverified).await;
    let seat = world.seat(adas, home, MembershipRole::Owner).await;
    let leave = json!({ "id": adas.to_string(), "password": PASSWORD });
    ada.does("userDelete", "deletedId", leave.clone()).await.refused("LAST_OWNER");
    assert!(ada.is_let_in().await);
    world.seat(bobs, home, MembershipRole::Owner).await;
    ada.does("userDelete", "deletedId", leave).await.fine();
    let row = membership::Entity::find_by_id(seat).one(world.pool()).await.unwrap().unwrap();
    assert_eq!(row.status, MembershipStatus::Left, "seats go with their member");
}

#[tokio::test]
async fn what_nobody_needs_is_forgotten() {
    const DAY: Duration = Duration::from_hours(24);
    let world = World::new().await;
    world.account("ada@example.org", PlatformRole::None).await;
    world.signs_in("ada@example.org").await;
    registers(&world, "bob@example.org", "Bob").await;
    let left = async || {
        world.app().traffic.expire().await.unwrap();
        let users = user::Entity::find().count(world.pool()).await.unwrap();
        (users, session::Entity::find().count(world.pool()).await.unwrap())
    };
    world.later(29 * DAY);
    assert_eq!(left().await, (2, 1));
    world.later(2 * DAY);
    assert_eq!(left().await, (1, 1), "an address that nobody proved to own");
    world.later(74 * DAY);
    assert_eq!(left().await, (1, 0), "where somebody signed in long ago");
}
