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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authz::{Pending, Place};
    use entity::At;

    /// A fresh SQLite file, and its directory to remove.
    async fn scratch() -> (Pools, std::path::PathBuf) {
        let dir = std::env::temp_dir().join(format!("impact-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir_all(&dir).expect("a directory");
        let place = Place::of(None, &dir).expect("a file");
        (Pools::open(&place, 2, Pending::Apply).await.expect("a database"), dir)
    }

    fn growth(failures: i64) -> i64 {
        if failures < 3 { 0 } else { failures * At::MINUTE }
    }

    #[tokio::test]
    async fn waits_grow_and_end() {
        let (pools, dir) = scratch().await;
        let clock = Clock::default();
        let traffic = Traffic::new(pools, clock.clone());
        let key = "login:a".to_owned();
        for _ in 0..2 {
            traffic.failed(&key, growth).await.expect("counted");
        }
        assert_eq!(traffic.waits(std::slice::from_ref(&key)).await.expect("asked"), None);
        let until = traffic.failed(&key, growth).await.expect("counted");
        assert_eq!(traffic.waits(&["other".to_owned(), key.clone()]).await.expect("asked"), Some(until));
        assert_eq!(
            traffic.tries(&key, growth).await.expect("tried"),
            Some(until),
            "a blocked try is not counted"
        );
        clock.advance(3 * At::MINUTE);
        assert_eq!(traffic.tries(&key, growth).await.expect("tried"), None);
        let blocked = traffic.waits(std::slice::from_ref(&key)).await.expect("asked").expect("blocked again");
        assert!(blocked > clock.now().plus(3 * At::MINUTE), "the fourth failure waits longer");
        traffic.cleared(&key).await.expect("cleared");
        assert_eq!(traffic.waits(std::slice::from_ref(&key)).await.expect("asked"), None);
        assert!(traffic.failed(&key, growth).await.expect("counted") <= clock.now(), "the count began anew");
        clock.advance(2 * At::DAY);
        assert_eq!(traffic.expire().await.expect("swept"), 1);
        std::fs::remove_dir_all(dir).expect("removed");
    }

    #[tokio::test]
    async fn two_servers_share_one_budget() {
        let (pools, dir) = scratch().await;
        let clock = Clock::default();
        let servers = [Traffic::new(pools.clone(), clock.clone()), Traffic::new(pools, clock.clone())];
        let bucket = Bucket { maximum: 4_000, per_second: 1 };
        let mut spent = 0;
        for turn in 0..1_000 {
            let outcome = servers[turn % 2].spend("actor", bucket, 10).await.expect("asked");
            spent += if outcome.retry_after.is_none() { 10 } else { 0 };
        }
        assert!((3_600..=4_400).contains(&spent), "{spent} of 4000");
        let outcome = servers[0].spend("actor", bucket, 10).await.expect("asked");
        let wait = outcome.retry_after.expect("nothing is left");
        assert!((1..=11).contains(&wait), "{wait}");
        clock.advance(i64::try_from(wait).expect("seconds") * At::SECOND);
        assert_eq!(servers[0].spend("actor", bucket, 10).await.expect("asked").retry_after, None);
        assert_eq!(servers[0].spend("another", bucket, 10).await.expect("asked").retry_after, None);
        std::fs::remove_dir_all(dir).expect("removed");
    }

    #[tokio::test]
    async fn keys_and_secrets_are_shared() {
        let (pools, dir) = scratch().await;
        let clock = Clock::default();
        let traffic = Traffic::new(pools, clock.clone());
        let made = traffic.shared("secret", || vec![1]).await.expect("made");
        assert_eq!(traffic.shared("secret", || vec![2]).await.expect("found"), made);
        for _ in 0..2 {
            traffic.publish_key("k1", &[7; 32]).await.expect("published");
        }
        traffic.publish_key("k2", &[8; 32]).await.expect("published");
        traffic.retire_key("k1", clock.now().plus(At::HOUR)).await.expect("retired");
        assert_eq!(traffic.verifying_keys().await.expect("listed").len(), 2);
        clock.advance(At::HOUR);
        let left = traffic.verifying_keys().await.expect("listed");
        assert_eq!(left.iter().map(|key| key.kid.as_str()).collect::<Vec<_>>(), ["k2"]);
        std::fs::remove_dir_all(dir).expect("removed");
    }
}
