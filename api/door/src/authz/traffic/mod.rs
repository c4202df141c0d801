//! What several servers on one database agree on: keys, limits, answers already given.
//!
//! These tables have no policy, because no viewer ever reads them: only the functions of this folder do. They hold
//! hashes, counts and public keys, never what somebody wrote.

mod answers;
mod bucket;
mod expiry;
mod keys;
mod throttle;

pub use bucket::{Bucket, Spent};

use super::{Clock, Pools};
use crate::{Error, Result};
use entity::traffic::shared_value;
use sea_orm::{EntityTrait, Set, sea_query::OnConflict};
use std::sync::Arc;

/// The shared tables, for the servers themselves. Cheap to clone.
///
/// Never call it while a [`super::Tx`] is open: on SQLite both want the one writer.
#[derive(Clone)]
pub struct Traffic {
    pools: Pools,
    clock: Clock,
    leases: Arc<bucket::Leases>,
}

impl Traffic {
    /// One per server: it remembers what it leased.
    pub fn new(pools: Pools, clock: Clock) -> Self {
        Self { pools, clock, leases: Arc::default() }
    }

    /// A value that all servers share: the first that asks makes it.
    pub async fn shared(&self, name: &str, make: impl FnOnce() -> Vec<u8>) -> Result<Vec<u8>> {
        if let Some(row) = shared_value::Entity::find_by_id(name).one(&self.pools.write).await? {
            return Ok(row.value);
        }
        let row = shared_value::ActiveModel { name: Set(name.to_owned()), value: Set(make()) };
        let made = OnConflict::column(shared_value::Column::Name).do_nothing().to_owned();
        shared_value::Entity::insert(row).on_conflict(made).exec_without_returning(&self.pools.write).await?;
        // Another may have been first: its value counts.
        let row = shared_value::Entity::find_by_id(name).one(&self.pools.write).await?;
        row.map(|row| row.value)
            .ok_or_else(|| Error::Internal(anyhow::anyhow!("shared value {name} vanished")))
    }
}
