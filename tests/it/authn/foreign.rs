//! Tokens of other algorithms, keys, types, issuers, audiences and subjects.

use super::{Forge, base64};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer, SigningKey};
use entity::ids::SessionId;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use tests::{Value, json};

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
