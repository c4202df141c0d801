//! Tokens of another time, and tokens that somebody altered.

use super::{Forge, NOW, base64};
use authn::token::{PERSONAL, Secret};
use entity::ids::UserId;
use tests::json;

/// A signed token in standard base64; one that happens to need neither of the characters that differ would prove nothing.
fn in_the_other_alphabet(forge: &Forge) -> String {
    let mut tokens = (0..).map(|try_| forge.with_claim("try", json!(try_)));
    tokens.find(|token| token.contains(['-', '_'])).unwrap().replace('-', "+").replace('_', "/")
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
