//! What machines ask: is it alive, is it ready, how is it doing, which keys does it sign with.

use super::{App, answer, frame::Facts};
use axum::{
    extract::{Extension, State},
    response::{IntoResponse, Response},
};
use gql::{codes::ErrorCode, refusal::Refusal};
use http::{HeaderMap, HeaderValue, header};
use std::{sync::Arc, time::Duration};

const PATIENCE: Duration = Duration::from_secs(2);

pub async fn live() -> Response {
    answer::text("text/plain; charset=utf-8", "alive\n")
}

/// Ready when the database answers.
pub async fn ready(State(app): State<Arc<App>>, Extension(facts): Extension<Facts>) -> Response {
    match tokio::time::timeout(PATIENCE, app.pools.ping()).await {
        Ok(Ok(())) => answer::text("text/plain; charset=utf-8", "ready\n"),
        outcome => {
            if let Ok(Err(cause)) = outcome {
                tracing::warn!(error = ?cause.to_string(), "not ready");
            }
            let refusal =
                Refusal::new(ErrorCode::Unavailable, "The database does not answer.").retry_after(2);
            answer::refuse(&facts.id, refusal)
        }
    }
}

/// For those who reach the server itself, not for those who come through a proxy.
pub async fn metrics(
    State(app): State<Arc<App>>,
    Extension(facts): Extension<Facts>,
    headers: HeaderMap,
) -> Response {
    if app.serving.trust_proxy && headers.contains_key("x-forwarded-for") {
        return answer::not_found(Extension(facts)).await;
    }
    answer::text("text/plain; version=0.0.4; charset=utf-8", app.metrics.text(&app.pools))
}

pub async fn jwks(State(app): State<Arc<App>>, Extension(facts): Extension<Facts>) -> Response {
    match app.authn.keys.jwks().await {
        Ok(keys) => {
            let cache = [(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"))];
            (cache, answer::text("application/jwk-set+json; charset=utf-8", keys.to_string())).into_response()
        }
        Err(error) => answer::refuse(&facts.id, answer::refusal(error)),
    }
}
