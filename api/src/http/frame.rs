//! What every request and every answer has: an id, a line in the log, safe headers, and CORS for a list of origins.

use super::{App, address, answer, metrics::Operation};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use gql::{codes::ErrorCode, refusal::Refusal};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header, uri::Authority};
use std::{
    net::{IpAddr, SocketAddr},
    panic::AssertUnwindSafe,
    sync::Arc,
    time::Instant,
};
use tracing::Instrument;

/// Bytes of all header lines, and of the address.
const HEADERS: usize = 16 * 1024;
const URI: usize = 16 * 1024;
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What is known of a request before it is read.
#[derive(Clone, Debug)]
pub struct Facts {
    pub id: String,
    pub address: Option<IpAddr>,
}

pub async fn frame(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let peer = request.extensions().get::<SocketAddr>().copied();
    let facts = Facts {
        id: request_id(request.headers(), app.serving.trust_proxy),
        address: address::address(peer, request.headers(), app.serving.trust_proxy),
    };
    let span = tracing::info_span!("request", id = %facts.id);
    let origin = allowed_origin(&app.serving.cors_origins, request.headers());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    request.extensions_mut().insert(facts.clone());
    let answering = async {
        match too_large(&request).or_else(|| unclear(&request)) {
            Some(refusal) => answer::refuse(&facts.id, refusal),
            None if method == Method::OPTIONS => options(origin.is_some()),
            None => next.run(request).await,
        }
    };
    let mut response = unbroken(&facts.id, answering).instrument(span.clone()).await;
    dress(&app, &facts, origin, response.headers_mut());
    let (status, elapsed) = (response.status(), began.elapsed());
    let operation = response.extensions().get::<Operation>().cloned();
    app.metrics.answered(operation.as_ref(), status, elapsed);
    let _entered = span.entered();
    // Escaped, for it may hold a terminal's commands; the query stays out, for it may hold a secret.
    tracing::info!(
        method = %method,
        path = %path.escape_debug(),
        status = status.as_u16(),
        millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        operation = operation.as_ref().map(|operation| operation.kind),
        roots = operation.as_ref().map(|operation| &*operation.roots),
        statements = operation.as_ref().map(|operation| operation.statements),
        address = facts.address.map(tracing::field::display),
        "answered"
    );
    response
}

/// The answer; or, where a panic got past everything else, word that it is our fault.
async fn unbroken(request_id: &str, answering: impl Future<Output = Response>) -> Response {
    AssertUnwindSafe(answering).catch_unwind().await.unwrap_or_else(|panic| {
        tracing::error!(panic = ?answer::words(&*panic), "a request broke down");
        answer::refuse(request_id, answer::internal())
    })
}

/// Ours, or the proxy's if it looks like one.
fn request_id(headers: &HeaderMap, trust_proxy: bool) -> String {
    let given = headers.get(REQUEST_ID).filter(|_| trust_proxy).and_then(|id| id.to_str().ok());
    let is_plain = |id: &&str| {
        (8..=64).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    given.filter(is_plain).map_or_else(|| uuid::Uuid::now_v7().simple().to_string(), str::to_owned)
}

fn too_large(request: &Request) -> Option<Refusal> {
    let refuse =
        |message: &str, status| Some(Refusal::new(ErrorCode::RequestTooLarge, message).status(status));
    if request.uri().path_and_query().is_some_and(|uri| uri.as_str().len() > URI) {
        return refuse(
            "The address has more than 16 KiB; send the document with POST.",
            StatusCode::URI_TOO_LONG,
        );
    }
    let bytes: usize =
        request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if bytes > HEADERS {
        return refuse("The headers have more than 16 KiB.", StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    }
    None
}

/// What two servers could read in two ways (RFC 9112, 3.2 and 6.1): whom it is for, and where its body ends.
fn unclear(request: &Request) -> Option<Refusal> {
    let headers = request.headers();
    let refuse = |message: &str, status| {
        let refusal = Refusal::new(ErrorCode::BadRequest, message).status(status);
        Some(refusal.header(header::CONNECTION, HeaderValue::from_static("close")))
    };
    let hosts: Vec<_> = headers.get_all(header::HOST).iter().collect();
    let is_host = match hosts.as_slice() {
        [] => request.version() < Version::HTTP_11,
        [host] => host.is_empty() || Authority::try_from(host.as_bytes()).is_ok(),
        _ => false,
    };
    if !is_host {
        return refuse("Send one Host.", StatusCode::BAD_REQUEST);
    }
    let codings: Vec<_> = headers.get_all(header::TRANSFER_ENCODING).iter().collect();
    if codings.iter().any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"chunked")) || codings.len() > 1 {
        return refuse("No Transfer-Encoding but chunked is read.", StatusCode::NOT_IMPLEMENTED);
    }
    None
}

/// Never `*`, never `null`: what is not on the list is not answered to.
fn allowed_origin(allowed: &[String], headers: &HeaderMap) -> Option<HeaderValue> {
    let origin = headers.get(header::ORIGIN)?;
    allowed.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes()).then(|| origin.clone())
}

fn options(is_allowed: bool) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(header::ALLOW, HeaderValue::from_static("GET, POST, OPTIONS"));
    if is_allowed {
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, OPTIONS"));
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static(
                "authorization, content-type, accept, accept-language, idempotency-key, x-requested-with",
            ),
        );
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    }
    response
}

fn dress(app: &App, facts: &Facts, origin: Option<HeaderValue>, headers: &mut HeaderMap) {
    let mut unless_set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    unless_set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    unless_set(header::REFERRER_POLICY, "no-referrer");
    unless_set(header::X_FRAME_OPTIONS, "DENY");
    unless_set(header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'");
    unless_set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    unless_set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    unless_set(header::CACHE_CONTROL, "no-store");
    if app.serving.public_url.starts_with("https:") {
        unless_set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    if let Ok(id) = HeaderValue::from_str(&facts.id) {
        headers.insert(REQUEST_ID, id);
    }
    if !app.serving.cors_origins.is_empty() {
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
    }
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static(
                "x-request-id, retry-after, ratelimit, ratelimit-policy, idempotency-replayed",
            ),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_anywhere_is_answered_with_its_number_alone() {
        let response = unbroken("req_1", async { panic!("innards") }).await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = axum::body::to_bytes(response.into_body(), 1_000).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            body["errors"][0]["extensions"],
            serde_json::json!({ "code": "INTERNAL", "requestId": "req_1" })
        );
        assert!(!body.to_string().contains("innards"), "{body}");
    }
}
