//! `Idempotency-Key`: a mutation that was sent twice happens once and is answered alike.
//!
//! The mutation's own transaction claims the key, so that a server that dies leaves either no effect and no claim, or
//! both. The answer is kept right after; without it a retry is told that the effect is there.

use super::App;
use crate::{Result, authz::Viewer};
use async_graphql::parser::types::OperationType;
use entity::At;
use gql::{
    codes::ErrorCode,
    gate::{Admitted, Ask},
    refusal::Refusal,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use sha2::{Digest, Sha256};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const LONGEST: usize = 255;
/// No request lives so long: a claim without an answer has lost it.
const LOST: i64 = 30 * At::SECOND;

/// A key, bound to what was asked.
pub struct Keyed {
    key: String,
    asked: Vec<u8>,
}

impl Keyed {
    /// Reads the header. It means something for a mutation only.
    pub fn read(headers: &HeaderMap, ask: &Ask) -> Result<Option<Self>, Refusal> {
        let Some(line) = headers.get(KEY) else { return Ok(None) };
        let is_key = |key: &&str| {
            (1..=LONGEST).contains(&key.len()) && key.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        };
        let Some(key) = line.to_str().ok().filter(is_key) else {
            let message = format!("Idempotency-Key must have 1 to {LONGEST} printable ASCII characters.");
            return Err(Refusal::new(ErrorCode::BadRequest, message));
        };
        let variables = serde_json::to_string(&ask.variables).unwrap_or_default();
        let operation = ask.operation_name.as_deref().unwrap_or_default();
        Ok(Some(Self { key: key.to_owned(), asked: digest(&[&ask.query, operation, &variables]) }))
    }

    /// A query needs no key. One key, one effect: several mutations in one document would claim it twice.
    pub fn for_mutation(self, admitted: &Admitted) -> Result<Option<Self>, Refusal> {
        if admitted.kind != OperationType::Mutation {
            return Ok(None);
        }
        if admitted.roots.iter().filter(|root| *root != "__typename").count() > 1 {
            let message = "With an Idempotency-Key, send one mutation per request.";
            return Err(Refusal::new(ErrorCode::BadRequest, message));
        }
        Ok(Some(self))
    }

    /// Hashes of the key with its actor, and of what was asked.
    pub fn hashes(&self, viewer: &Viewer, address: Option<&str>) -> (Vec<u8>, Vec<u8>) {
        let actor = viewer.user().map(|id| id.to_string());
        let actor = actor.as_deref().or(address).unwrap_or_default();
        (digest(&[actor, &self.key]), self.asked.clone())
    }
}

fn digest(parts: &[&str]) -> Vec<u8> {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().to_vec()
}

/// A kept answer: its status and its body.
pub type Kept = (StatusCode, Vec<u8>);

/// The answer to give again, or nothing if the key is new; a refusal if it cannot be used.
pub async fn look_up(app: &App, (hash, asked): &(Vec<u8>, Vec<u8>)) -> Result<Result<Option<Kept>, Refusal>> {
    let Some(known) = app.traffic.answered(hash).await? else {
        app.traffic.forget_answer(hash).await?;
        return Ok(Ok(None));
    };
    if known.request_hash != *asked {
        let message = "This Idempotency-Key was used for another request.";
        return Ok(Err(Refusal::new(ErrorCode::IdempotencyKeyReused, message)));
    }
    if let Some((status, body)) = known.answer.as_deref().and_then(|kept| kept.split_once('\n')) {
        let status = status.parse().ok().and_then(|status| StatusCode::from_u16(status).ok());
        return Ok(Ok(Some((status.unwrap_or(StatusCode::OK), body.into()))));
    }
    let refusal = if known.created_at.plus(LOST) < app.clock.now() {
        let message =
            "The request with this Idempotency-Key had its effect, but its answer is lost. Read the object.";
        Refusal::new(ErrorCode::IdempotencyConflict, message)
    } else {
        let message = "A request with this Idempotency-Key is running; send it again to read its answer.";
        Refusal::new(ErrorCode::IdempotencyConflict, message).retry_after(1)
    };
    Ok(Err(refusal))
}

/// Keeps an answer, if the mutation claimed its key. Failing to is not the caller's trouble.
pub async fn keep(app: &App, hash: &[u8], response: &http::Response<Vec<u8>>) {
    let body = String::from_utf8_lossy(response.body());
    let kept = format!("{}\n{body}", response.status().as_u16());
    if let Err(error) = app.traffic.keep_answer(hash, &kept).await {
        tracing::warn!(error = ?error.to_string(), "an idempotent answer was not kept");
    }
}

pub fn replayed(kept: Kept, content_type: HeaderValue) -> http::Response<Vec<u8>> {
    let (status, body) = kept;
    let mut response = http::Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(http::header::CONTENT_TYPE, content_type);
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyed(key: &str, query: &str) -> Result<Option<Keyed>, Refusal> {
        let headers = HeaderMap::from_iter([(KEY, HeaderValue::from_str(key).expect("a header"))]);
        Keyed::read(&headers, &Ask { query: query.to_owned(), ..Ask::default() })
    }

    #[test]
    fn a_key_is_bound_to_its_actor_and_its_request() {
        let hashes = |key, query, address| {
            keyed(key, query).ok().flatten().expect("a key").hashes(&Viewer::public(), Some(address))
        };
        assert_eq!(hashes("a", "q", "1"), hashes("a", "q", "1"));
        assert_ne!(hashes("a", "q", "1").0, hashes("a", "q", "2").0);
        assert_ne!(hashes("a", "q", "1").0, hashes("b", "q", "1").0);
        assert_ne!(hashes("a", "q", "1").1, hashes("a", "r", "1").1);
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
    }

    #[test]
    fn a_key_has_a_length() {
        assert!(keyed("", "q").is_err());
        assert!(keyed(&"k".repeat(256), "q").is_err());
        assert!(keyed(&"k".repeat(255), "q").is_ok());
    }
}
