//! Tokens: what a signed-in client carries, and how little is believed of it.
//!
//! An access token is a JWT of RFC 9068, read strictly: one algorithm, one type, our own keys, and no member that we
//! did not write. It names a session; whether that session still stands is asked of the database with each request.
//! Refresh tokens, personal access tokens and mailed links are random texts, and only their hashes are stored.

use super::keys::{Keys, Verifying};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use door::{Error, Result};
use entity::{
    At,
    ids::{SessionId, UserId},
};
use jsonwebtoken::{Algorithm, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// An access token lives for 15 minutes.
pub const LIVES_FOR: i64 = 15 * At::MINUTE;
/// Clocks of two servers may differ by so much.
pub const LEEWAY: i64 = 5 * At::SECOND;

pub(super) const TYP: &str = "at+jwt";
/// The same on all servers of a network; another network is told apart by its keys.
const ISSUER: &str = "impact";
const AUDIENCE: &str = "impact-api";
/// Ours have some 420 bytes.
const LONGEST: usize = 1_024;

/// Begins every personal access token, so that scanners of leaked secrets know one when they see it.
pub const PERSONAL: &str = "pat_";

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    sid: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: Uuid,
}

/// The header, with the only members it may have: keys or addresses of keys that come with a token are never used.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

/// Whom an access token speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bearer {
    pub user: UserId,
    pub session: SessionId,
}

/// A token in the two forms it has: shown once, and stored.
pub struct Secret {
    pub shown: String,
    pub hash: Vec<u8>,
}

impl Secret {
    /// 256 random bits, with a prefix that says what they open.
    pub fn fresh(prefix: &str) -> Self {
        let shown = format!("{prefix}{}", BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()));
        Self { hash: hash(&shown), shown }
    }
}

/// What is stored of a secret. It has 256 random bits, so that a plain hash cannot be turned back.
pub fn hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret).to_vec()
}

/// An access token for a session.
pub fn issue(keys: &Keys, bearer: Bearer, now: At) -> Result<String> {
    let signing = keys.signing();
    let issued = now.0.div_euclid(At::SECOND);
    let claims = Claims {
        iss: ISSUER.to_owned(),
        aud: AUDIENCE.to_owned(),
        sub: bearer.user.to_string(),
        sid: bearer.session.to_string(),
        iat: issued,
        nbf: issued,
        exp: issued + LIVES_FOR / At::SECOND,
        jti: Uuid::now_v7(),
    };
    Ok(jsonwebtoken::encode(&signing.clone().into(), &claims, &signing.key).map_err(anyhow::Error::from)?)
}

/// Whom a token speaks for, if it is one of ours and lives.
pub async fn verify(keys: &Keys, token: &str, now: At) -> Result<Option<Bearer>> {
    let Some(header) = header(token) else { return Ok(None) };
    let Some(key) = keys.verifying(&header.kid, now).await? else { return Ok(None) };
    Ok(claims(token, &key).and_then(|claims| bearer(&claims, now)))
}

fn header(token: &str) -> Option<Header> {
    if token.len() > LONGEST || token.matches('.').count() != 2 {
        return None;
    }
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').next()?).ok()?;
    let header: Header = serde_json::from_slice(&bytes).ok()?;
    (header.alg == "EdDSA" && header.typ == TYP).then_some(header)
}

fn claims(token: &str, key: &Verifying) -> Option<Claims> {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
    // Times are compared below, by the clock that the whole server goes by.
    (validation.validate_exp, validation.validate_nbf) = (false, false);
    jsonwebtoken::decode::<Claims>(token, &key.key, &validation).ok().map(|token| token.claims)
}

fn bearer(claims: &Claims, now: At) -> Option<Bearer> {
    let micros = |seconds: i64| seconds.saturating_mul(At::SECOND);
    let (early, late) = (now.0.saturating_add(LEEWAY), now.0.saturating_sub(LEEWAY));
    let is_now = micros(claims.iat) <= early && micros(claims.nbf) <= early && late < micros(claims.exp);
    let is_short = micros(claims.exp).saturating_sub(micros(claims.iat)) <= LIVES_FOR;
    if !is_now || !is_short {
        return None;
    }
    Some(Bearer { user: claims.sub.parse().ok()?, session: claims.sid.parse().ok()? })
}

/// What is told to whoever comes with a token that opens nothing, whatever the reason.
pub fn refused() -> Error {
    Error::refused(
        gql::codes::ErrorCode::Unauthenticated,
        "This token is not valid, or not any more. Refresh the session, or sign in again.",
    )
}
