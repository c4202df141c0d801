//! A GraphQL request's way: envelope, gate, viewer, budget, execution, answer.

use super::{
    App, address, answer, execute,
    frame::Facts,
    idempotency::{self, Keyed},
    metrics::Operation,
};
use crate::authz::{Bucket, RequestFacts, Spent, Store, Viewer};
use async_graphql::parser::types::OperationType;
use axum::{
    body::Body,
    extract::{Extension, Request, State},
    response::Response,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use futures_util::StreamExt;
use gql::{
    codes::ErrorCode,
    cost::Cost,
    gate::Admitted,
    http::{Answer, Media, Reply, decode, negotiate},
    refusal::Refusal,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts};
use sha2::{Digest, Sha256};
use std::{sync::Arc, time::Duration};

/// A body that takes longer is not being sent.
const BODY: Duration = Duration::from_secs(10);

/// Why a request was turned away, and what was known of it by then.
struct Turned {
    refusal: Refusal,
    cost: Option<Cost>,
    operation: Operation,
}

impl From<Refusal> for Box<Turned> {
    fn from(refusal: Refusal) -> Self {
        let operation = Operation { kind: "none", roots: "".into(), statements: 0 };
        Self::new(Turned { refusal, cost: None, operation })
    }
}

pub async fn graphql(
    State(app): State<Arc<App>>,
    Extension(facts): Extension<Facts>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let (media, outcome) = match negotiate(&parts.headers) {
        Ok(media) => (media, respond(&app, &facts, &parts, body, media).await),
        Err(refusal) => (Media::Json, Err(refusal.into())),
    };
    let (response, operation) = outcome.unwrap_or_else(|turned| {
        let Turned { refusal, cost, operation } = *turned;
        tracing::debug!(code = %refusal.code, "turned away");
        let reply = Reply { media, request_id: &facts.id, cost: cost.as_ref() };
        (reply.refuse(refusal).response, operation)
    });
    let mut response = answer::sent(response);
    response.extensions_mut().insert(operation);
    response
}

type Outcome = Result<(http::Response<Vec<u8>>, Operation), Box<Turned>>;

async fn respond(app: &Arc<App>, facts: &Facts, parts: &Parts, body: Body, media: Media) -> Outcome {
    let limits = app.gate.limits();
    let body = read(body, &parts.headers, limits.body_bytes).await?;
    let ask = decode(&parts.method, parts.uri.query(), &parts.headers, &body, limits)?;
    let keyed = Keyed::read(&parts.headers, &ask)?;
    let admitted = app.gate.admit(ask)?;
    let keyed = match keyed {
        Some(keyed) => keyed.for_mutation(&admitted)?,
        None => None,
    };
    let Admitted { request, kind, roots, cost, .. } = admitted;
    let mut operation = Operation { kind: kind_name(kind), roots: roots.join(",").into(), statements: 0 };
    let turned = |refusal: Refusal, operation: &Operation| {
        Box::new(Turned { refusal, cost: Some(cost.clone()), operation: operation.clone() })
    };
    let refused = |error: crate::Error, operation: &Operation| turned(answer::refusal(error), operation);

    let address = facts.address.map(|address| address.to_string());
    let known = RequestFacts {
        id: facts.id.clone(),
        address: address.clone(),
        user_agent: user_agent(&parts.headers),
        english: address::reads_english(&parts.headers),
        idempotency: None,
    };
    let viewer = app.authenticator.authenticate(&parts.headers, &known).await;
    let viewer = viewer.map_err(|error| refused(error, &operation))?;
    let spent = spend(app, &viewer, facts, &cost).await.map_err(|error| refused(error, &operation))?;
    if let Some((bucket, Spent { retry_after: Some(seconds), .. })) = spent {
        let refusal =
            Refusal::new(ErrorCode::RateLimited, "You spent your budget; wait, or ask for less at once.");
        let refusal = budget_headers(bucket, 0)
            .into_iter()
            .fold(refusal.retry_after(seconds), |refusal, (name, value)| refusal.header(name, value));
        return Err(turned(refusal, &operation));
    }
    let hashes = keyed.map(|keyed| keyed.hashes(&viewer, address.as_deref()));
    if let Some(hashes) = &hashes {
        let known = idempotency::look_up(app, hashes).await.map_err(|error| refused(error, &operation))?;
        if let Some(kept) = known.map_err(|refusal| turned(refusal, &operation))? {
            return Ok((idempotency::replayed(kept, media.header()), operation));
        }
    }

    let store = Store::new(
        app.pools.clone(),
        viewer,
        app.clock.clone(),
        RequestFacts { idempotency: hashes.clone(), ..known },
    );
    let outcome = execute::execute(app, store.clone(), request, kind, roots.len()).await;
    operation.statements = store.statements();
    let bucket = spent.map(|(bucket, spent)| (bucket, spent.available));
    let reply = Reply { media, request_id: &facts.id, cost: None };
    let Answer { mut response, hidden } = match outcome {
        Ok(response) => reply.respond(response.extension("cost", execute::cost(&cost, bucket))),
        Err(refusal) => Reply { cost: Some(&cost), ..reply }.refuse(refusal),
    };
    for fault in hidden {
        tracing::error!(path = ?fault.path, message = ?fault.message, "hidden from the client");
    }
    if let Some((bucket, available)) = bucket {
        response
            .headers_mut()
            .extend(budget_headers(bucket, available).map(|(name, value)| (Some(name), value)));
    }
    // A conflict is about another request's answer.
    if let Some((hash, _)) = hashes
        && response.status() != StatusCode::CONFLICT
    {
        idempotency::keep(app, &hash, &response).await;
    }
    Ok((response, operation))
}

const fn kind_name(kind: OperationType) -> &'static str {
    match kind {
        OperationType::Query => "query",
        OperationType::Mutation => "mutation",
        OperationType::Subscription => "subscription",
    }
}

