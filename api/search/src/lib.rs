//! The embedded search index: relevance, facets, suggestions. One per server, fed from the change log.
//!
//! The database stays the truth: the index names projects, their rows are read through the door.

pub mod asked;
mod check;
mod document;
mod engine;
pub mod facets;
mod follow;
mod names;
pub mod words;

pub use check::{Check, Comparison, Eyes, Moment};
pub use document::stems;
pub use engine::{Engine, OrderBy, Question, Rank, Ranked, Wish};
pub use names::Names;

use door::{
    Error, Result,
    authz::{Pools, Store},
};
use gql::codes::ErrorCode;
use std::{
    path::Path,
    sync::{Arc, PoisonError, RwLock},
};

/// What a server searches in: the index in use, if one is, and names.
#[derive(Default)]
pub struct Live {
    engine: RwLock<Option<Arc<Engine>>>,
    names: Names,
}

impl Live {
    fn open(&self, engine: &Arc<Engine>) {
        *self.engine.write().unwrap_or_else(PoisonError::into_inner) = Some(engine.clone());
    }

    fn close(&self) {
        *self.engine.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn is_open(&self) -> bool {
        self.engine().is_some()
    }

    fn engine(&self) -> Option<Arc<Engine>> {
        self.engine.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Names of organizations.
    pub const fn names(&self) -> &Names {
        &self.names
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

fn being_built() -> Error {
    Error::Refused {
        code: ErrorCode::SearchUnavailable,
        message: "The search index is being built; lists without `search` and `facets` work.".to_owned(),
        retry_after: Some(5),
    }
}

/// The index, or `SEARCH_UNAVAILABLE` while it is being built.
pub fn engine(store: &Store) -> Result<Arc<Engine>> {
    store.kept::<Live>().and_then(|live| live.engine()).ok_or_else(being_built)
}

/// What the server searches in once its index is open, or `SEARCH_UNAVAILABLE` before.
pub fn live(store: &Store) -> Result<Arc<Live>> {
    store.kept::<Live>().filter(|live| live.is_open()).ok_or_else(being_built)
}
