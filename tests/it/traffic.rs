//! What servers share behind the door: waits, budgets, keys, secrets.

use door::authz::{Bucket, Clock, Traffic};
use entity::At;
use tests::World;

fn growth(failures: i64) -> i64 {
    if failures < 3 { 0 } else { failures * At::MINUTE }
}

#[tokio::test]
async fn waits_grow_and_end() {
    let world = World::new().await;
    let pools = world.app().pools.clone();
    let clock = Clock::default();
    let traffic = Traffic::new(pools, clock.clone());
    let key = "login:a".to_owned();
    for _ in 0..2 {
        traffic.failed(&key, growth).await.expect("counted");
    }
    assert_eq!(traffic.waits(std::slice::from_ref(&key)).await.expect("asked"), None);
    let until = traffic.failed(&key, growth).await.expect("counted");
    assert_eq!(traffic.waits(&["other".to_owned(), key.clone()]).await.expect("asked"), Some(until));
    assert_eq!(
        traffic.tries(&key, growth).await.expect("tried"),
        Some(until),
        "a blocked try is not counted"
    );
    clock.advance(3 * At::MINUTE);
    assert_eq!(traffic.tries(&key, growth).await.expect("tried"), None);
    let blocked = traffic.waits(std::slice::from_ref(&key)).await.expect("asked").expect("blocked again");
    assert!(blocked > clock.now().plus(3 * At::MINUTE), "the fourth failure waits longer");
    traffic.cleared(&key).await.expect("cleared");
    assert_eq!(traffic.waits(std::slice::from_ref(&key)).await.expect("asked"), None);
    assert!(traffic.failed(&key, growth).await.expect("counted") <= clock.now(), "the count began anew");
    clock.advance(2 * At::DAY);
    assert_eq!(traffic.expire().await.expect("swept"), 1);
}

#[tokio::test]
async fn two_servers_share_one_budget() {
    let world = World::new().await;
    let pools = world.app().pools.clone();
    let clock = Clock::default();
    let servers = [Traffic::new(pools.clone(), clock.clone()), Traffic::new(pools, clock.clone())];
    let bucket = Bucket { maximum: 4_000, per_second: 1 };
    let mut spent = 0;
    for turn in 0..1_000 {
        let outcome = servers[turn % 2].spend("actor", bucket, 10).await.expect("asked");
        spent += if outcome.retry_after.is_none() { 10 } else { 0 };
    }
    assert!((3_600..=4_400).contains(&spent), "{spent} of 4000");
    let outcome = servers[0].spend("actor", bucket, 10).await.expect("asked");
    let wait = outcome.retry_after.expect("nothing is left");
    assert!((1..=11).contains(&wait), "{wait}");
    clock.advance(i64::try_from(wait).expect("seconds") * At::SECOND);
    assert_eq!(servers[0].spend("actor", bucket, 10).await.expect("asked").retry_after, None);
    assert_eq!(servers[0].spend("another", bucket, 10).await.expect("asked").retry_after, None);
}

#[tokio::test]
async fn keys_and_secrets_are_shared() {
    let world = World::new().await;
    let clock = Clock::default();
    let traffic = Traffic::new(world.app().pools.clone(), clock.clone());
    let made = traffic.shared("secret", || vec![1]).await.expect("made");
    assert_eq!(traffic.shared("secret", || vec![2]).await.expect("found"), made);
    for _ in 0..2 {
        traffic.publish_key("k1", &[7; 32]).await.expect("published");
    }
    traffic.publish_key("k2", &[8; 32]).await.expect("published");
    traffic.retire_key("k1", clock.now().plus(At::HOUR)).await.expect("retired");
    // Beside those of the world's own server.
    let listed = async || {
        let keys = traffic.verifying_keys().await.expect("listed").into_iter().map(|key| key.kid);
        keys.filter(|kid| kid.len() == 2).collect::<Vec<_>>()
    };
    assert_eq!(listed().await.len(), 2);
    clock.advance(At::HOUR);
    assert_eq!(listed().await, ["k2"]);
}
