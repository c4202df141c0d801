//! Forged, altered, stale and foreign tokens: none opens anything. One honest token does, so that the test can fail.

use super::*;
use crate::authn::scratch::Scratch;
use ed25519_dalek::{Signer, SigningKey};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};

const NOW: i64 = 1_800_000_000;

/// A server with one known key, at a fixed time.
struct Forge {
    scratch: Scratch,
    key: SigningKey,
    kid: String,
    bearer: Bearer,
}

impl Forge {
    async fn new() -> Self {
        let scratch = Scratch::new().await;
        let key = SigningKey::from_bytes(&[7; 32]);
        let kid = "kid-of-the-forge".to_owned();
        scratch.traffic.publish_key(&kid, key.verifying_key().as_bytes()).await.unwrap();
        scratch.clock.advance(NOW * At::SECOND - scratch.clock.now().0);
        let bearer = Bearer { user: UserId::fresh(), session: SessionId::fresh() };
        Self { scratch, key, kid, bearer }
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
        verify(&self.scratch.keys, token, At(NOW * At::SECOND)).await.unwrap()
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

/// A signed token in standard base64; one that happens to need neither of the characters that differ would prove nothing.
fn in_the_other_alphabet(forge: &Forge) -> String {
    let mut tokens = (0..).map(|try_| forge.with_claim("try", json!(try_)));
    tokens.find(|token| token.contains(['-', '_'])).unwrap().replace('-', "+").replace('_', "/")
}

#[tokio::test]
async fn other_algorithms_are_refused() {
    let forge = Forge::new().await;
    let public = forge.key.verifying_key().to_bytes();
    let hmac = |algorithm: &str, secret: &[u8]| {
        let header = json!({ "alg": algorithm, "typ": "at+jwt", "kid": forge.kid });
        let body = format!("{}.{}", base64(&header.to_string()), base64(&forge.payload().to_string()));
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
        mac.update(body.as_bytes());
        format!("{body}.{}", BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    };
    let unsigned = |algorithm: &str, signature: &str| {
        let header = json!({ "alg": algorithm, "typ": "at+jwt", "kid": forge.kid });
        format!("{}.{}.{signature}", base64(&header.to_string()), base64(&forge.payload().to_string()))
    };
    forge
        .refuses([
            ("none", unsigned("none", "")),
            ("None", unsigned("None", "")),
            ("NONE", unsigned("NONE", "")),
            ("nOnE", unsigned("nOnE", "")),
            ("none with a signature", unsigned("none", "AAAA")),
            ("no algorithm", forge.without_header("alg")),
            ("empty algorithm", forge.with_header("alg", json!(""))),
            ("null algorithm", forge.with_header("alg", json!(null))),
            ("list of algorithms", forge.with_header("alg", json!(["EdDSA"]))),
            ("lower case", forge.with_header("alg", json!("eddsa"))),
            ("Ed25519 by its newer name", forge.with_header("alg", json!("Ed25519"))),
            ("RS256", forge.with_header("alg", json!("RS256"))),
            ("ES256", forge.with_header("alg", json!("ES256"))),
            ("PS256", forge.with_header("alg", json!("PS256"))),
            ("HS256 named, signed with Ed25519", forge.with_header("alg", json!("HS256"))),
            ("HS256 with the public key", hmac("HS256", &public)),
            (
                "HS256 with the public key as text",
                hmac("HS256", BASE64_URL_SAFE_NO_PAD.encode(public).as_bytes()),
            ),
            ("HS384 with the public key", hmac("HS384", &public)),
            ("HS256 with nothing", hmac("HS256", b"")),
            ("HS256 with the key's name", hmac("HS256", forge.kid.as_bytes())),
            ("EdDSA with an HMAC", hmac("EdDSA", &public)),
            ("EdDSA unsigned", unsigned("EdDSA", "")),
            ("EdDSA with zeros", unsigned("EdDSA", &BASE64_URL_SAFE_NO_PAD.encode([0; 64]))),
            ("EdDSA with a short signature", unsigned("EdDSA", &BASE64_URL_SAFE_NO_PAD.encode([1; 32]))),
            ("EdDSA with a long signature", unsigned("EdDSA", &BASE64_URL_SAFE_NO_PAD.encode([1; 128]))),
        ])
        .await;
}

#[tokio::test]
async fn other_keys_are_refused() {
    let forge = Forge::new().await;
    let other = SigningKey::from_bytes(&[8; 32]);
    let x = BASE64_URL_SAFE_NO_PAD.encode(other.verifying_key().as_bytes());
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": forge.kid, "alg": "EdDSA" });
    let foreign = |header: Value| {
        let body = format!("{}.{}", base64(&header.to_string()), base64(&forge.payload().to_string()));
        format!("{body}.{}", BASE64_URL_SAFE_NO_PAD.encode(other.sign(body.as_bytes()).to_bytes()))
    };
    let plus = |name: &str, value: Value| {
        let mut header = forge.header();
        header[name] = value;
        header
    };
    forge
        .refuses([
            ("another key", foreign(forge.header())),
            ("another key with its own name", foreign(plus("kid", json!("other")))),
            ("a key that comes along", foreign(plus("jwk", jwk.clone()))),
            ("our key, and a key that comes along", forge.with_header("jwk", jwk)),
            ("an address of keys", foreign(plus("jku", json!("https://evil.example/jwks.json")))),
            ("our key, and an address", forge.with_header("jku", json!("https://evil.example/jwks.json"))),
            ("a certificate's address", forge.with_header("x5u", json!("https://evil.example/cert.pem"))),
            ("a certificate", forge.with_header("x5c", json!(["MIIB"]))),
            ("a thumbprint", forge.with_header("x5t", json!("AAAA"))),
            ("an unknown critical member", forge.with_header("crit", json!(["exp"]))),
            ("an unknown member", forge.with_header("b64", json!(false))),
            ("compression", forge.with_header("zip", json!("DEF"))),
            ("encryption", forge.with_header("enc", json!("A128GCM"))),
            ("no key name", forge.without_header("kid")),
            ("an empty key name", forge.with_header("kid", json!(""))),
            ("a null key name", forge.with_header("kid", json!(null))),
            ("a list of key names", forge.with_header("kid", json!([forge.kid]))),
            ("a file", forge.with_header("kid", json!("../../../../dev/null"))),
            ("SQL", forge.with_header("kid", json!("' union select 'kid', x'00' --"))),
            ("SQL that is always true", forge.with_header("kid", json!("kid-of-the-forge' or '1'='1"))),
            ("a command", forge.with_header("kid", json!("| cat /etc/passwd"))),
            ("the name in capitals", forge.with_header("kid", json!("KID-OF-THE-FORGE"))),
            ("the name with a space", forge.with_header("kid", json!("kid-of-the-forge "))),
            ("the name with a zero byte", forge.with_header("kid", json!("kid-of-the-forge\0"))),
        ])
        .await;
}

#[tokio::test]
async fn other_types_issuers_audiences_and_subjects_are_refused() {
    let forge = Forge::new().await;
    forge
        .refuses([
            ("no type", forge.without_header("typ")),
            ("plain JWT", forge.with_header("typ", json!("JWT"))),
            ("id token", forge.with_header("typ", json!("id+jwt"))),
            ("logout token", forge.with_header("typ", json!("logout+jwt"))),
            ("refresh token", forge.with_header("typ", json!("rt+jwt"))),
            ("long type", forge.with_header("typ", json!("application/at+jwt"))),
            ("type in capitals", forge.with_header("typ", json!("AT+JWT"))),
            ("null type", forge.with_header("typ", json!(null))),
            ("no issuer", forge.without_claim("iss")),
            ("another issuer", forge.with_claim("iss", json!("evil"))),
            ("issuers", forge.with_claim("iss", json!(["impact", "evil"]))),
            ("issuer with a slash", forge.with_claim("iss", json!("impact/"))),
            ("issuer in capitals", forge.with_claim("iss", json!("Impact"))),
            ("no audience", forge.without_claim("aud")),
            ("another audience", forge.with_claim("aud", json!("other-api"))),
            ("audiences", forge.with_claim("aud", json!(["impact-api", "other-api"]))),
            ("empty audience", forge.with_claim("aud", json!(""))),
            ("audience as a number", forge.with_claim("aud", json!(1))),
            ("no subject", forge.without_claim("sub")),
            ("a subject of another kind", forge.with_claim("sub", json!(SessionId::fresh().to_string()))),
            ("a bare subject", forge.with_claim("sub", json!("admin"))),
            ("subjects", forge.with_claim("sub", json!([forge.bearer.user.to_string()]))),
            ("null subject", forge.with_claim("sub", json!(null))),
            ("no session", forge.without_claim("sid")),
            ("a bare session", forge.with_claim("sid", json!("1"))),
            ("no number", forge.without_claim("jti")),
            ("more claims", forge.with_claim("role", json!("ADMIN"))),
        ])
        .await;
}

#[tokio::test]
async fn tokens_of_another_time_are_refused() {
    let forge = Forge::new().await;
    let times = |iat: i64, nbf: i64, exp: i64| {
        let mut payload = forge.payload();
        (payload["iat"], payload["nbf"], payload["exp"]) = (json!(iat), json!(nbf), json!(exp));
        forge.sign(&forge.header().to_string(), &payload.to_string())
    };
    for (iat, nbf, exp) in [
        (NOW - 899, NOW - 899, NOW + 1),
        (NOW - 904, NOW - 904, NOW - 4),
        (NOW + 5, NOW + 5, NOW + 905),
        (NOW, NOW, NOW + 1),
    ] {
        assert!(forge.verify(&times(iat, nbf, exp)).await.is_some(), "{iat} {nbf} {exp}");
    }
    forge
        .refuses([
            ("expired", times(NOW - 905, NOW - 905, NOW - 5)),
            ("expired long ago", times(NOW - 9_000, NOW - 9_000, NOW - 8_100)),
            ("not yet", times(NOW, NOW + 6, NOW + 900)),
            ("made in the future", times(NOW + 6, NOW, NOW + 900)),
            ("too long a life", times(NOW, NOW, NOW + 901)),
            ("for ever", times(NOW, NOW, i64::MAX)),
            ("before it was made", times(NOW, NOW, NOW - 10)),
            ("no expiry", forge.without_claim("exp")),
            ("no beginning", forge.without_claim("nbf")),
            ("no birth", forge.without_claim("iat")),
            ("null expiry", forge.with_claim("exp", json!(null))),
            ("expiry as text", forge.with_claim("exp", json!((NOW + 900).to_string()))),
            ("expiry as a fraction", forge.with_claim("exp", json!(1.800_000_9e9))),
            ("expiry beyond numbers", forge.with_claim("exp", json!(1e300))),
            ("expiry below zero", forge.with_claim("exp", json!(-1))),
            ("expiry in milliseconds", forge.with_claim("exp", json!((NOW + 900) * 1_000))),
            ("birth at the end of numbers", times(i64::MIN, i64::MIN, NOW + 900)),
        ])
        .await;
}

#[tokio::test]
async fn altered_tokens_are_refused() {
    let forge = Forge::new().await;
    let honest = forge.honest();
    let parts: Vec<String> = honest.split('.').map(str::to_owned).collect();
    let (head, body, seal) = (&parts[0], &parts[1], &parts[2]);
    let mut other = forge.payload();
    other["sub"] = json!(UserId::fresh().to_string());
    let twice = forge.payload().to_string().replacen('{', "{\"sub\":\"usr_00000000000000000000000000\",", 1);
    let header_twice = forge.header().to_string().replacen('{', "{\"alg\":\"none\",", 1);
    let huge = json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": "k".repeat(1 << 20) });
    forge
        .refuses([
            ("empty", String::new()),
            ("one dot", format!("{head}.{body}")),
            ("two dots", "..".to_owned()),
            ("three dots", format!("{honest}.")),
            ("a dot before", format!(".{honest}")),
            ("a fourth part", format!("{honest}.{seal}")),
            ("five parts, as if encrypted", format!("{head}.{body}.{seal}.{body}.{seal}")),
            ("another payload", format!("{head}.{}.{seal}", base64(&other.to_string()))),
            ("another header", format!("{}.{body}.{seal}", base64(&format!(" {}", forge.header())))),
            ("swapped parts", format!("{body}.{head}.{seal}")),
            ("no payload", format!("{head}..{seal}")),
            ("no header", format!(".{body}.{seal}")),
            ("padding", format!("{honest}==")),
            ("a space after", format!("{honest} ")),
            ("a line end", format!("{honest}\n")),
            ("a zero byte", format!("{honest}\0")),
            ("standard base64", in_the_other_alphabet(&forge)),
            ("the seal cut", honest[..honest.len() - 1].to_owned()),
            ("not base64", format!("{head}.{body}.!!!")),
            ("two subjects", forge.sign(&forge.header().to_string(), &twice)),
            ("two algorithms", forge.sign(&header_twice, &forge.payload().to_string())),
            ("a list for a header", forge.sign("[]", &forge.payload().to_string())),
            ("a text for a payload", forge.sign(&forge.header().to_string(), "\"impact\"")),
            ("no JSON", forge.sign(&forge.header().to_string(), "{")),
            (
                "more after the JSON",
                forge.sign(&forge.header().to_string(), &format!("{}{{}}", forge.payload())),
            ),
            ("a huge key name", forge.sign(&huge.to_string(), &forge.payload().to_string())),
            ("a huge token", "a".repeat(1 << 20)),
            ("many dots", ".".repeat(1 << 16)),
            ("deep JSON", forge.sign(&forge.header().to_string(), &"[".repeat(400))),
            ("a personal token", Secret::fresh(PERSONAL).shown),
            ("another alphabet", "аудит.аудит.аудит".to_owned()),
        ])
        .await;
    for place in 0..honest.len() {
        let mut bytes = honest.clone().into_bytes();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(bytes).unwrap();
        if altered != honest {
            assert_eq!(forge.verify(&altered).await, None, "changed at {place}");
        }
    }
}

#[tokio::test]
async fn a_retired_key_verifies_until_its_last_token_has_died() {
    let scratch = Scratch::new().await;
    let bearer = Bearer { user: UserId::fresh(), session: SessionId::fresh() };
    let now = || scratch.clock.now();
    let old = issue(&scratch.keys, bearer, now()).unwrap();
    scratch.keys.rotate(now()).await.unwrap();
    let new = issue(&scratch.keys, bearer, now()).unwrap();
    assert_ne!(header(&old).unwrap().kid, header(&new).unwrap().kid);
    scratch.clock.advance(14 * At::MINUTE);
    for token in [&old, &new] {
        assert_eq!(verify(&scratch.keys, token, now()).await.unwrap(), Some(bearer));
    }
    assert_eq!(scratch.keys.jwks().await.unwrap()["keys"].as_array().unwrap().len(), 2);
    scratch.clock.advance(At::MINUTE + 6 * At::SECOND);
    assert_eq!(verify(&scratch.keys, &old, now()).await.unwrap(), None);
    assert_eq!(scratch.keys.jwks().await.unwrap()["keys"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn servers_take_each_others_tokens_without_sharing_a_secret() {
    let one = Scratch::new().await;
    let other = one.another_server().await;
    let bearer = Bearer { user: UserId::fresh(), session: SessionId::fresh() };
    let now = one.clock.now();
    for (from, to) in [(&one.keys, &other), (&other, &one.keys)] {
        let token = issue(from, bearer, now).unwrap();
        assert_eq!(verify(to, &token, now).await.unwrap(), Some(bearer));
    }
}

#[tokio::test]
async fn a_key_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new().await;
    let directory = scratch.dir.join("keys");
    let file = std::fs::read_dir(&directory).unwrap().next().unwrap().unwrap().path();
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(std::fs::metadata(&directory).unwrap().permissions().mode() & 0o777, 0o700);
    let reopened = Keys::open(&scratch.dir, scratch.traffic.clone()).await.unwrap();
    assert_eq!(reopened.signing().kid, scratch.keys.signing().kid, "a restart keeps the key");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let told = Keys::open(&scratch.dir, scratch.traffic.clone()).await.unwrap_err().to_string();
    assert!(told.contains("chmod 600"), "{told}");
    std::fs::write(&file, "no key").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let told = Keys::open(&scratch.dir, scratch.traffic.clone()).await.unwrap_err().to_string();
    assert!(told.contains("is not an Ed25519 key"), "{told}");
}
