//! A GraphQL request's way: envelope, gate, viewer, budget, execution, answer.

use super::{
    App, address, answer, execute,
    frame::Facts,
    idempotency::{self, Keyed},
    metrics::Operation,
};
use async_graphql::parser::types::OperationType;
use axum::{
    body::Body,
    extract::{Extension, Request, State},
    response::Response,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use door::authz::{Bucket, RequestFacts, Spent, Store, Viewer};
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
use tracing::Instrument;

/// A body that takes longer is not being sent.
const BODY: Duration = Duration::from_secs(10);
/// What is thrown away of a body that is too large, so that its sender comes to reading the answer.
const DRAINED: usize = 32 * 1024 * 1024;
const DRAIN: Duration = Duration::from_secs(3);

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
    // Only a mutation has a key to be bound to this.
    let asked = if ask.query.contains("mutation") { idempotency::digest_of(&ask) } else { Vec::new() };
    let Admitted { mut request, kind, roots, cost, .. } = app.gate.admit(ask)?;
    let keyed = Keyed::read(&parts.headers, &mut request, kind, &roots, &limits.once)?;
    let mut operation = Operation { kind: kind_name(kind), roots: roots.join(",").into(), statements: 0 };
    let turned = |refusal: Refusal| {
        Box::new(Turned { refusal, cost: Some(cost.clone()), operation: operation.clone() })
    };
    let refused = |error: door::Error| turned(answer::refusal(error));

    let mut known = known(facts, &parts.headers);
    let viewer = app.authn.authenticate(&parts.headers, &known).await.map_err(refused)?;
    let spent = spend(app, &viewer, facts, cost.requested).await.map_err(refused)?;
    if let Some(refusal) = overspent(spent) {
        return Err(turned(refusal));
    }
    if let Some(keyed) = keyed {
        let hashes = (keyed.hash(&viewer, known.address.as_deref()), asked);
        if let Some(kept) = idempotency::look_up(app, &hashes).await.map_err(refused)?.map_err(turned)? {
            return Ok((idempotency::replayed(kept, media.header()), operation));
        }
        known.idempotency = Some(hashes);
    }

    let bucket = spent.map(|(bucket, spent)| (bucket, spent.available));
    let store = Store::new(app.pools.clone(), viewer, app.clock.clone(), known);
    let run = Run { app: app.clone(), store: store.clone(), request, kind, roots, cost, bucket, media };
    let response = if kind == OperationType::Mutation {
        // A client that leaves must not leave half of it: the transaction, the letter, the kept answer.
        let run = tokio::spawn(run.finish().in_current_span());
        run.await.map_err(|cause| Box::<Turned>::from(answer::refusal(anyhow::Error::from(cause).into())))?
    } else {
        run.finish().await
    };
    operation.statements = store.statements();
    Ok((response, operation))
}

/// An operation that is going to run.
struct Run {
    app: Arc<App>,
    store: Store,
    request: async_graphql::Request,
    kind: OperationType,
    roots: Vec<String>,
    cost: Cost,
    bucket: Option<(Bucket, u64)>,
    media: Media,
}

impl Run {
    /// Runs it and writes the answer, which a key keeps.
    async fn finish(self) -> http::Response<Vec<u8>> {
        let Self { app, store, request, kind, roots, cost, bucket, media } = self;
        let outcome = execute::execute(&app, store.clone(), request, kind, &roots).await;
        let reply = Reply { media, request_id: &store.facts().id, cost: None };
        let Answer { mut response, hidden } = match outcome {
            Ok(response) => reply.respond(response.extension("cost", execute::cost(&cost, bucket))),
            Err(refusal) => Reply { cost: Some(&cost), ..reply }.refuse(refusal),
        };
        for fault in hidden {
            tracing::error!(path = ?fault.path, message = ?fault.message, "hidden from the client");
        }
        if let Some((bucket, available)) = bucket {
            let headers = budget_headers(bucket, available);
            response.headers_mut().extend(headers.map(|(name, value)| (Some(name), value)));
        }
        if let Some((hash, _)) = &store.facts().idempotency {
            idempotency::keep(&app, hash, &roots, &response).await;
        }
        response
    }
}

