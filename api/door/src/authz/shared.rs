//! What all requests of one server share beside the connections: reference data, the bell of changes, totals.

use super::{Pools, RequestFacts, Store, Viewer, totals::Totals};
use crate::{Result, reference::Reference};
use sha2::{Digest, Sha256};
use std::{
    any::Any,
    sync::{Arc, Mutex, PoisonError, RwLock},
};
use tokio::sync::watch;

#[derive(Default)]
pub struct Shared {
    reference: RwLock<Known>,
    /// Held while reference data are read, so that they are read once.
    reading: tokio::sync::Mutex<()>,
    bell: watch::Sender<u64>,
    totals: Totals,
    /// What areas keep per server beside the database, such as the search index.
    kept: Mutex<Vec<Arc<dyn Any + Send + Sync>>>,
}

#[derive(Default)]
struct Known {
    reference: Option<Arc<Reference>>,
    /// Times it was forgotten: what was read before is not kept after.
    forgotten: u64,
}

impl Shared {
    /// Reads reference data again before it is used next.
    pub fn forget_reference(&self) {
        let mut known = self.reference.write().unwrap_or_else(PoisonError::into_inner);
        known.reference = None;
        known.forgotten += 1;
    }

    fn known(&self) -> (Option<Arc<Reference>>, u64) {
        let known = self.reference.read().unwrap_or_else(PoisonError::into_inner);
        (known.reference.clone(), known.forgotten)
    }

    fn keep_reference(&self, read: &Arc<Reference>, forgotten: u64) {
        let mut known = self.reference.write().unwrap_or_else(PoisonError::into_inner);
        if known.forgotten == forgotten {
            known.reference = Some(read.clone());
        }
    }

    pub(super) const fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Rings after every commit of this process.
    pub fn ring(&self) {
        self.bell.send_modify(|rings| *rings += 1);
    }

    pub fn bell(&self) -> watch::Receiver<u64> {
        self.bell.subscribe()
    }

    /// Keeps a thing of an area for all requests; the newest of its type counts.
    pub fn keep<T: Any + Send + Sync>(&self, thing: Arc<T>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|other| !other.is::<T>());
        kept.push(thing);
    }

    pub fn kept<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find_map(|thing| thing.clone().downcast::<T>().ok())
    }
}

impl Pools {
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Territories and terms, from memory.
    pub async fn reference(&self) -> Result<Arc<Reference>> {
        if let (Some(known), _) = self.shared.known() {
            return Ok(known);
        }
        let _alone = self.shared.reading.lock().await;
        let (known, forgotten) = self.shared.known();
        if let Some(known) = known {
            return Ok(known);
        }
        let read = Arc::new(Reference::read(self, &self.job("reference")).await?);
        self.shared.keep_reference(&read, forgotten);
        Ok(read)
    }

    /// Tells this database from others; says nothing of its secrets.
    pub fn name(&self) -> String {
        let hash =
            Sha256::new().chain_update(b"name of the database").chain_update(&self.cursor_key.0).finalize();
        hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    /// The database as a part of the system sees it.
    pub fn job(&self, name: &'static str) -> Store {
        Store::new(self.clone(), Viewer::job(name), super::Clock::default(), RequestFacts::default())
    }
}

impl Store {
    /// What an area keeps per server.
    pub fn kept<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        self.pools().shared.kept()
    }

    /// Territories and terms, if they are in memory.
    pub fn loaded_reference(&self) -> Option<Arc<Reference>> {
        self.pools().shared.known().0
    }

    /// Territories and terms, from memory.
    pub async fn reference(&self) -> Result<Arc<Reference>> {
        self.pools().reference().await
    }
}
