//! A server's worth of sign-in on a throw-away database, for the tests of this folder.

use super::keys::Keys;
use crate::authz::{Clock, Pending, Place, Pools, Traffic};
use sea_orm::{ConnectionTrait, Database};
use std::path::PathBuf;

pub struct Scratch {
    pub dir: PathBuf,
    pub pools: Pools,
    pub clock: Clock,
    pub traffic: Traffic,
    pub keys: Keys,
}

impl Scratch {
    pub async fn new() -> Self {
        let dir = std::env::temp_dir().join(format!("impact-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir_all(&dir).unwrap();
        let url = postgres().await;
        let pools = Pools::open(&Place::of(url.as_deref(), &dir).unwrap(), 10, Pending::Apply).await.unwrap();
        let clock = Clock::default();
        let traffic = Traffic::new(pools.clone(), clock.clone());
        let keys = Keys::open(&dir, traffic.clone()).await.unwrap();
        Self { dir, pools, clock, traffic, keys }
    }

    /// Keys of a second server on the same database, with a data directory of its own.
    pub async fn another_server(&self) -> Keys {
        let traffic = Traffic::new(self.pools.clone(), self.clock.clone());
        Keys::open(&self.dir.join("another"), traffic).await.unwrap()
    }
}

/// A fresh database on `TEST_POSTGRES_URL`, the URL of a server; without it the tests run on SQLite.
async fn postgres() -> Option<String> {
    let server = std::env::var("TEST_POSTGRES_URL").ok()?;
    let name = format!("impact_{}", uuid::Uuid::now_v7().simple());
    let admin = Database::connect(&server).await.unwrap();
    admin.execute_unprepared(&format!("create database {name}")).await.unwrap();
    admin.close().await.unwrap();
    Some(format!("{}/{name}", server.rsplit_once('/').unwrap().0))
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}
