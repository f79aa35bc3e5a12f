//! Hints on their way to the broker.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhook_domain::delivery::Hint;
use tokio::sync::Notify;

use super::{message::MOST_HINTS, topology::N_SHARDS};

/// How long a hint waits for others: a message costs the broker the same with one hint as with many.
const GATHER_FOR: Duration = Duration::from_millis(3);
/// Hints that are published in one go: at least one full message, whatever their destinations.
const MOST_AT_ONCE: usize = MOST_HINTS * N_SHARDS;

#[derive(Debug)]
pub(super) struct Outgoing {
    waiting: Mutex<VecDeque<Hint>>,
    arrived: Notify,
    full: Notify,
    capacity: usize,
    n_lost: AtomicU64,
}

impl Outgoing {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            waiting: Mutex::default(),
            arrived: Notify::new(),
            full: Notify::new(),
            capacity,
            n_lost: AtomicU64::new(0),
        }
    }

    /// Keeps the newest: the older ones' rows are found first by the sweep.
    pub(super) fn push(&self, hints: Vec<Hint>) {
        let mut waiting = self.waiting();
        waiting.extend(hints);
        let n_lost = waiting.len().saturating_sub(self.capacity);
        waiting.drain(..n_lost);
        let is_full = waiting.len() >= MOST_AT_ONCE;
        drop(waiting);
        self.count_lost(n_lost);
        self.arrived.notify_one();
        if is_full {
            self.full.notify_one();
        }
    }

    /// Waits for hints and gathers some. Cancelling loses none.
    pub(super) async fn gather(&self) -> Vec<Hint> {
        while self.len() == 0 {
            self.arrived.notified().await;
        }
        if self.len() < MOST_AT_ONCE {
            tokio::select! { () = tokio::time::sleep(GATHER_FOR) => {}, () = self.full.notified() => {} }
        }
        let mut waiting = self.waiting();
        let n = waiting.len().min(MOST_AT_ONCE);
        waiting.drain(..n).collect()
    }

    pub(super) fn take_all(&self) -> Vec<Hint> {
        std::mem::take(&mut *self.waiting()).into()
    }

    pub(super) fn len(&self) -> usize {
        self.waiting().len()
    }

    /// Counts hints that are gone; their rows come back when they are overdue.
    pub(super) fn count_lost(&self, n: usize) {
        self.n_lost.fetch_add(n as u64, Ordering::Relaxed);
    }

    /// How many were lost since the last look.
    pub(super) fn take_lost(&self) -> u64 {
        self.n_lost.swap(0, Ordering::Relaxed)
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Hint>> {
        self.waiting.lock().expect("no holder of this lock panics")
    }
}
