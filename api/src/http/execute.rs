//! Runs an admitted operation: for ten seconds, in rounds, and without letting a panic out.

use super::{App, answer};
use async_graphql::{
    Name, Request, Response, Value, indexmap::IndexMap, parser::types::OperationType, value,
};
use door::authz::{Batched, Store};
use futures_util::FutureExt;
use gql::{codes::ErrorCode, refusal::Refusal};
use network::schema::describe_schema;
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
    let request = request.data(store.clone()).data(app.authn.clone());
    guarded(Batched::new(store, app.schema.execute(request))).await
}

/// Waits for as long as the budget lasts, and lets no panic out.
async fn guarded<T>(execution: impl Future<Output = T>) -> Result<T, Refusal> {
    match AssertUnwindSafe(tokio::time::timeout(BUDGET, execution)).catch_unwind().await {
        Ok(Ok(outcome)) => Ok(outcome),
        Ok(Err(_)) => {
            let message = "The answer was not ready within 10 seconds; ask for less, or page.";
            Err(Refusal::new(ErrorCode::Timeout, message))
        }
        Err(panic) => {
            tracing::error!(panic = ?answer::words(&*panic), "a resolver panicked");
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
pub fn cost(cost: &gql::cost::Cost, bucket: Option<(door::authz::Bucket, u64)>) -> Value {
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

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::{Instant, sleep};

    #[tokio::test(start_paused = true)]
    async fn an_answer_has_ten_seconds() {
        let began = Instant::now();
        let refusal = guarded(std::future::pending::<()>()).await.unwrap_err();
        assert_eq!((refusal.code, began.elapsed().as_secs()), (ErrorCode::Timeout, 10));
        assert!(guarded(sleep(Duration::from_millis(9_900))).await.is_ok());
    }

    #[tokio::test]
    async fn a_panic_becomes_an_answer_that_tells_nothing() {
        let refusal = guarded(async { panic!("innards") as () }).await.unwrap_err();
        assert_eq!(refusal.code, ErrorCode::Internal);
        assert!(!refusal.message.contains("innards"), "{}", refusal.message);
    }
}
