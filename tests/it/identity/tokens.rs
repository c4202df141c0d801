//! Personal access tokens: a program's own, with scopes and an end.

use super::{email, refreshes, registers};
use entity::{
    codes::PlatformRole,
    identity::{mailed_link, personal_access_token, refresh_token, user},
};
use sea_orm::EntityTrait;
use sha2::{Digest, Sha256};
use std::time::Duration;
use tests::{Actor, Answer, PASSWORD, World, json};

const DAY: i64 = 24 * 60 * 60;

async fn makes(world: &World, who: &Actor, scope: &str, days: i64) -> Answer {
    let until = world.now().plus(days * DAY * entity::At::SECOND);
    let input =
        json!({ "name": "Export", "scopes": [scope], "expiresAt": gql::scalars::DateTime(until.0).text() });
    let shown = "personalAccessToken { id scopes lastUsedAt } secret";
    who.does("personalAccessTokenCreate", shown, input).await
}

#[tokio::test]
async fn a_program_gets_a_token_of_its_own() {
    let world = World::new().await;
    let id = world.account("ada@example.org", PlatformRole::None).await;
    let (ada, _) = world.signs_in("ada@example.org").await;
    for days in [-1, 0, 367] {
        makes(&world, &ada, "READ", days).await.refused("OUT_OF_RANGE");
    }
    world.later(Duration::from_mins(11));
    makes(&world, &ada, "READ", 30).await.refused("REAUTHENTICATION_REQUIRED");
    let again = json!({ "password": PASSWORD });
    ada.does("sessionReauthenticate", "session { id }", again).await.fine();
    let made = makes(&world, &ada, "READ", 30).await;
    let secret = made.text("/personalAccessTokenCreate/secret");
    assert_eq!((secret.len(), &secret[..4]), (47, "pat_"));
    let token = made.text("/personalAccessTokenCreate/personalAccessToken/id");
    assert_eq!(token.len(), 30);
    assert!(!ada.with_token(&token).is_let_in().await, "an id is no token");

    let reader = ada.with_token(&secret);
    let scopes = reader.asks("{ viewer { scopes } }", json!({})).await;
    assert_eq!(scopes.data("/viewer/scopes"), json!(["READ"]));
    let used = "query ($id: ID!) { node(id: $id) { ... on PersonalAccessToken { lastUsedAt } } }";
    assert!(ada.asks(used, json!({ "id": token })).await.data("/node/lastUsedAt").is_string());
    let rename = json!({ "id": id.to_string(), "displayName": "Program" });
    reader.does("userUpdate", "user { displayName }", rename.clone()).await.refused("FORBIDDEN");
    let writer = makes(&world, &ada, "WRITE", 30).await.text("/personalAccessTokenCreate/secret");
    let writer = ada.with_token(&writer);
    writer.does("userUpdate", "user { displayName }", rename).await.refused("FORBIDDEN"); // accounts are for sessions
    makes(&world, &writer, "READ", 1).await.refused("FORBIDDEN");

    world
        .stranger()
        .await
        .does("personalAccessTokenRevoke", "", json!({ "id": token }))
        .await
        .refused("NOT_FOUND");
    assert!(reader.is_let_in().await);
    ada.does("personalAccessTokenRevoke", "", json!({ "id": token })).await.fine();
    assert!(!reader.is_let_in().await, "at once");
    assert!(writer.is_let_in().await);
    world.later(Duration::from_hours(31 * 24));
    assert!(!writer.is_let_in().await, "a token ends");
}

#[tokio::test]
async fn a_token_reads_or_writes_and_no_more_than_its_scopes() {
    let world = World::new().await;
    world.account("ada@example.org", PlatformRole::None).await;
    let (ada, _) = world.signs_in("ada@example.org").await;
    let mut programs = Vec::new();
    for scope in ["READ", "WRITE"] {
        let secret = makes(&world, &ada, scope, 30).await.text("/personalAccessTokenCreate/secret");
        programs.push(ada.with_token(&secret));
    }
    let [reader, writer] = programs.try_into().unwrap_or_else(|_| panic!("two"));
    let lab = json!({ "name": "Lab", "legalForm": "AUTRE", "kinds": ["INNOVATOR"] });
    reader.does("organizationCreate", "organization { id }", lab.clone()).await.refused("FORBIDDEN");
    writer.does("organizationCreate", "organization { id }", lab).await.fine();
    let own = "{ viewer { memberships { nodes { role } } } }";
    assert_eq!(reader.asks(own, json!({})).await.each("/viewer/memberships/nodes", "/role"), ["OWNER"]);
}

#[tokio::test]
async fn what_opens_a_door_is_stored_as_a_hash_alone() {
    let world = World::new().await;
    registers(&world, "ada@example.org", "Ada").await;
    let link = world.link("verify").await;
    email(&world.visitor(), "emailVerify", json!({ "token": link })).await.fine();
    let (ada, refresh) = world.signs_in("ada@example.org").await;
    let next = refreshes(&world, &refresh).await.text("/sessionRefresh/tokens/refreshToken");
    let secret = makes(&world, &ada, "READ", 30).await.text("/personalAccessTokenCreate/secret");
    let pool = world.pool();
    let of = |secret: &str| Sha256::digest(secret).to_vec();
    let links: Vec<_> = mailed_link::Entity::find().all(pool).await.unwrap();
    assert_eq!(links.into_iter().map(|row| row.hash).collect::<Vec<_>>(), [of(&link)]);
    let mut refreshing: Vec<_> = refresh_token::Entity::find().all(pool).await.unwrap();
    refreshing.sort_by_key(|row| row.used_at.is_none());
    assert_eq!(refreshing.into_iter().map(|row| row.hash).collect::<Vec<_>>(), [of(&refresh), of(&next)]);
    let programs = personal_access_token::Entity::find().all(pool).await.unwrap();
    assert_eq!(programs.into_iter().map(|row| row.hash).collect::<Vec<_>>(), [of(&secret)]);
    let people = user::Entity::find().all(pool).await.unwrap();
    let hash = people[0].password_hash.clone().unwrap();
    assert!(hash.starts_with("$argon2id$v=19$m=") && !hash.contains(PASSWORD), "{hash}");
    // Shown once: neither the list nor the trail has it again.
    let again = "{ viewer { user { personalAccessTokens { nodes { id name } } } } auditEvents { nodes { changes { before after } } } }";
    assert!(!ada.asks(again, json!({})).await.reply.text().contains(&secret));
}
