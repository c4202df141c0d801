//! What several servers on one database agree on: keys, limits, answers already given.
//!
//! These tables have no policy, because no viewer ever reads them: only the functions of this folder do. They hold
//! hashes, counts and public keys, never what somebody wrote.

mod keys;
mod throttle;

use super::{Clock, Pools};
use sea_orm::{DatabaseTransaction, DbBackend, DbErr, SqliteTransactionMode, TransactionOptions, TransactionTrait};

/// The shared tables, for the servers themselves. Cheap to clone.
#[derive(Clone)]
pub struct Traffic {
    pools: Pools,
    clock: Clock,
}

impl Traffic {
    pub const fn new(pools: Pools, clock: Clock) -> Self {
        Self { pools, clock }
    }

    /// On SQLite a writer is a writer from the start, or it would fail when it becomes one.
    async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let write = &self.pools.write;
        if write.get_database_backend() != DbBackend::Sqlite {
            return write.begin().await;
        }
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        write.begin_with_options(options).await
    }
}
