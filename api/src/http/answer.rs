//! Answers outside of GraphQL, refusals above all: the same JSON, whatever went wrong.

use super::frame::Facts;
use axum::{
    body::Body,
    extract::Extension,
    response::{IntoResponse, Response},
};
use door::Error;
use gql::{
    codes::ErrorCode,
    http::{Media, Reply},
    refusal::Refusal,
};
use http::{HeaderValue, StatusCode, header};
use std::any::Any;

pub fn sent(response: http::Response<Vec<u8>>) -> Response {
    response.map(Body::from)
}

/// A refusal in plain JSON.
pub fn refuse(request_id: &str, refusal: Refusal) -> Response {
    sent(Reply { media: Media::Json, request_id, cost: None }.refuse(refusal).response)
}

pub async fn not_found(Extension(facts): Extension<Facts>) -> Response {
    let message = "There is nothing here; the API is at /graphql.";
    refuse(&facts.id, Refusal::new(ErrorCode::NotFound, message))
}

pub async fn method_not_allowed(Extension(facts): Extension<Facts>) -> Response {
    let refusal = Refusal::new(ErrorCode::BadRequest, "Ask with GET.")
        .status(StatusCode::METHOD_NOT_ALLOWED)
        .header(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    refuse(&facts.id, refusal)
}

pub async fn only_post(Extension(facts): Extension<Facts>) -> Response {
    let refusal = Refusal::new(ErrorCode::BadRequest, "Send it with POST.")
        .status(StatusCode::METHOD_NOT_ALLOWED)
        .header(header::ALLOW, HeaderValue::from_static("POST"));
    refuse(&facts.id, refusal)
}

/// An error before anything ran, as a refusal; internal causes go to the log.
pub fn refusal(error: Error) -> Refusal {
    match error {
        Error::Refused { code, message, retry_after } => {
            let refusal = Refusal::new(code, message);
            match retry_after {
                Some(seconds) => refusal.retry_after(seconds),
                None => refusal,
            }
        }
        Error::Mend(_) => Refusal::new(ErrorCode::BadUserInput, error.to_string()),
        Error::Internal(cause) => {
            tracing::error!(error = ?format!("{cause:#}"), "internal error");
            internal()
        }
    }
}

/// What a panic said, for the log.
pub fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or_default()
}

pub fn internal() -> Refusal {
    Refusal::new(
        ErrorCode::Internal,
        "Something went wrong on our side. Quote the requestId when you report it.",
    )
}

/// Text of a known kind.
pub fn text(kind: &'static str, body: impl Into<Body>) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], body.into()).into_response()
}