const fn kind_name(kind: OperationType) -> &'static str {
    match kind {
        OperationType::Query => "query",
        OperationType::Mutation => "mutation",
        OperationType::Subscription => "subscription",
    }
}

/// The database as the sender of these headers sees it, at a price: for what is asked outside of GraphQL.
pub async fn store(app: &App, facts: &Facts, headers: &HeaderMap, price: u64) -> Result<Store, Box<Refusal>> {
    let refused = |error: door::Error| Box::new(answer::refusal(error));
    let known = known(facts, headers);
    let viewer = app.authn.authenticate(headers, &known).await.map_err(refused)?;
    let spent = spend(app, &viewer, facts, price).await.map_err(refused)?;
    if let Some(refusal) = overspent(spent) {
        return Err(Box::new(refusal));
    }
    Ok(Store::new(app.pools.clone(), viewer, app.clock.clone(), known))
}

fn known(facts: &Facts, headers: &HeaderMap) -> RequestFacts {
    RequestFacts {
        id: facts.id.clone(),
        address: facts.address.map(|address| address.to_string()),
        user_agent: user_agent(headers),
        english: address::reads_english(headers),
        idempotency: None,
    }
}

fn overspent(spent: Option<(Bucket, Spent)>) -> Option<Refusal> {
    let Some((bucket, Spent { retry_after: Some(seconds), .. })) = spent else { return None };
    let message = "You spent your budget; wait, or ask for less at once.";
    let refusal = Refusal::new(ErrorCode::RateLimited, message).retry_after(seconds);
    Some(with_budget(refusal, bucket))
}

/// Takes the operation's price from the budget of whoever asks: a user on all devices, else a household.
async fn spend(
    app: &App,
    viewer: &Viewer,
    facts: &Facts,
    price: u64,
) -> door::Result<Option<(Bucket, Spent)>> {
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
    Ok(Some((bucket, app.traffic.spend(&key, bucket, price).await?)))
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

fn with_budget(refusal: Refusal, bucket: Bucket) -> Refusal {
    budget_headers(bucket, 0).into_iter().fold(refusal, |refusal, (name, value)| refusal.header(name, value))
}

fn user_agent(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::USER_AGENT)?.to_str().ok()?;
    Some(text.chars().take(300).collect())
}

/// The body, as far as it may go and as long as it may take.
async fn read(body: Body, headers: &HeaderMap, most: usize) -> Result<Vec<u8>, Refusal> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let mut rest = body.into_data_stream();
    let gathered = tokio::time::timeout(BODY, gather(&mut rest, announced, most)).await;
    let refusal = match gathered {
        Ok(Ok(bytes)) => return Ok(bytes),
        Ok(Err(refusal)) => refusal,
        Err(_) => Refusal::new(ErrorCode::BadRequest, "The body took more than 10 seconds.")
            .status(StatusCode::REQUEST_TIMEOUT),
    };
    // Who still sends would not hear us; who waits to be told to go on has not begun.
    if refusal.code == ErrorCode::RequestTooLarge && !headers.contains_key(header::EXPECT) {
        drain(&mut rest).await;
    }
    Err(refusal.header(header::CONNECTION, HeaderValue::from_static("close")))
}

/// Reads on for a while without keeping anything, so that the sender comes to reading the answer.
pub async fn drain(rest: &mut axum::body::BodyDataStream) {
    let mut left = DRAINED;
    let drain = async {
        while let Some(Ok(chunk)) = rest.next().await {
            left = left.saturating_sub(chunk.len());
            if left == 0 {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(DRAIN, drain).await;
}

async fn gather(
    rest: &mut axum::body::BodyDataStream,
    announced: Option<u64>,
    most: usize,
) -> Result<Vec<u8>, Refusal> {
    let too_large =
        || Refusal::new(ErrorCode::RequestTooLarge, format!("The body has more than {most} bytes."));
    if announced.is_some_and(|length| length > most as u64) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = rest.next().await {
        let chunk = chunk.map_err(|_| Refusal::new(ErrorCode::BadRequest, "The body broke off."))?;
        if bytes.len() + chunk.len() > most {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
