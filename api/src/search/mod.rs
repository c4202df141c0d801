//! The embedded search index: relevance, facets, suggestions. One per server, fed from the change log.
//!
//! The database stays the truth: the index names projects, their rows are read through the door.

mod check;
mod document;
mod engine;
pub mod facets;
mod follow;

pub use check::{Check, Eyes};
pub use document::stems;
pub use engine::{Engine, OrderBy, Question, Rank, Ranked, Wish};

use crate::{
    Error, Result,
    authz::{Pools, Store},
};
use gql::codes::ErrorCode;
use std::{
    path::Path,
    sync::{Arc, PoisonError, RwLock},
};

/// The index in use, if one is.
#[derive(Default)]
pub struct Live(RwLock<Option<Arc<Engine>>>);

impl Live {
    fn open(&self, engine: &Arc<Engine>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(engine.clone());
    }

    fn close(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Opens the index in the data directory, or builds it, and keeps it in step until the task is ended.
pub fn start(pools: &Pools, data_dir: &Path) -> Result<tokio::task::JoinHandle<()>> {
    let dir = data_dir.join("search");
    std::fs::create_dir_all(&dir).map_err(anyhow::Error::from)?;
    let live = Arc::new(Live::default());
    pools.shared().keep(live.clone());
    Ok(tokio::spawn(follow::follow(pools.clone(), dir, live)))
}

/// Builds the index again; a running server notices and changes over.
pub async fn rebuild(pools: &Pools, data_dir: &Path) -> Result<()> {
    follow::rebuild(pools, &data_dir.join("search")).await
}

/// The index, or `SEARCH_UNAVAILABLE` while it is being built.
pub fn engine(store: &Store) -> Result<Arc<Engine>> {
    let live = store.kept::<Live>();
    let engine = live.and_then(|live| live.0.read().unwrap_or_else(PoisonError::into_inner).clone());
    engine.ok_or_else(|| Error::Refused {
        code: ErrorCode::SearchUnavailable,
        message: "The search index is being built; lists without `search` and `facets` work.".to_owned(),
        retry_after: Some(5),
    })
}
