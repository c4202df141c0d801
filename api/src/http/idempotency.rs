//! `Idempotency-Key`: a mutation that was sent twice happens once and is answered alike.
//!
//! The mutation's own transaction claims the key, so that a server that dies leaves either no effect and no claim, or
//! both. The answer is kept right after; without it a retry is told that the effect is there.

use super::App;
use async_graphql::{
    Request, Value,
    parser::types::{DocumentOperations, OperationType},
};
use door::{Result, authz::Viewer};
use entity::At;
use gql::{codes::ErrorCode, gate::Ask, refusal::Refusal};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use sha2::{Digest, Sha256};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const LONGEST: usize = 255;
/// Their answers hold a secret, which is stored nowhere: a retry is told that the effect is there.
const SHOWN_ONCE: &[&str] = &["personalAccessTokenCreate"];
/// No request lives so long: a claim without an answer has lost it.
const LOST: i64 = 30 * At::SECOND;

/// A key that a caller gave to a mutation.
pub struct Keyed(String);

impl Keyed {
    /// Reads the header, or `@idempotent(key:)` on the mutation. A query needs no key, and has none.
    pub fn read(
        headers: &HeaderMap,
        request: &mut Request,
        kind: OperationType,
        roots: &[String],
        secret: &[String],
    ) -> Result<Option<Self>, Refusal> {
        // A mutation with a password in it is neither hashed nor answered twice; each guards itself.
        if kind != OperationType::Mutation || roots.iter().any(|root| secret.contains(root)) {
            return Ok(None);
        }
        let unreadable =
            || faulty(format!("An idempotency key has 1 to {LONGEST} printable ASCII characters."));
        let header = headers.get(KEY).map(|line| line.to_str().map(str::to_owned).map_err(|_| unreadable()));
        let (header, directive) = (header.transpose()?, of_document(request));
        let key = match (header, directive) {
            (None, None) => return Ok(None),
            (Some(one), Some(other)) if one != other => {
                return Err(faulty("Idempotency-Key and @idempotent differ; send one of them."));
            }
            (Some(key), _) | (None, Some(key)) => key,
        };
        if !(1..=LONGEST).contains(&key.len()) || !key.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(unreadable());
        }
        // One key, one effect: several mutations would claim it one after the other.
        if roots.iter().filter(|root| *root != "__typename").count() > 1 {
            return Err(faulty("With an idempotency key, send one mutation per request."));
        }
        Ok(Some(Self(key)))
    }

    /// Hash of the key with its actor: keys are one's own.
    pub fn hash(&self, viewer: &Viewer, address: Option<&str>) -> Vec<u8> {
        let actor = viewer.user().map(|id| id.to_string());
        digest(&[actor.as_deref().or(address).unwrap_or_default(), &self.0])
    }
}

fn faulty(message: impl Into<String>) -> Refusal {
    Refusal::new(ErrorCode::BadRequest, message)
}

/// Key of the first mutation that carries the directive.
fn of_document(request: &mut Request) -> Option<String> {
    let (name, variables) = (request.operation_name.clone(), request.variables.clone());
    let document = request.parsed_query().ok()?;
    let operation = match &document.operations {
        DocumentOperations::Single(operation) => operation,
        DocumentOperations::Multiple(operations) => operations.get(name?.as_str())?,
    };
    operation.node.selection_set.node.items.iter().find_map(|selection| {
        let directives = selection.node.directives();
        let directive = directives.iter().find(|directive| directive.node.name.node == "idempotent")?;
        let key = directive.node.get_argument("key")?.node.clone();
        match key.into_const_with(|name| variables.get(&name).cloned().ok_or(())) {
            Ok(Value::String(key)) => Some(key),
            _ => None,
        }
    })
}

/// Hash of what is asked, whatever the request's form.
pub fn digest_of(ask: &Ask) -> Vec<u8> {
    let variables = serde_json::to_string(&ask.variables).unwrap_or_default();
    digest(&[&ask.query, ask.operation_name.as_deref().unwrap_or_default(), &variables])
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
pub async fn keep(app: &App, hash: &[u8], roots: &[String], response: &http::Response<Vec<u8>>) {
    // A conflict is about another request's answer.
    let is_shown_once = roots.iter().any(|root| SHOWN_ONCE.contains(&root.as_str()));
    if is_shown_once || response.status() == StatusCode::CONFLICT {
        return;
    }
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
    use async_graphql::Variables;

    fn read(header: Option<&str>, document: &str) -> Result<Option<Keyed>, Refusal> {
        let line = header.map(|key| (KEY, HeaderValue::from_str(key).expect("a header")));
        let headers = HeaderMap::from_iter(line);
        let mut request = Request::new(document);
        request.variables = Variables::from_json(serde_json::json!({ "key": "v" }));
        let kind =
            if document.starts_with("mutation") { OperationType::Mutation } else { OperationType::Query };
        Keyed::read(&headers, &mut request, kind, &["m".to_owned()], &[])
    }

    #[test]
    fn a_key_comes_in_two_spellings() {
        let key = |header, document| read(header, document).ok().flatten().map(|keyed| keyed.0);
        assert_eq!(key(Some("h"), "mutation { m }").as_deref(), Some("h"));
        assert_eq!(key(None, "mutation { m @idempotent(key: \"d\") }").as_deref(), Some("d"));
        assert_eq!(key(None, "mutation($key: String!) { m @idempotent(key: $key) }").as_deref(), Some("v"));
        assert_eq!(key(None, "mutation { m }"), None);
        assert_eq!(key(Some("h"), "query { q }"), None);
        assert!(read(Some("h"), "mutation { m @idempotent(key: \"d\") }").is_err());
    }

    #[test]
    fn a_key_has_a_length_and_an_owner() {
        assert!(read(Some(""), "mutation { m }").is_err());
        assert!(read(Some(&"k".repeat(256)), "mutation { m }").is_err());
        assert!(read(Some(&"k".repeat(255)), "mutation { m }").is_ok());
        let hash = |key: &str, address| Keyed(key.to_owned()).hash(&Viewer::public(), Some(address));
        assert_eq!(hash("a", "1"), hash("a", "1"));
        assert_ne!(hash("a", "1"), hash("a", "2"));
        assert_ne!(hash("a", "1"), hash("b", "1"));
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
    }
}
