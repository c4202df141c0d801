//! Those who guess: they wait, learn nothing, and lock nobody out.

use super::{OTHER, behind_a_proxy, email, trail};
use entity::codes::PlatformRole;
use futures_util::{FutureExt, StreamExt, stream::FuturesUnordered};
use std::time::{Duration, Instant};
use tests::{PASSWORD, Value, World, json};

#[tokio::test]
async fn answers_do_not_tell_who_is_here() {
    let world = World::new().await;
    world.account("known@example.org", PlatformRole::None).await;
    let visitor = world.visitor();
    let known = visitor.signs_in("known@example.org", "not the right password").await;
    let unknown = visitor.signs_in("unknown@example.org", "not the right password").await;
    assert_eq!(known.refused("CREDENTIALS_INVALID").comparable(), unknown.comparable());
    for (mutation, more) in [
        ("passwordResetRequest", json!({})),
        ("userRegister", json!({ "password": OTHER, "displayName": "X" })),
    ] {
        let ask = async |address: &str| {
            let mut input = more.clone();
            input["email"] = json!(address);
            let started = Instant::now();
            let answer = email(&visitor, mutation, input).await;
            assert!(started.elapsed() >= Duration::from_millis(400), "evenly long");
            let mut body = answer.comparable();
            assert_eq!(body["data"][mutation]["email"], address);
            body["data"][mutation]["email"] = Value::Null;
            body
        };
        assert_eq!(ask("known@example.org").await, ask("unknown@example.org").await);
    }
    let letters = world.letters().await;
    let to =
        |address: &str| letters.iter().filter(|letter| letter.contains(&format!("To: {address}"))).count();
    assert_eq!(to("known@example.org"), 2, "a reset link, and a word that somebody registered");
    assert_eq!(to("unknown@example.org"), 1, "a link to verify; none to reset what is not there");
    visitor.signs_in("known@example.org", PASSWORD).await.fine();
}

#[tokio::test]
async fn guesses_wait_and_the_owner_comes_in() {
    let world = behind_a_proxy().await;
    world.account("ada@example.org", PlatformRole::None).await;
    let (home, elsewhere) = (world.visitor().from("192.0.2.1"), world.visitor().from("203.0.113.200"));
    home.signs_in("ada@example.org", PASSWORD).await.fine();
    let guesser = world.visitor().from("203.0.113.1");
    for _ in 0..3 {
        guesser.signs_in("ada@example.org", "wrong").await.refused("CREDENTIALS_INVALID");
    }
    let waits = guesser.signs_in("ada@example.org", PASSWORD).await;
    waits.refused("RATE_LIMITED");
    assert_eq!(waits.reply.status, 429);
    assert_eq!(waits.reply.header("retry-after"), Some("2"));
    assert_eq!(waits.body["errors"][0]["extensions"]["retryAfter"], 2);
    for number in 0..30 {
        let one_of_many = world.visitor().from(&format!("203.0.113.{}", 10 + number));
        one_of_many.signs_in("ada@example.org", "wrong").await;
    }
    // From an address never seen the account waits; its owner comes in from home, and with that the waiting ends.
    elsewhere.signs_in("ada@example.org", PASSWORD).await.refused("RATE_LIMITED");
    home.signs_in("ada@example.org", PASSWORD).await.fine();
    elsewhere.signs_in("ada@example.org", PASSWORD).await.fine();
}

#[tokio::test]
async fn an_address_that_tries_many_accounts_waits_before_anything_is_hashed() {
    let world = behind_a_proxy().await;
    let guesser = world.visitor().from("198.51.100.1");
    let fastest = async |numbers: std::ops::Range<usize>, code: &str| {
        let mut fastest = Duration::MAX;
        for number in numbers {
            let started = Instant::now();
            guesser.signs_in(&format!("x{number}@example.org"), "wrong").await.refused(code);
            fastest = fastest.min(started.elapsed());
        }
        fastest
    };
    let hashed = fastest(0..10, "CREDENTIALS_INVALID").await;
    let refused = fastest(10..15, "RATE_LIMITED").await;
    assert!(refused < hashed / 2, "{refused:?}, {hashed:?}");
    let neighbour = world.visitor().from("198.51.100.2");
    neighbour.signs_in("x16@example.org", "wrong").await.refused("CREDENTIALS_INVALID");
    let entries = trail(&world.administrator().await).await;
    let told = entries.iter().filter(|(_, reason)| reason == "throttled").count();
    assert_eq!(told, 1, "a wait is recorded, a flood of them is not");
    world.later(Duration::from_secs(61));
    fastest(15..16, "CREDENTIALS_INVALID").await;
}

/// Otherwise aliases would multiply guesses, and an idempotency key would keep a quick hash of a password.
#[tokio::test]
async fn whatever_takes_a_secret_is_tried_once_per_document() {
    let world = World::new().await;
    let visitor = world.visitor();
    let inputs = "{ __type(name: \"Mutation\") { fields { name args { type { ofType { inputFields { name } } } } } } }";
    let told = visitor.asks(inputs, json!({})).await.data("/__type/fields");
    let is_secret = |field: &Value| {
        let name = field["name"].as_str().unwrap_or_default().to_lowercase();
        name.ends_with("password") || name.ends_with("token")
    };
    let takes_secret = |mutation: &&Value| {
        mutation["args"][0]["type"]["ofType"]["inputFields"]
            .as_array()
            .is_some_and(|all| all.iter().any(is_secret))
    };
    let mutations: Vec<_> = told.as_array().unwrap().iter().filter(takes_secret).collect();
    assert!(mutations.len() >= 7, "{mutations:?}");
    for mutation in mutations {
        let name = mutation["name"].as_str().unwrap();
        let twice = format!(
            "mutation {{ a: {name}(input: {{}}) {{ __typename }} b: {name}(input: {{}}) {{ __typename }} }}"
        );
        let refused = visitor.asks(&twice, json!({})).await;
        let limit =
            &refused.refused("DOCUMENT_LIMIT_EXCEEDED").body["errors"][0]["extensions"]["limit"]["name"];
        assert_eq!(limit, "signIns", "{name}");
    }
}

#[tokio::test]
async fn a_storm_of_sign_ins_is_turned_away_and_slows_nobody_else() {
    let world = behind_a_proxy().await;
    let one_of_many = |number: usize| {
        let actor = world.visitor().from(&format!("198.51.100.{number}"));
        async move { actor.signs_in(&format!("x{number}@example.org"), "wrong").await }
    };
    let mut storm: FuturesUnordered<_> = (0..150).map(one_of_many).collect();
    let turned_away = loop {
        let answer = storm.next().await.expect("somebody is turned away");
        if answer.errors() != ["CREDENTIALS_INVALID"] {
            break answer;
        }
    };
    turned_away.refused("UNAVAILABLE");
    assert_eq!(
        (turned_away.reply.status.as_u16(), turned_away.reply.header("retry-after")),
        (503, Some("5"))
    );
    // The queue is full; whoever asks for something else does not stand in it.
    let visitor = world.visitor();
    let mut other = Box::pin(visitor.asks("{ projects { totalCount { value } } }", json!({}))).fuse();
    let mut hashed = 0;
    loop {
        tokio::select! {
            answer = &mut other => {
                answer.fine();
                break;
            }
            Some(answer) = storm.next() => hashed += usize::from(answer.errors() == ["CREDENTIALS_INVALID"]),
        }
    }
    assert!(hashed < 20, "{hashed} passwords were looked at first");
}
