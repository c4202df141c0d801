//! The API's page and its files, from the binary; and the schema's text.

use super::{App, answer, frame::Facts};
use axum::{
    body::Body,
    extract::{Extension, Path, State},
    response::{IntoResponse, Response},
};
use flate2::read::GzDecoder;
use http::{HeaderMap, HeaderValue, header};
use std::{io::Read, sync::Arc};

/// A file of the page, compressed when the binary was built.
struct Asset {
    /// Below `/ide/`.
    path: &'static str,
    kind: &'static str,
    gzip: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The editor sets styles from its script; nothing else comes from anywhere but here.
const POLICY: &str = "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; \
                      font-src 'self' data:; img-src 'self' data:; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

const WITHOUT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Impact network API</title>\
<h1>Impact network API</h1><p>The API is at <code>/graphql</code>, its schema at \
<a href=\"/schema.graphql\">/schema.graphql</a>.</p><p>GraphiQL is not in this binary, because Node.js was missing when \
it was built. Install Node.js 20 or later and build again: <code>cargo build --release</code>.</p></html>";

pub async fn index(headers: HeaderMap) -> Response {
    let mut response = match ASSETS.iter().find(|asset| asset.path == "index.html") {
        Some(page) => file(page, &headers),
        None => answer::text("text/html; charset=utf-8", WITHOUT),
    };
    let to = response.headers_mut();
    to.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    to.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

pub async fn asset(
    Extension(facts): Extension<Facts>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.path == path) else {
        return answer::not_found(Extension(facts)).await;
    };
    let mut response = file(asset, &headers);
    // Their names carry a hash of their content; a worker's policy is its own.
    let to = response.headers_mut();
    to.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    to.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

pub async fn schema(State(app): State<Arc<App>>) -> Response {
    let mut response = answer::text("text/plain; charset=utf-8", app.published.clone());
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

fn file(asset: &Asset, headers: &HeaderMap) -> Response {
    let vary = [(header::VARY, HeaderValue::from_static("Accept-Encoding"))];
    let accepts =
        headers.get(header::ACCEPT_ENCODING).and_then(|line| line.to_str().ok()).unwrap_or_default();
    let takes_gzip = accepts.split(',').map(str::trim).any(|coding| {
        coding == "gzip"
            || coding.strip_prefix("gzip;q=").is_some_and(|quality| !matches!(quality, "0" | "0.0" | "0.000"))
    });
    if takes_gzip {
        let coding = [(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"))];
        return (vary, coding, answer::text(asset.kind, Body::from(asset.gzip))).into_response();
    }
    let mut plain = Vec::new();
    if GzDecoder::new(asset.gzip).read_to_end(&mut plain).is_err() {
        tracing::error!(path = asset.path, "an embedded file does not unpack");
    }
    (vary, answer::text(asset.kind, plain)).into_response()
}
