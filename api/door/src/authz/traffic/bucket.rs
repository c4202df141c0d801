//! One budget per actor over all servers, without a statement per request.
//!
//! The row keeps one instant: when the bucket would be full again (`blocked_until`). Taking points moves it forward.
//! A server leases a fortieth of the bucket at a time and spends it from memory, so that two servers are wrong by five
//! percent at most, and a request seldom asks the database.

use super::Traffic;
use crate::Result;
use entity::{At, traffic::throttle};
use sea_orm::{
    ConnectionTrait, EntityTrait,
    sea_query::{CaseStatement, Expr, ExprTrait, InsertStatement, OnConflict, Query},
};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Leases of a bucket.
const SHARES: u64 = 40;
/// Actors remembered before those whose buckets are full again are forgotten.
const REMEMBERED: usize = 10_000;

/// How much an actor may spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Points in a full bucket.
    pub maximum: u64,
    /// Points that come back each second.
    pub per_second: u64,
}

impl Bucket {
    /// Microseconds in which so many points come back.
    fn restores(self, points: u64) -> i64 {
        let micros = u128::from(points) * 1_000_000 / u128::from(Ord::max(self.per_second, 1));
        i64::try_from(micros).unwrap_or(i64::MAX)
    }

    fn points(self, micros: i64) -> u64 {
        let points = u128::from(Ord::max(micros, 0).unsigned_abs()) * u128::from(self.per_second) / 1_000_000;
        u64::try_from(points).unwrap_or(u64::MAX)
    }
}

/// What became of a request to spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent {
    /// Points left, as far as this server knows.
    pub available: u64,
    /// Seconds to wait; none when the points were spent.
    pub retry_after: Option<u64>,
}

#[derive(Default)]
pub(super) struct Leases(Mutex<HashMap<String, Lease>>);

/// What this server holds of one bucket, and when that bucket is full again.
#[derive(Clone, Copy)]
struct Lease {
    left: u64,
    full_at: At,
}

impl Leases {
    fn held(&self) -> MutexGuard<'_, HashMap<String, Lease>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Traffic {
    /// Spends points of an actor's bucket, or says how long to wait.
    pub async fn spend(&self, key: &str, bucket: Bucket, points: u64) -> Result<Spent> {
        let now = self.clock.now();
        if let Some(spent) = self.spend_lease(key, bucket, points, now) {
            return Ok(spent);
        }
        // Near the end of the bucket a whole lease is too much, but the request itself may fit.
        let whole = Ord::max(points, bucket.maximum / SHARES);
        for leased in [whole, points] {
            if let Some(full_at) = self.lease(key, bucket, leased, now).await? {
                let mut held = self.leases.held();
                let lease = held.entry(key.to_owned()).or_insert(Lease { left: 0, full_at });
                lease.left = lease.left.saturating_add(leased).saturating_sub(points);
                lease.full_at = full_at;
                return Ok(Spent { available: available(*lease, bucket, now), retry_after: None });
            }
            if leased == points {
                break;
            }
        }
        let row = throttle::Entity::find_by_id(key).one(&self.pools.read).await?;
        let full_at = row.map_or(now, |row| row.blocked_until);
        let mut held = self.leases.held();
        let lease = held.entry(key.to_owned()).or_insert(Lease { left: 0, full_at });
        lease.full_at = full_at;
        Ok(Spent {
            available: available(*lease, bucket, now),
            retry_after: Some(wait(*lease, bucket, points, now)),
        })
    }

    /// Without the database: what is leased, or what is known to be spent.
    fn spend_lease(&self, key: &str, bucket: Bucket, points: u64, now: At) -> Option<Spent> {
        let mut held = self.leases.held();
        if held.len() > REMEMBERED {
            held.retain(|_, lease| lease.full_at > now);
        }
        let lease = held.get_mut(key)?;
        if lease.left >= points {
            lease.left -= points;
            return Some(Spent { available: available(*lease, bucket, now), retry_after: None });
        }
        let wait = wait(*lease, bucket, points, now);
        (wait > 0).then(|| Spent { available: available(*lease, bucket, now), retry_after: Some(wait) })
    }

    /// Takes points from the shared bucket; returns when it is full again, or nothing if it has too few.
    async fn lease(&self, key: &str, bucket: Bucket, points: u64, now: At) -> Result<Option<At>> {
        let row = self.pools.write.query_one(&take(key, bucket, points, now)).await?;
        Ok(row.map(|row| row.try_get("", "blocked_until")).transpose()?)
    }
}

fn available(lease: Lease, bucket: Bucket, now: At) -> u64 {
    let owed = bucket.points(lease.full_at.0.saturating_sub(now.0));
    // A lease outlives the moment when the bucket is full again.
    Ord::min(bucket.maximum.saturating_sub(owed).saturating_add(lease.left), bucket.maximum)
}

/// Seconds until so many points are there, rounded up; none if they should be there now.
fn wait(lease: Lease, bucket: Bucket, points: u64, now: At) -> u64 {
    let room = bucket.restores(bucket.maximum.saturating_sub(points));
    let micros = lease.full_at.0.saturating_sub(now.0).saturating_sub(room);
    u64::try_from(micros).unwrap_or(0).div_ceil(1_000_000)
}

/// `insert … on conflict do update … where the points are there returning blocked_until`
fn take(key: &str, bucket: Bucket, points: u64, now: At) -> InsertStatement {
    let column = |column| Expr::col((throttle::Entity, column));
    let cost = bucket.restores(points);
    let later = CaseStatement::new()
        .case(column(throttle::Column::BlockedUntil).gt(now), column(throttle::Column::BlockedUntil))
        .finally(now);
    let room = now.plus(bucket.restores(bucket.maximum.saturating_sub(points)));
    let again = OnConflict::column(throttle::Column::Key)
        .value(throttle::Column::BlockedUntil, Expr::expr(later).add(cost))
        .value(
            throttle::Column::Count,
            column(throttle::Column::Count).add(i64::try_from(points).unwrap_or(i64::MAX)),
        )
        .value(throttle::Column::UpdatedAt, Expr::val(now))
        .action_and_where(column(throttle::Column::BlockedUntil).lte(room))
        .to_owned();
    Query::insert()
        .into_table(throttle::Entity)
        .columns([
            throttle::Column::Key,
            throttle::Column::Count,
            throttle::Column::BlockedUntil,
            throttle::Column::UpdatedAt,
        ])
        .values_panic([
            key.into(),
            i64::try_from(points).unwrap_or(i64::MAX).into(),
            now.plus(cost).into(),
            now.into(),
        ])
        .on_conflict(again)
        .returning_col(throttle::Column::BlockedUntil)
        .to_owned()
}
