//! A bounded read-through cache that serves stale values while their owner is away.

use std::{
    hash::Hash,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use quick_cache::sync::Cache;
use tokio::time::Instant;

/// For how long values are used.
#[derive(Clone, Copy, Debug)]
pub struct Freshness {
    /// Used without asking; then one caller asks again while the others go on with what there is.
    pub fresh_for: Duration,
    /// The same for the knowledge that there is nothing.
    pub absent_for: Duration,
    /// Used when asking fails.
    pub stale_for: Duration,
}

impl Default for Freshness {
    fn default() -> Self {
        Self {
            fresh_for: Duration::from_secs(60),
            absent_for: Duration::from_secs(10),
            stale_for: Duration::from_secs(24 * 60 * 60),
        }
    }
}

/// How long one caller's question keeps the others from asking the same.
const ASKING: Duration = Duration::from_secs(1);

/// Values, and the knowledge of absence, by key. Holds at most so many; the least used make room.
#[derive(Debug)]
pub struct Fresh<K, V> {
    entries: Cache<K, Arc<Entry<V>>>,
    freshness: Freshness,
    /// Counts what was declared outdated: an answer to a question from before is not kept.
    epoch: AtomicU64,
}

#[derive(Debug)]
struct Entry<V> {
    value: Option<V>,
    loaded_at: Instant,
    ask_at: Mutex<Instant>,
    is_outdated: AtomicBool,
}

impl<K: Hash + Eq + Clone, V: Clone> Fresh<K, V> {
    #[must_use]
    pub fn new(capacity: usize, freshness: Freshness) -> Self {
        Self { entries: Cache::new(capacity), freshness, epoch: AtomicU64::new(0) }
    }

    /// The value of a key, from memory or from its owner.
    ///
    /// # Errors
    /// The owner's, when it was asked and nothing usable is in memory.
    pub async fn get<E>(&self, key: &K, ask: impl AsyncFnOnce() -> Result<Option<V>, E>) -> Result<Option<V>, E> {
        let known = self.entries.get(key);
        if let Some(entry) = known.as_ref().filter(|entry| entry.is_usable(&self.freshness)) {
            return Ok(entry.value.clone());
        }
        let epoch = self.epoch.load(Ordering::SeqCst);
        match ask().await {
            Ok(value) => {
                self.keep(key, value.clone(), epoch);
                Ok(value)
            }
            Err(error) => match known.filter(|entry| entry.loaded_at.elapsed() < self.freshness.stale_for) {
                Some(entry) => Ok(entry.value.clone()),
                None => Err(error),
            },
        }
    }

    fn keep(&self, key: &K, value: Option<V>, asked_in: u64) {
        if self.epoch.load(Ordering::SeqCst) != asked_in {
            return;
        }
        let entry = Arc::new(Entry::new(value, &self.freshness));
        self.entries.insert(key.clone(), entry.clone());
        // A change that came in between found nothing to outdate.
        if self.epoch.load(Ordering::SeqCst) != asked_in {
            entry.is_outdated.store(true, Ordering::SeqCst);
        }
    }

    /// What is known of a key is not true any more: the next caller asks.
    pub fn outdate(&self, key: &K) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
        if let Some(entry) = self.entries.peek(key) {
            entry.is_outdated.store(true, Ordering::SeqCst);
        }
    }

    /// Nothing that is known may be true any more.
    pub fn outdate_all(&self) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
        for (_, entry) in self.entries.iter() {
            entry.is_outdated.store(true, Ordering::SeqCst);
        }
    }
}

impl<V> Entry<V> {
    fn new(value: Option<V>, freshness: &Freshness) -> Self {
        let now = Instant::now();
        let ask_at = now + if value.is_some() { freshness.fresh_for } else { freshness.absent_for };
        Self { value, loaded_at: now, ask_at: Mutex::new(ask_at), is_outdated: AtomicBool::new(false) }
    }

    /// Whether the caller may use it without asking. The first caller after its time may not, and buys the others time.
    fn is_usable(&self, freshness: &Freshness) -> bool {
        if self.is_outdated.load(Ordering::SeqCst) || self.loaded_at.elapsed() >= freshness.stale_for {
            return false;
        }
        let now = Instant::now();
        let mut ask_at = self.ask_at.lock().expect("no holder of this lock panics");
        if now < *ask_at {
            return true;
        }
        *ask_at = now + ASKING;
        false
    }
}
