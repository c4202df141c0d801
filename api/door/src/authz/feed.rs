//! The change log in the order of commits, for whoever follows it: search now, alerts and webhooks later.
//!
//! On PostgreSQL a sequence number is taken before the commit, so that two writers could commit in the other order and
//! a reader between them would miss one for good. Writers therefore take their numbers in turn, holding a lock from
//! there to the commit. SQLite has one writer anyway.

use super::Pools;
use crate::Result;
use entity::audit::change;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, Set, sqlx::postgres::PgListener,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use tokio::sync::watch;

/// Lock of those who write to the log (`changes` in ASCII), and the channel on which they say so.
const TURN: i64 = 0x63_6861_6e67_6573;
const CHANNEL: &str = "impact_change";

/// Subject of a line that says that anything may have changed.
pub const EVERYTHING: &str = "*";

/// Waits for one's turn to write to the log, and announces the line to other servers once it is committed.
pub(super) async fn in_turn(tx: &DatabaseTransaction) -> Result<()> {
    if tx.get_database_backend() == DbBackend::Postgres {
        let sql = format!("select pg_advisory_xact_lock({TURN}), pg_notify('{CHANNEL}', '')");
        tx.execute_unprepared(&sql).await?;
    }
    Ok(())
}

/// Says that anything may have changed.
pub(super) async fn announce_everything(tx: &DatabaseTransaction) -> Result<()> {
    in_turn(tx).await?;
    let line = change::ActiveModel {
        at: Set(super::Clock::default().now()),
        subject: Set(EVERYTHING.to_owned()),
        kind: Set("UPDATED".to_owned()),
        ..Default::default()
    };
    change::Entity::insert(line).exec_without_returning(tx).await?;
    Ok(())
}

/// A place in the log: a line by its number, and what tells it from another log's line of that number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub seq: i64,
    at: i64,
    subject: String,
}

impl Line {
    pub fn of(line: &change::Model) -> Self {
        Self { seq: line.seq, at: line.at.0, subject: line.subject.clone() }
    }
}

/// One reader of the log.
pub struct Feed {
    pools: Pools,
    bell: watch::Receiver<u64>,
    listener: Option<PgListener>,
}

/// Longest wait between two looks: what comes through when nobody rings.
const PATIENCE: Duration = Duration::from_millis(500);

impl Feed {
    /// Listens where it can; where it cannot, it looks again and again.
    pub async fn of(pools: &Pools) -> Self {
        let mut feed = Self { pools: pools.clone(), bell: pools.shared().bell(), listener: None };
        feed.listen().await;
        feed
    }

    async fn listen(&mut self) {
        if self.pools.read.get_database_backend() != DbBackend::Postgres {
            return;
        }
        let pool = self.pools.read.get_postgres_connection_pool();
        let Ok(mut listener) = PgListener::connect_with(pool).await else { return };
        if listener.listen(CHANNEL).await.is_ok() {
            self.listener = Some(listener);
        }
    }

    /// Lines after this one, oldest first; at most `most`.
    pub async fn after(&self, seq: i64, most: u64) -> Result<Vec<change::Model>> {
        let lines = change::Entity::find()
            .filter(change::Column::Seq.gt(seq))
            .order_by_asc(change::Column::Seq)
            .limit(most);
        Ok(lines.all(&self.pools.read).await?)
    }

    /// The newest line.
    pub async fn newest(&self) -> Result<Line> {
        let last = change::Entity::find().order_by_desc(change::Column::Seq).one(&self.pools.read).await?;
        Ok(last.as_ref().map(Line::of).unwrap_or_default())
    }

    /// Whether this log has that line: a log restored from a copy may have another there, or none yet.
    pub async fn has(&self, line: &Line) -> Result<bool> {
        if line.seq == 0 {
            return Ok(true);
        }
        let found = change::Entity::find_by_id(line.seq).one(&self.pools.read).await?;
        Ok(found.as_ref().map(Line::of).as_ref() == Some(line))
    }

    /// Until a commit here, word of one elsewhere, or patience runs out.
    pub async fn wait(&mut self) {
        let Some(listener) = &mut self.listener else {
            let _ = tokio::time::timeout(PATIENCE, self.bell.changed()).await;
            return;
        };
        let is_deaf = tokio::select! {
            _ = self.bell.changed() => false,
            word = listener.recv() => word.is_err(),
            () = tokio::time::sleep(PATIENCE) => false,
        };
        if is_deaf {
            self.listener = None;
            tokio::time::sleep(PATIENCE).await;
            self.listen().await;
        }
    }
}
