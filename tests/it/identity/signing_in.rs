//! From registering to leaving: sessions, their tokens, and what opens the door.

use super::{actions, email, refreshes, registers};
use entity::codes::PlatformRole;
use http::{HeaderValue, Request, StatusCode};
use std::time::Duration;
use tests::{PASSWORD, World, json};

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);
const VIEWER: &str = "{ viewer { isAuthenticated user { email } } }";

#[tokio::test]
async fn somebody_registers_verifies_signs_in_carries_on_and_leaves() {
    let world = World::new().await;
    let visitor = world.visitor();
    registers(&world, "Ada@Example.org", "Ada").await;
    let early = visitor.signs_in("ada@example.org", PASSWORD).await;
    early.refused("CREDENTIALS_INVALID"); // not before the address is verified
    let link = json!({ "token": world.link("verify").await });
    let verified = email(&visitor, "emailVerify", link.clone()).await;
    assert_eq!(verified.text("/emailVerify/email"), "ada@example.org");
    email(&visitor, "emailVerify", link).await.refused("TOKEN_INVALID"); // once

    let (ada, refresh) = world.signs_in("ada@example.org").await;
    let told = ada.asks(VIEWER, json!({})).await;
    assert_eq!(told.text("/viewer/user/email"), "ada@example.org");
    assert_eq!(told.statements(), 1, "one statement after the one that let the request in");
    assert_eq!(visitor.asks(VIEWER, json!({})).await.data("/viewer/isAuthenticated"), false);

    let refreshed = refreshes(&world, &refresh).await;
    let next = visitor.with_token(&refreshed.text("/sessionRefresh/tokens/accessToken"));
    assert!(ada.is_let_in().await && next.is_let_in().await);
    next.does("sessionEnd", "session { id }", json!({})).await.fine();
    assert!(!ada.is_let_in().await && !next.is_let_in().await, "an ended session counts at once");
    let newest = refreshed.text("/sessionRefresh/tokens/refreshToken");
    refreshes(&world, &newest).await.refused("TOKEN_INVALID");
    assert_eq!(
        actions(&world.administrator().await).await,
        ["userRegister", "signInRefused", "emailVerify", "sessionCreate", "sessionRefresh", "sessionEnd"]
    );
}

#[tokio::test]
async fn a_refresh_token_used_twice_ends_its_session() {
    let world = World::new().await;
    world.account("ada@example.org", PlatformRole::None).await;
    let (_, refresh) = world.signs_in("ada@example.org").await;
    let uses = (0..20).map(|_| refreshes(&world, &refresh));
    let answers = futures_util::future::join_all(uses).await;
    let winners: Vec<_> = answers.iter().filter(|answer| answer.errors().is_empty()).collect();
    assert_eq!(winners.len(), 1);
    let newest = world.visitor().with_token(&winners[0].text("/sessionRefresh/tokens/accessToken"));
    assert!(!newest.is_let_in().await, "the newest token is dead too");
    refreshes(&world, &winners[0].text("/sessionRefresh/tokens/refreshToken")).await.refused("TOKEN_INVALID");
    let actions = actions(&world.administrator().await).await;
    assert_eq!(actions.iter().filter(|action| *action == "sessionRefreshRefused").count(), 1, "{actions:?}");
}

#[tokio::test]
async fn sessions_end_when_nobody_refreshes_them() {
    let world = World::new().await;
    world.account("ada@example.org", PlatformRole::None).await;
    let (ada, mut refresh) = world.signs_in("ada@example.org").await;
    world.later(14 * MINUTE);
    assert!(ada.is_let_in().await);
    world.later(MINUTE + Duration::from_secs(6));
    assert!(!ada.is_let_in().await, "an access token lives 15 minutes");
    for _ in 0..8 {
        world.later(11 * DAY);
        refresh = refreshes(&world, &refresh).await.text("/sessionRefresh/tokens/refreshToken");
    }
    world.later(3 * DAY);
    refreshes(&world, &refresh).await.refused("TOKEN_INVALID"); // 90 days at most

    let (_, idle) = world.signs_in("ada@example.org").await;
    world.later(31 * DAY);
    refreshes(&world, &idle).await.refused("TOKEN_INVALID"); // 30 days unused
}

