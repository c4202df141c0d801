//! Keys: made, kept to oneself, shared by their public halves, and retired.

use authn::{
    keys::Keys,
    token::{Bearer, issue, verify},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use entity::{
    At,
    ids::{SessionId, UserId},
};
use tests::{Value, World};

/// Name of the key that sealed a token.
fn kid(token: &str) -> Value {
    let header = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    serde_json::from_slice::<Value>(&header).unwrap()["kid"].clone()
}

#[tokio::test]
async fn a_retired_key_verifies_until_its_last_token_has_died() {
    let world = World::new().await;
    let bearer = Bearer { user: UserId::fresh(), session: SessionId::fresh() };
    let now = || world.now();
    let old = issue(&world.app().authn.keys, bearer, now()).unwrap();
    world.app().authn.keys.rotate(now()).await.unwrap();
    let new = issue(&world.app().authn.keys, bearer, now()).unwrap();
    assert_ne!(kid(&old), kid(&new));
    world.app().clock.advance(14 * At::MINUTE);
    for token in [&old, &new] {
        assert_eq!(verify(&world.app().authn.keys, token, now()).await.unwrap(), Some(bearer));
    }
    assert_eq!(world.app().authn.keys.jwks().await.unwrap()["keys"].as_array().unwrap().len(), 2);
    world.app().clock.advance(At::MINUTE + 6 * At::SECOND);
    assert_eq!(verify(&world.app().authn.keys, &old, now()).await.unwrap(), None);
    assert_eq!(world.app().authn.keys.jwks().await.unwrap()["keys"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_key_signs_for_ninety_days() {
    let world = World::new().await;
    let keys = &world.app().authn.keys;
    let bearer = Bearer { user: UserId::fresh(), session: SessionId::fresh() };
    let used = async || {
        keys.rotate_when_old(world.now()).await.unwrap();
        kid(&issue(keys, bearer, world.now()).unwrap())
    };
    let first = used().await;
    world.app().clock.advance(89 * At::DAY);
    assert_eq!(used().await, first);
    world.app().clock.advance(At::DAY);
    assert_ne!(used().await, first);
}

#[tokio::test]
async fn servers_take_each_others_tokens_without_sharing_a_secret() {
    let one = World::new().await;
    let other = one.another_server().await;
    let (one_keys, other_keys) = (&one.app().authn.keys, &other.app().authn.keys);
    let bearer = Bearer { user: UserId::fresh(), session: SessionId::fresh() };
    let now = one.now();
    for (from, to) in [(one_keys, other_keys), (other_keys, one_keys)] {
        let token = issue(from, bearer, now).unwrap();
        assert_eq!(verify(to, &token, now).await.unwrap(), Some(bearer));
    }
}

#[tokio::test]
async fn a_key_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new().await;
    let directory = world.dir().join("keys");
    let file = std::fs::read_dir(&directory).unwrap().next().unwrap().unwrap().path();
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(&directory).unwrap().permissions().mode() & 0o777, 0o700);
    let bearer = Bearer { user: UserId::fresh(), session: SessionId::fresh() };
    let open = async || Keys::open(world.dir(), world.app().traffic.clone()).await;
    let [before, after] = [&world.app().authn.keys, &open().await.unwrap()]
        .map(|keys| issue(keys, bearer, world.now()).unwrap());
    assert_eq!(kid(&before), kid(&after), "a restart keeps the key");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let told = open().await.unwrap_err().to_string();
    assert!(told.contains("chmod 600"), "{told}");
    std::fs::write(&file, "no key").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let told = open().await.unwrap_err().to_string();
    assert!(told.contains("is not an Ed25519 key"), "{told}");
}
