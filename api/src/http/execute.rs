//! Runs an admitted operation: for ten seconds, in rounds, and without letting a panic out.

use super::{App, answer};
use crate::{
    authz::{Batched, Store},
    schema::describe_schema,
};
use async_graphql::{
    Name, Request, Response, Value, indexmap::IndexMap, parser::types::OperationType, value,
};
use futures_util::FutureExt;
use gql::{codes::ErrorCode, refusal::Refusal};
use std::{panic::AssertUnwindSafe, time::Duration};

const BUDGET: Duration = Duration::from_secs(10);

/// Codes that, given to a field, are the whole answer: nothing of use came with them.
const WHOLE: [ErrorCode; 4] =
    [ErrorCode::Unavailable, ErrorCode::Timeout, ErrorCode::IdempotencyConflict, ErrorCode::RateLimited];

/// The library's answer, with what the viewer was not shown; or why there is none.
pub async fn execute(
    app: &App,
    store: Store,
    request: Request,
    kind: OperationType,
    roots: &[String],
) -> Result<Response, Refusal> {
    let mut response = run(app, store.clone(), request).await?;
    if roots.iter().any(|root| root == "__schema") {
        describe_schema(&mut response.data);
    }
    store.record_intrusions().await.map_err(answer::refusal)?;
    match whole(&response) {
        Some(refusal) if kind == OperationType::Query || roots.len() <= 1 => Err(refusal),
        _ => Ok(match store.withheld().extension() {
            Some(withheld) => response.extension("withheld", withheld),
            None => response,
        }),
    }
}

async fn run(app: &App, store: Store, request: Request) -> Result<Response, Refusal> {
    let execution =
        Batched::new(store.clone(), app.schema.execute(request.data(store).data(app.authn.clone())));
    match AssertUnwindSafe(tokio::time::timeout(BUDGET, execution)).catch_unwind().await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(_)) => {
            let message = "The answer was not ready within 10 seconds; ask for less, or page.";
            Err(Refusal::new(ErrorCode::Timeout, message))
        }
        Err(panic) => {
            let words = panic.downcast_ref::<&str>().copied().map(str::to_owned);
            let words = words.or_else(|| panic.downcast_ref::<String>().cloned());
            tracing::error!(panic = ?words.unwrap_or_default(), "a resolver panicked");
            Err(answer::internal())
        }
    }
}

fn whole(response: &Response) -> Option<Refusal> {
    response.errors.iter().find_map(|error| {
        let extensions = error.extensions.as_ref()?;
        let Some(Value::String(code)) = extensions.get("code") else { return None };
        let code = ErrorCode::named(code)?;
        // Without its index a server still tells everything else.
        let is_whole =
            WHOLE.contains(&code) || (code == ErrorCode::SearchUnavailable && is_empty(&response.data));
        if !is_whole {
            return None;
        }
        let refusal = Refusal::new(code, error.message.clone());
        match extensions.get("retryAfter") {
            Some(Value::Number(seconds)) => Some(refusal.retry_after(seconds.as_u64().unwrap_or(1))),
            _ => Some(refusal),
        }
    })
}

fn is_empty(answered: &Value) -> bool {
    match answered {
        Value::Object(fields) => fields.values().all(|field| *field == Value::Null),
        other => *other == Value::Null,
    }
}

/// `extensions.cost`, with the bucket it was taken from.
pub fn cost(cost: &gql::cost::Cost, bucket: Option<(crate::authz::Bucket, u64)>) -> Value {
    let mut told = match cost.to_value() {
        Value::Object(told) => told,
        _ => IndexMap::new(),
    };
    if let Some((bucket, available)) = bucket {
        let (maximum, per_second) = (bucket.maximum, bucket.per_second);
        let bucket = value!({ "available": available, "maximum": maximum, "restorePerSecond": per_second });
        told.insert(Name::new("bucket"), bucket);
    }
    Value::Object(told)
}