#[tokio::test]
async fn a_session_ends_even_while_its_token_lives() {
    use entity::{At, identity::session};
    use sea_orm::EntityTrait;
    let world = World::new().await;
    let person = world.stranger().await;
    let row = session::Entity::find().one(world.pool()).await.unwrap().unwrap();
    let five_before = row.expires_at.plus(-5 * At::MINUTE);
    world.app().clock.advance(five_before.0 - world.now().0);
    let bearer = authn::token::Bearer { user: row.user_id, session: row.id };
    let token = authn::token::issue(&world.app().authn.keys, bearer, world.now()).unwrap();
    let person = person.with_token(&token);
    assert!(person.is_let_in().await);
    world.later(6 * MINUTE);
    assert!(!person.is_let_in().await, "its token would live for nine minutes more");
}

#[tokio::test]
async fn people_see_and_end_their_own_sessions_and_nobody_elses() {
    let world = World::new().await;
    world.account("ada@example.org", PlatformRole::None).await;
    let (laptop, _) = world.signs_in("ada@example.org").await;
    let (phone, _) = world.signs_in("ada@example.org").await;
    let (tablet, _) = world.signs_in("ada@example.org").await;
    let own = "{ viewer { session { id } user { sessions { nodes { id } } } } }";
    let listed = laptop.asks(own, json!({})).await;
    assert_eq!(listed.each("/viewer/user/sessions/nodes", "/id").len(), 3);
    let phones = phone.asks(own, json!({})).await.text("/viewer/session/id");
    let end = json!({ "id": phones });
    let stranger = world.stranger().await;
    stranger.does("sessionEnd", "session { id }", end.clone()).await.refused("NOT_FOUND");
    assert!(phone.is_let_in().await);
    laptop.does("sessionEnd", "session { id }", end.clone()).await.fine();
    assert!(!phone.is_let_in().await, "at once");
    laptop.does("sessionEnd", "session { id }", end).await.refused("STATE_INVALID");
    let others = laptop.does("sessionEndOthers", "endedCount", json!({})).await;
    assert_eq!(others.data("/sessionEndOthers/endedCount"), 1);
    assert!(laptop.is_let_in().await && !tablet.is_let_in().await);
}

#[tokio::test]
async fn only_one_bearer_header_opens() {
    let world = World::new().await;
    let person = world.stranger().await;
    let token = person.token.clone().unwrap();
    let with = async |values: &[&str]| {
        let body = json!({ "query": VIEWER }).to_string().into_bytes();
        let mut request = Request::post("/graphql").body(body).unwrap();
        for value in values {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            request.headers_mut().append("authorization", value);
        }
        let reply = world.visitor().sends(request).await;
        let body: tests::Value = serde_json::from_slice(&reply.body).unwrap();
        (reply.status, body["data"]["viewer"]["isAuthenticated"].as_bool())
    };
    let honest = format!("Bearer {token}");
    assert_eq!(with(&[]).await, (StatusCode::OK, Some(false)), "nobody in particular");
    assert_eq!(with(&[&honest]).await, (StatusCode::OK, Some(true)));
    assert_eq!(with(&[&format!("bearer {token}")]).await, (StatusCode::OK, Some(true)));
    for wrong in [
        "",
        "Bearer",
        &token,
        &format!("Basic {token}"),
        &format!("Bearer  {token}"),
        &format!("Bearer {token}, Bearer {token}"),
        &format!("Bearer\t{token}"),
        &format!("Bearer \"{token}\""),
        "Bearer é",
        "Bearer pat_",
        "Bearer pat_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        &format!("Bearer {}", "a".repeat(8_000)),
    ] {
        assert_eq!(with(&[wrong]).await, (StatusCode::UNAUTHORIZED, None), "{wrong}");
    }
    assert_eq!(with(&[&honest, &honest]).await.0, StatusCode::UNAUTHORIZED, "two headers");

    let body = json!({ "query": VIEWER }).to_string().into_bytes();
    let cookie = Request::post("/graphql").header("cookie", format!("access_token={token}")).body(body);
    let reply = world.visitor().sends(cookie.unwrap()).await;
    assert!(reply.text().contains("\"isAuthenticated\":false"), "a cookie is not read: {}", reply.text());
}
