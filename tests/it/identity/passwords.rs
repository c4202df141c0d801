//! Passwords: changing one, forgetting one, and the address that stands for them.

use super::{OTHER, email};
use entity::codes::PlatformRole;
use std::time::Duration;
use tests::{Actor, Answer, PASSWORD, World, json};

async fn changes(who: &Actor, current: &str, new: &str) -> Answer {
    let input = json!({ "currentPassword": current, "newPassword": new });
    who.does("passwordChange", "user { id }", input).await
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let world = World::new().await;
    world.account("ada@example.org", PlatformRole::None).await;
    let (here, _) = world.signs_in("ada@example.org").await;
    let mut elsewhere = Vec::new();
    for _ in 0..3 {
        elsewhere.push(world.signs_in("ada@example.org").await.0);
    }
    changes(&here, "no", OTHER).await.refused("CREDENTIALS_INVALID");
    changes(&here, PASSWORD, "motdepasse2026").await.refused("PASSWORD_WEAK");
    for session in &elsewhere {
        assert!(session.is_let_in().await, "a refusal changes nothing");
    }
    changes(&here, PASSWORD, OTHER).await.fine();
    assert!(here.is_let_in().await);
    for session in &elsewhere {
        assert!(!session.is_let_in().await);
    }
    world.visitor().signs_in("ada@example.org", PASSWORD).await.refused("CREDENTIALS_INVALID");
    world.visitor().signs_in("ada@example.org", OTHER).await.fine();
    let letters = world.letters().await;
    assert!(letters.last().unwrap().contains("password of your account was changed"));
}

#[tokio::test]
async fn a_forgotten_password_is_chosen_anew_by_a_link() {
    let world = World::new().await;
    let visitor = world.visitor();
    world.account("ada@example.org", PlatformRole::None).await;
    let (ada, _) = world.signs_in("ada@example.org").await;
    let link = async || {
        let ask = json!({ "email": "ada@example.org" });
        email(&visitor, "passwordResetRequest", ask).await.fine();
        world.link("reset").await
    };
    let choose = async |token: &str| {
        email(&visitor, "passwordReset", json!({ "token": token, "newPassword": OTHER })).await
    };
    let (first, second) = (link().await, link().await);
    choose(&first).await.refused("TOKEN_INVALID"); // the later link voids the earlier
    assert!(ada.is_let_in().await);
    let until = gql::scalars::DateTime(world.now().plus(30 * entity::At::DAY).0).text();
    let token = json!({ "name": "Export", "scopes": ["READ"], "expiresAt": until });
    let made = ada.does("personalAccessTokenCreate", "secret", token).await;
    let program = ada.with_token(&made.text("/personalAccessTokenCreate/secret"));
    assert!(program.is_let_in().await);
    choose(&second).await.fine();
    assert!(!ada.is_let_in().await, "all sessions end");
    assert!(!program.is_let_in().await, "and all tokens");
    choose(&second).await.refused("TOKEN_INVALID"); // once
    visitor.signs_in("ada@example.org", OTHER).await.fine();

    world.later(Duration::from_hours(24));
    let late = link().await;
    world.later(Duration::from_hours(1));
    choose(&late).await.refused("TOKEN_INVALID"); // for an hour
}

#[tokio::test]
async fn a_letters_link_is_good_for_what_the_letter_says() {
    let world = World::new().await;
    super::registers(&world, "ada@example.org", "Ada").await;
    let verify = world.link("verify").await;
    let stolen = json!({ "token": verify, "newPassword": OTHER });
    email(&world.visitor(), "passwordReset", stolen).await.refused("TOKEN_INVALID");
    email(&world.visitor(), "emailVerify", json!({ "token": verify })).await.fine();
    email(&world.visitor(), "passwordResetRequest", json!({ "email": "ada@example.org" })).await.fine();
    let reset = world.link("reset").await;
    email(&world.visitor(), "emailVerify", json!({ "token": reset })).await.refused("TOKEN_INVALID");
    world.visitor().signs_in("ada@example.org", PASSWORD).await.fine();
}

#[tokio::test]
async fn an_address_changes_once_the_new_one_is_proved() {
    let world = World::new().await;
    world.account("ada@example.org", PlatformRole::None).await;
    world.account("bob@example.org", PlatformRole::None).await;
    let (ada, _) = world.signs_in("ada@example.org").await;
    let own = async || ada.asks("{ viewer { user { email } } }", json!({})).await.text("/viewer/user/email");
    email(&ada, "emailChange", json!({ "email": "bob@example.org" })).await.fine();
    let letters = world.letters().await;
    let told = letters.last().unwrap();
    assert!(told.contains("To: bob@example.org") && !told.contains("#verify="), "{told}");
    email(&ada, "emailChange", json!({ "email": "lovelace@example.org" })).await.fine();
    let letters = world.letters().await;
    let link = letters.iter().rev().find(|letter| letter.contains("#verify=")).unwrap();
    assert!(link.contains("To: lovelace@example.org"), "{link}");
    let token = link.split("#verify=").nth(1).unwrap().lines().next().unwrap();
    assert_eq!(own().await, "ada@example.org", "not before");
    email(&world.visitor(), "emailVerify", json!({ "token": token })).await.fine();
    assert_eq!(own().await, "lovelace@example.org");
}
