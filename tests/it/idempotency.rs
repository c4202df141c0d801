//! A mutation that is sent twice with one key happens once and is answered alike.

use http::Request;
use std::time::Duration;
use tests::{Actor, Reply, Value, World, json};

const CREATE: &str = "mutation ($input: ProjectCreateInput!) {
    projectCreate(input: $input) { project { id title } errors { code } } }";

async fn creates(who: &Actor, key: &str, title: &str) -> Reply {
    let input = json!({ "holderId": who.org(), "title": title, "summary": "S", "stage": "IDEATION" });
    let body = json!({ "query": CREATE, "variables": { "input": input } }).to_string();
    let request = Request::post("/graphql").header("idempotency-key", key).body(body.into_bytes());
    who.sends(request.unwrap()).await
}

fn code(reply: &Reply) -> Value {
    let body: Value = serde_json::from_slice(&reply.body).unwrap();
    body["errors"][0]["extensions"]["code"].clone()
}

async fn titles(who: &Actor) -> Vec<String> {
    let list = "{ projects(orderBy: [{ field: TITLE }]) { nodes { title } } }";
    who.asks(list, json!({})).await.each("/projects/nodes", "/title")
}

#[tokio::test]
async fn the_same_request_twice_happens_once() {
    let world = World::new().await;
    let lab = world.innovator("Water Lab").await;
    let first = creates(&lab, "key", "La pluie").await;
    let again = creates(&lab, "key", "La pluie").await;
    assert_eq!((first.status, again.status), (http::StatusCode::OK, http::StatusCode::OK));
    assert_eq!(first.text(), again.text());
    assert_eq!(first.header("idempotency-replayed"), None);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let elsewhere = creates(&lab.at(&world.another_server().await), "key", "La pluie").await;
    assert_eq!(first.text(), elsewhere.text(), "whichever server is asked");
    assert_eq!(titles(&lab).await, ["La pluie"]);

    let other = creates(&lab, "key", "Le vent").await;
    assert_eq!((other.status.as_u16(), code(&other)), (422, json!("IDEMPOTENCY_KEY_REUSED")));
    assert_eq!(titles(&lab).await, ["La pluie"]);
    creates(&lab, "another key", "Le vent").await;
    assert_eq!(titles(&lab).await, ["La pluie", "Le vent"]);
}

#[tokio::test]
async fn keys_are_ones_own_and_last_a_day() {
    let world = World::new().await;
    let (lab, other) = (world.innovator("Water Lab").await, world.innovator("Other Lab").await);
    creates(&lab, "key", "La pluie").await;
    let theirs = creates(&other, "key", "Le vent").await;
    assert_eq!(theirs.status, 200, "{}", theirs.text());
    assert_eq!(titles(&other).await, ["Le vent"]);
    world.later(Duration::from_hours(23));
    let lab = world.again(&lab).await;
    assert_eq!(creates(&lab, "key", "La pluie").await.header("idempotency-replayed"), Some("true"));
    world.later(Duration::from_hours(2));
    let lab = world.again(&lab).await;
    assert_eq!(creates(&lab, "key", "La pluie").await.header("idempotency-replayed"), None);
    assert_eq!(titles(&lab).await, ["La pluie", "La pluie"]);
}

#[tokio::test]
async fn of_many_at_once_one_has_the_effect() {
    let world = World::new().await;
    let lab = world.innovator("Water Lab").await;
    let replies = futures_util::future::join_all((0..8).map(|_| creates(&lab, "key", "La pluie"))).await;
    for reply in &replies {
        let is_told = reply.status == 200 || code(reply) == "IDEMPOTENCY_CONFLICT";
        assert!(is_told, "{} {}", reply.status, reply.text());
    }
    assert_eq!(titles(&lab).await, ["La pluie"]);
    assert_eq!(creates(&lab, "key", "La pluie").await.header("idempotency-replayed"), Some("true"));
}

#[tokio::test]
async fn a_key_may_stand_in_the_document() {
    let world = World::new().await;
    let lab = world.innovator("Water Lab").await;
    let create = "mutation ($holder: ID!, $key: String!) { projectCreate(input: { holderId: $holder, title: \"La pluie\",
        summary: \"S\", stage: IDEATION }) @idempotent(key: $key) { project { id } } }";
    let ask = async || lab.asks(create, json!({ "holder": lab.org(), "key": "k" })).await;
    let (first, again) = (ask().await, ask().await);
    assert_eq!(first.text("/projectCreate/project/id"), again.text("/projectCreate/project/id"));
    assert_eq!(titles(&lab).await, ["La pluie"]);
}

#[tokio::test]
async fn a_secret_is_not_shown_twice() {
    let world = World::new().await;
    world.account("ada@example.org", entity::codes::PlatformRole::None).await;
    let (ada, _) = world.signs_in("ada@example.org").await;
    let until = gql::scalars::DateTime(world.now().plus(30 * entity::At::DAY).0).text();
    let document = "mutation ($input: PersonalAccessTokenCreateInput!) {
        personalAccessTokenCreate(input: $input) @idempotent(key: \"k\") { secret errors { code } } }";
    let input = json!({ "input": { "name": "Export", "scopes": ["READ"], "expiresAt": until } });
    let made = ada.asks(document, input.clone()).await;
    assert!(made.text("/personalAccessTokenCreate/secret").starts_with("pat_"));
    ada.asks(document, input).await.refused("IDEMPOTENCY_CONFLICT");
    let list = "{ viewer { user { personalAccessTokens { totalCount { value } } } } }";
    let count = ada.asks(list, json!({})).await;
    assert_eq!(count.data("/viewer/user/personalAccessTokens/totalCount/value"), 1);
}
