//! Waits that grow with each failure, for one account or one address, on all servers alike.
//!
//! A key is `<what>:<hash of whom>`. Nothing is locked for good: a day without failure forgets the count.

use super::Traffic;
use crate::{Result, authz::open::begin};
use entity::{At, traffic::throttle};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{CaseStatement, Expr, ExprTrait, InsertStatement, OnConflict, Query, SimpleExpr},
};

/// A key without failures for so long starts anew.
pub(super) const FORGETS: i64 = At::DAY;

impl Traffic {
    /// Until when the most blocked of these keys has to wait, if any has. One statement.
    pub async fn waits(&self, keys: &[String]) -> Result<Option<At>> {
        let latest: Option<Option<At>> = throttle::Entity::find()
            .select_only()
            .expr(throttle::Column::BlockedUntil.max())
            .filter(throttle::Column::Key.is_in(keys))
            .filter(throttle::Column::BlockedUntil.gt(self.clock.now()))
            .into_tuple()
            .one(&self.pools.read)
            .await?;
        Ok(latest.flatten())
    }

    /// Counts a failure and blocks the key for `growth(failures so far)` microseconds; returns until when.
    pub async fn failed(&self, key: &str, growth: fn(i64) -> i64) -> Result<At> {
        let now = self.clock.now();
        Ok(self.count(count_once(key, now, None), key, now, growth).await?.unwrap_or(now))
    }

    /// Counts a try as a failure before it is made, unless the key is blocked: then it returns until when.
    ///
    /// Tries of one moment are told apart by the database, so that a hundred of them are not one. Call
    /// [`Traffic::cleared`] when the try was good.
    pub async fn tries(&self, key: &str, growth: fn(i64) -> i64) -> Result<Option<At>> {
        let now = self.clock.now();
        let free = Expr::col((throttle::Entity, throttle::Column::BlockedUntil)).lte(now);
        if self.count(count_once(key, now, Some(free)), key, now, growth).await?.is_some() {
            return Ok(None);
        }
        // Cleared in between: then nobody is to wait.
        self.waits(&[key.to_owned()]).await
    }

    /// Forgets the failures of a key: its owner came in.
    pub async fn cleared(&self, key: &str) -> Result<()> {
        throttle::Entity::delete_by_id(key).exec(&self.pools.write).await?;
        Ok(())
    }

    /// The counting statement locks the row until the wait it leads to is written.
    async fn count(
        &self,
        statement: InsertStatement,
        key: &str,
        now: At,
        growth: fn(i64) -> i64,
    ) -> Result<Option<At>> {
        let transaction = begin(&self.pools.write).await?;
        let Some(row) = transaction.query_one(&statement).await? else {
            transaction.rollback().await?;
            return Ok(None);
        };
        let until = now.plus(Ord::max(growth(row.try_get("", "count")?), 0));
        throttle::Entity::update_many()
            .col_expr(throttle::Column::BlockedUntil, Expr::val(until))
            .filter(throttle::Column::Key.eq(key))
            .exec(&transaction)
            .await?;
        transaction.commit().await?;
        Ok(Some(until))
    }
}

/// `insert … on conflict … [where condition] returning count`
fn count_once(key: &str, now: At, condition: Option<SimpleExpr>) -> InsertStatement {
    let column = |column| Expr::col((throttle::Entity, column));
    let next = CaseStatement::new()
        .case(column(throttle::Column::UpdatedAt).lt(now.plus(-FORGETS)), 1)
        .finally(column(throttle::Column::Count).add(1));
    let mut again = OnConflict::column(throttle::Column::Key)
        .value(throttle::Column::Count, next)
        .value(throttle::Column::UpdatedAt, Expr::val(now))
        .to_owned();
    if let Some(condition) = condition {
        again.action_and_where(condition);
    }
    Query::insert()
        .into_table(throttle::Entity)
        .columns([
            throttle::Column::Key,
            throttle::Column::Count,
            throttle::Column::BlockedUntil,
            throttle::Column::UpdatedAt,
        ])
        .values_panic([key.into(), 1_i64.into(), now.into(), now.into()])
        .on_conflict(again)
        .returning_col(throttle::Column::Count)
        .to_owned()
}
