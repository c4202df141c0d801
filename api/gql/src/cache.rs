//! Documents read before, by their text: a client that repeats itself is not parsed again.
//!
//! Sharded, so that two requests seldom wait for one another; bounded in bytes, because the texts are the
//! callers' choice. What was used longest ago goes first.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

const SHARDS: usize = 16;

pub(crate) struct Cache<T> {
    shards: Vec<Mutex<Shard<T>>>,
    hasher: RandomState,
    bytes_each: usize,
}

struct Shard<T> {
    entries: HashMap<Arc<str>, Entry<T>>,
    bytes: usize,
    clock: u64,
}

struct Entry<T> {
    value: Arc<T>,
    bytes: usize,
    used: u64,
}

impl<T> Cache<T> {
    pub(crate) fn new(bytes: usize) -> Self {
        let shard = || Mutex::new(Shard { entries: HashMap::new(), bytes: 0, clock: 0 });
        Self {
            shards: std::iter::repeat_with(shard).take(SHARDS).collect(),
            hasher: RandomState::new(),
            bytes_each: bytes / SHARDS,
        }
    }

    pub(crate) fn get(&self, text: &str) -> Option<Arc<T>> {
        let mut shard = self.shard(text)?;
        shard.clock += 1;
        let now = shard.clock;
        let entry = shard.entries.get_mut(text)?;
        entry.used = now;
        Some(Arc::clone(&entry.value))
    }

    /// Keeps `value`, which takes about `bytes`, unless it alone would fill a shard.
    pub(crate) fn put(&self, text: &str, value: &Arc<T>, bytes: usize) {
        let Some(mut shard) = self.shard(text) else { return };
        if bytes > self.bytes_each {
            return;
        }
        shard.clock += 1;
        let entry = Entry { value: Arc::clone(value), bytes, used: shard.clock };
        shard.bytes += bytes;
        if let Some(replaced) = shard.entries.insert(Arc::from(text), entry) {
            shard.bytes -= replaced.bytes;
        }
        while shard.bytes > self.bytes_each {
            shard.drop_oldest();
        }
    }

    fn shard(&self, text: &str) -> Option<MutexGuard<'_, Shard<T>>> {
        let place = usize::try_from(self.hasher.hash_one(text) % (SHARDS as u64)).ok()?;
        // A panic elsewhere leaves at worst a wrong count; a cache may go on with that.
        self.shards.get(place).map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<T> Shard<T> {
    fn drop_oldest(&mut self) {
        let oldest =
            self.entries.iter().min_by_key(|(_, entry)| entry.used).map(|(text, _)| Arc::clone(text));
        match oldest.and_then(|text| self.entries.remove(&text)) {
            Some(entry) => self.bytes = self.bytes.saturating_sub(entry.bytes),
            None => self.bytes = 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_goes_first_and_the_whole_stays_bounded() {
        let cache = Cache::new(SHARDS * 100);
        let value = Arc::new(());
        cache.put("kept", &value, 40);
        for turn in 0..1_000 {
            assert!(cache.get("kept").is_some(), "used last, dropped last (turn {turn})");
            cache.put(&format!("other {turn}"), &value, 40);
        }
        for shard in &cache.shards {
            assert!(shard.lock().unwrap().bytes <= 100);
        }
        cache.put("too large", &value, 101);
        assert!(cache.get("too large").is_none());
    }
}
