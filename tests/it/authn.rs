//! Access tokens and the keys that seal them.
//!
//! Forged, altered, stale and foreign tokens open nothing. One honest token does, so that the tests can fail.

mod altered;
mod foreign;
mod keys;

use authn::token::{self, Bearer};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer, SigningKey};
use entity::{
    At,
    ids::{SessionId, UserId},
};
use tests::{Value, World, json};
use uuid::Uuid;

const NOW: i64 = 1_800_000_000;

/// A server with one known key, at a fixed time.
struct Forge {
    world: World,
    key: SigningKey,
    kid: String,
    bearer: Bearer,
}

impl Forge {
    async fn new() -> Self {
        let world = World::new().await;
        let key = SigningKey::from_bytes(&[7; 32]);
        let kid = "kid-of-the-forge".to_owned();
        world.app().traffic.publish_key(&kid, key.verifying_key().as_bytes()).await.unwrap();
        world.app().clock.advance(NOW * At::SECOND - world.now().0);
        let bearer = Bearer { user: UserId::fresh(), session: SessionId::fresh() };
        Self { world, key, kid, bearer }
    }

    fn header(&self) -> Value {
        json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": self.kid })
    }

    fn payload(&self) -> Value {
        json!({
            "iss": "impact", "aud": "impact-api", "sub": self.bearer.user.to_string(),
            "sid": self.bearer.session.to_string(), "iat": NOW, "nbf": NOW, "exp": NOW + 900, "jti": Uuid::now_v7(),
        })
    }

    fn sign(&self, header: &str, payload: &str) -> String {
        let body = format!("{}.{}", base64(header), base64(payload));
        let signature = self.key.sign(body.as_bytes());
        format!("{body}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    fn honest(&self) -> String {
        self.sign(&self.header().to_string(), &self.payload().to_string())
    }

    fn with_header(&self, name: &str, value: Value) -> String {
        let mut header = self.header();
        header[name] = value;
        self.sign(&header.to_string(), &self.payload().to_string())
    }

    fn without_header(&self, name: &str) -> String {
        let mut header = self.header();
        header.as_object_mut().unwrap().remove(name);
        self.sign(&header.to_string(), &self.payload().to_string())
    }

    fn with_claim(&self, name: &str, value: Value) -> String {
        let mut payload = self.payload();
        payload[name] = value;
        self.sign(&self.header().to_string(), &payload.to_string())
    }

    fn without_claim(&self, name: &str) -> String {
        let mut payload = self.payload();
        payload.as_object_mut().unwrap().remove(name);
        self.sign(&self.header().to_string(), &payload.to_string())
    }

    async fn verify(&self, token: &str) -> Option<Bearer> {
        token::verify(&self.world.app().authn.keys, token, At(NOW * At::SECOND)).await.unwrap()
    }

    async fn refuses(&self, attacks: impl IntoIterator<Item = (&'static str, String)>) {
        assert_eq!(self.verify(&self.honest()).await, Some(self.bearer), "the honest token is taken");
        for (name, token) in attacks {
            assert_eq!(self.verify(&token).await, None, "{name}: {token}");
        }
    }
}

fn base64(text: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(text)
}