/// Takes the operation's price from the budget of whoever asks: a user on all devices, else a household.
async fn spend(
    app: &App,
    viewer: &Viewer,
    facts: &Facts,
    cost: &Cost,
) -> crate::Result<Option<(Bucket, Spent)>> {
    let Some(bucket) = app.serving.bucket else { return Ok(None) };
    let key = match (viewer.user(), facts.address) {
        (Some(user), _) => format!("bucket:{user}"),
        (None, Some(address)) => {
            // An address is personal data: only its hash is kept.
            let hash = Sha256::digest(address::household(address));
            format!("bucket:{}", BASE64_URL_SAFE_NO_PAD.encode(hash))
        }
        (None, None) => "bucket:unknown".to_owned(),
    };
    Ok(Some((bucket, app.traffic.spend(&key, bucket, cost.requested).await?)))
}

/// `RateLimit` and its policy, as the IETF draft writes them: points, and seconds until the bucket is full.
fn budget_headers(bucket: Bucket, available: u64) -> [(HeaderName, HeaderValue); 2] {
    let Bucket { maximum, per_second } = bucket;
    let seconds = |points: u64| points.div_ceil(per_second.max(1));
    let missing = seconds(maximum.saturating_sub(available));
    let value = |text: String| HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""));
    [
        (
            HeaderName::from_static("ratelimit-policy"),
            value(format!("\"points\";q={maximum};w={}", seconds(maximum))),
        ),
        (HeaderName::from_static("ratelimit"), value(format!("\"points\";r={available};t={missing}"))),
    ]
}

fn user_agent(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::USER_AGENT)?.to_str().ok()?;
    Some(text.chars().take(300).collect())
}

/// The body, as far as it may go and as long as it may take.
async fn read(body: Body, headers: &HeaderMap, most: usize) -> Result<Vec<u8>, Refusal> {
    let close = |refusal: Refusal| refusal.header(header::CONNECTION, HeaderValue::from_static("close"));
    let too_large = || {
        let message = format!("The body has more than {most} bytes.");
        close(Refusal::new(ErrorCode::RequestTooLarge, message))
    };
    let announced =
        headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > most as u64) {
        return Err(too_large());
    }
    let gather = async {
        let mut bytes = Vec::new();
        let mut chunks = body.into_data_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk =
                chunk.map_err(|_| close(Refusal::new(ErrorCode::BadRequest, "The body broke off.")))?;
            if bytes.len() + chunk.len() > most {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    };
    tokio::time::timeout(BODY, gather).await.unwrap_or_else(|_| {
        let refusal = Refusal::new(ErrorCode::BadRequest, "The body took more than 10 seconds.");
        Err(close(refusal.status(StatusCode::REQUEST_TIMEOUT)))
    })
}
