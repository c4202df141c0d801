//! Documents on their way in and out: bytes as they are, outside of GraphQL.

use super::{App, answer, frame::Facts, graphql};
use async_graphql::ID;
use axum::{
    body::Body,
    extract::{Extension, Path, Request, State},
    response::{IntoResponse, Response},
};
use door::{Error, Faults, Result, authz::Store};
use entity::{contracts::evidence_document, ids::ClaimId};
use futures_util::StreamExt;
use gql::{codes::ErrorCode, refusal::Refusal};
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use network::contracts::document::{
    self, Received,
    kind::{Kind, Reading, TAKEN},
};
use serde_json::json;
use std::{fmt::Write as _, sync::Arc, time::Duration};
use tokio::{io::AsyncWriteExt, time::timeout};
use tracing::Instrument;

/// Between two pieces of a body.
const SILENCE: Duration = Duration::from_secs(10);
/// For all of a body.
const WHOLE: Duration = Duration::from_mins(5);
/// Points of a request for a document.
const PRICE: u64 = 10;

/// `POST /claims/{id}/documents?name=…&metric=…` with the file as body.
pub async fn add(
    State(app): State<Arc<App>>,
    Extension(facts): Extension<Facts>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let added = async {
        let store = graphql::store(&app, &facts, &parts.headers, PRICE).await?;
        let (claim, received) = receive(&store, &ID(id), &parts, body).await?;
        // From here on a sender that leaves must not leave half of it.
        let added =
            tokio::spawn(async move { document::add(&store, claim, received).await }.in_current_span());
        Ok::<_, Box<Refusal>>(added.await.map_err(unread)?.map_err(refused)?)
    };
    let (document, is_new) = match added.await {
        Ok(added) => added,
        Err(refusal) => return answer::refuse(&facts.id, *refusal),
    };
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"))];
    (status, kind, shown(&document).to_string()).into_response()
}

fn shown(document: &evidence_document::Model) -> serde_json::Value {
    json!({ "document": {
        "id": document.id.to_string(),
        "claimId": document.claim_id.to_string(),
        "name": document.name,
        "mediaType": document.media_type,
        "sizeBytes": document.size_bytes.to_string(),
        "sha256": document.sha256,
        "metric": document.metric,
        "downloadUrl": format!("/evidence-documents/{}", document.id),
    } })
}

/// Why not is boxed: it is large beside what is fine.
type Refused<T> = Result<T, Box<Refusal>>;

async fn receive(store: &Store, claim: &ID, parts: &Parts, body: Body) -> Refused<(ClaimId, Received)> {
    // Who may not add it is told before the file is read.
    let claim = document::may_add(store, claim).await.map_err(refused)?;
    let (name, metric) = named(parts.uri.query().unwrap_or_default()).map_err(refused)?;
    let declared = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = Kind::named(&name).filter(|kind| kind.is_declared(declared)).ok_or_else(wrong_kind)?;
    let documents = document::documents(store).map_err(refused)?;
    let mut file = documents.receive().await.map_err(refused)?;
    let reading = gather(&parts.headers, body, documents.most(), &mut file).await?;
    if reading.size() == 0 {
        return Err(bad("BLANK: The file is empty.").into());
    }
    let mut looked_into = file.try_clone().await.map_err(unread)?.into_std().await;
    let (size, sha256) = (reading.size(), reading.sha256());
    let judged = tokio::task::spawn_blocking(move || reading.is(kind, &mut looked_into)).await;
    if !judged.map_err(unread)?.map_err(unread)? {
        return Err(wrong_kind().into());
    }
    Ok((claim, Received { file, name, kind, size, sha256, metric }))
}

fn wrong_kind() -> Refusal {
    let message = format!(
        "INVALID: {TAKEN} are taken; the name's ending, `Content-Type` and the content have to say the same."
    );
    bad(message).status(StatusCode::UNSUPPORTED_MEDIA_TYPE)
}

/// Without the habits of GraphQL, where what is well asked is answered with 200.
fn bad(message: impl Into<String>) -> Refusal {
    Refusal::new(ErrorCode::BadUserInput, message).status(StatusCode::BAD_REQUEST)
}

fn unread(cause: impl Into<anyhow::Error>) -> Refusal {
    refused(Error::Internal(cause.into()))
}

/// What a mutation would tell in `errors`: with its code, for there is no other place here.
fn refused(error: Error) -> Refusal {
    let faults = match error {
        Error::Mend(faults) => faults,
        Error::Refused { code: ErrorCode::BadUserInput, message, .. } => return bad(message),
        other => return answer::refusal(other),
    };
    let (mut message, mut status, mut code) =
        (String::new(), StatusCode::BAD_REQUEST, ErrorCode::BadUserInput);
    for fault in faults {
        use async_graphql::{InputType, Value};
        let spelt = match fault.code.to_value() {
            Value::Enum(name) => name.to_string(),
            other => other.to_string(),
        };
        match fault.code {
            door::UserErrorCode::NotFound if fault.path.first().is_some_and(|step| step != "metric") => {
                (status, code) = (StatusCode::NOT_FOUND, ErrorCode::NotFound);
            }
            door::UserErrorCode::StateInvalid => status = StatusCode::CONFLICT,
            _ => {}
        }
        let _ = write!(message, "{}{spelt}: {}", if message.is_empty() { "" } else { " " }, fault.message);
    }
    Refusal::new(code, message).status(status)
}

