//! Those who guess: they wait, learn nothing, and lock nobody out.

use super::{OTHER, behind_a_proxy, email, trail};
use entity::codes::PlatformRole;
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
