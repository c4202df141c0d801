//! The front door: routes, and what every answer has in common.

mod address;
mod answer;
mod documents;
mod download;
mod execute;
mod frame;
mod graphql;
mod idempotency;
pub mod metrics;
mod page;
mod probes;

use crate::config::Serving;
use authn::Authenticator;
use axum::{
    Router, middleware,
    routing::{any, get, post},
};
use door::{
    Result,
    authz::{Clock, Pools, Traffic},
};
use gql::gate::Gate;
use network::schema::{Schema, published, schema};
use std::sync::Arc;

/// Everything a request may need.
pub struct App {
    pub pools: Pools,
    pub traffic: Traffic,
    pub clock: Clock,
    pub authn: Authenticator,
    pub serving: Serving,
    pub metrics: metrics::Metrics,
    schema: Schema,
    gate: Gate,
    /// Text of `/schema.graphql`.
    published: String,
}

impl App {
    /// One per server. Prices and limits are worked out here, once.
    pub fn new(
        pools: Pools,
        traffic: Traffic,
        clock: Clock,
        authn: Authenticator,
        serving: Serving,
    ) -> Result<Arc<Self>> {
        let schema = schema();
        let metrics = metrics::Metrics::default();
        let (gate, published) = (network::schema::gate(&schema)?, published()?);
        Ok(Arc::new(Self { pools, traffic, clock, authn, serving, metrics, schema, gate, published }))
    }
}

/// All routes, framed.
pub fn router(app: Arc<App>) -> Router {
    let only = answer::method_not_allowed;
    Router::new()
        .route("/graphql", any(graphql::graphql))
        .route("/schema.graphql", get(page::schema).fallback(only))
        .route("/forest-plot.svg", get(download::forest_plot).fallback(only))
        .route("/theories-of-change/{id}", get(download::theory).fallback(only))
        .route("/projects/{id}/measurements.csv", get(download::measurements).fallback(only))
        .route("/claims/{id}/documents", post(documents::add).fallback(answer::only_post))
        .route("/evidence-documents/{id}", get(documents::get).fallback(only))
        .route("/livez", get(probes::live).fallback(only))
        .route("/readyz", get(probes::ready).fallback(only))
        .route("/metrics", get(probes::metrics).fallback(only))
        .route("/.well-known/jwks.json", get(probes::jwks).fallback(only))
        .route("/", get(page::index).fallback(only))
        .route("/ide/{*path}", get(page::asset).fallback(only))
        .fallback(answer::not_found)
        .layer(middleware::from_fn_with_state(app.clone(), frame::frame))
        .with_state(app)
}