/// Name and metric from the address.
fn named(query: &str) -> Result<(String, Option<String>)> {
    let (mut name, mut metric) = (None, None);
    let mut faults = Faults::default();
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        match key.as_ref() {
            "name" => name = Some(value.into_owned()),
            "metric" => metric = Some(value.into_owned()),
            other => return Err(Error::bad_input(format!("There is no parameter `{other}`."))),
        }
    }
    let name = faults.required(name, &["name"], 200);
    if name.chars().any(is_deceptive) || name.starts_with('.') {
        let message = "A name has no path, no control characters and no leading dot.";
        faults.add(door::UserErrorCode::Invalid, &["name"], message);
    }
    let metric = faults.text(metric, &["metric"], 100);
    faults.none_or_refuse()?;
    Ok((name, metric))
}

/// Letters that lead elsewhere, or show a name as another.
fn is_deceptive(letter: char) -> bool {
    letter.is_control()
        || "/\\:".contains(letter)
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The body, into the file: as far as it may go and as long as it may take, judged while it comes.
async fn gather(headers: &HeaderMap, body: Body, most: u64, file: &mut tokio::fs::File) -> Refused<Reading> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let mut rest = body.into_data_stream();
    let outcome = if announced.is_some_and(|length: u64| length > most) {
        Err(too_large(most).into())
    } else {
        timeout(WHOLE, pour(&mut rest, most, file))
            .await
            .unwrap_or_else(|_| Err(too_slow("5 minutes").into()))
    };
    let Err(refusal) = outcome else { return outcome };
    // Who still sends would not hear us.
    if refusal.code == ErrorCode::RequestTooLarge && !headers.contains_key(header::EXPECT) {
        graphql::drain(&mut rest).await;
    }
    Err(Box::new(refusal.header(header::CONNECTION, HeaderValue::from_static("close"))))
}

async fn pour(
    rest: &mut axum::body::BodyDataStream,
    most: u64,
    file: &mut tokio::fs::File,
) -> Refused<Reading> {
    let mut reading = Reading::default();
    loop {
        let next = timeout(SILENCE, rest.next()).await;
        let Some(bytes) = next.map_err(|_| too_slow("10 seconds without a byte"))? else { break };
        let bytes = bytes.map_err(|_| Refusal::new(ErrorCode::BadRequest, "The body broke off."))?;
        if reading.size() + bytes.len() as u64 > most {
            return Err(too_large(most).into());
        }
        reading.take(&bytes);
        file.write_all(&bytes).await.map_err(unread)?;
    }
    file.flush().await.map_err(unread)?;
    Ok(reading)
}

fn too_large(most: u64) -> Refusal {
    Refusal::new(ErrorCode::RequestTooLarge, format!("A document has at most {most} bytes."))
}

fn too_slow(took: &str) -> Refusal {
    let refusal = Refusal::new(ErrorCode::BadRequest, format!("The body took more than {took}."));
    refusal.status(StatusCode::REQUEST_TIMEOUT)
}

/// `GET /evidence-documents/{id}`: the bytes, as a file to save.
pub async fn get(
    State(app): State<Arc<App>>,
    Extension(facts): Extension<Facts>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let sent = async {
        let store = graphql::store(&app, &facts, &headers, PRICE).await?;
        // Every id that is not seen is answered alike, those that are none at all among them.
        let found = door::authz::Batched::new(store.clone(), document::read(&store, &ID(id))).await;
        let (document, documents, address) = found.map_err(unseen)?;
        let bytes = documents.read(&address).await.map_err(refused)?;
        Ok::<_, Box<Refusal>>(file(&document, Body::from_stream(bytes)))
    };
    sent.await.unwrap_or_else(|refusal| answer::refuse(&facts.id, *refusal))
}

fn unseen(error: Error) -> Refusal {
    match error {
        Error::Refused { code: ErrorCode::BadUserInput, .. } | Error::Mend(_) => {
            Refusal::new(ErrorCode::NotFound, "There is no such file for you.")
        }
        other => refused(other),
    }
}

fn file(document: &evidence_document::Model, body: Body) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    let value = |text: &str| HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("attachment"));
    headers.insert(header::CONTENT_TYPE, value(&document.media_type));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(document.size_bytes));
    headers.insert(header::CONTENT_DISPOSITION, value(&disposition(&document.name)));
    headers.insert(header::ETAG, value(&format!("\"{}\"", document.sha256)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    headers.insert(header::VARY, HeaderValue::from_static("Authorization"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; sandbox"),
    );
    response
}

/// The name twice: for all, and with all its letters (RFC 6266).
fn disposition(name: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || " .-_()".contains(letter);
    let plain: String = name.chars().map(|letter| if is_plain(letter) { letter } else { '_' }).collect();
    let mut exact = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b".-_".contains(&byte) {
            exact.push(char::from(byte));
        } else {
            let _ = write!(exact, "%{byte:02X}");
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{exact}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere() {
        assert_eq!(named("name=Liste+n%C2%B01.csv").unwrap(), ("Liste n°1.csv".to_owned(), None));
        assert_eq!(named("name=a.pdf&metric=JOB").unwrap().1.as_deref(), Some("JOB"));
        for bad in [
            "",
            "name=",
            "name=..%2F..%2Fetc%2Fpasswd.txt",
            "name=C%3A%5Cx.pdf",
            "name=.hidden.pdf",
            "name=a%00.pdf",
            "name=a%E2%80%AEfdp.txt",
            "name=a.pdf&path=x",
        ] {
            assert!(named(bad).is_err(), "{bad}");
        }
        assert!(named(&format!("name={}.pdf", "a".repeat(200))).is_err());
    }

    #[test]
    fn a_file_is_called_as_it_was() {
        assert_eq!(
            disposition("Liste \"n°1\".csv"),
            "attachment; filename=\"Liste _n_1_.csv\"; filename*=UTF-8''Liste%20%22n%C2%B01%22.csv"
        );
    }
}
