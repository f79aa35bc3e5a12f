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

#[derive(Debug, Default)]
struct Hints {
    waiting: VecDeque<Hint>,
    /// Gathered, and neither confirmed nor given up.
    n_unconfirmed: usize,
}

#[derive(Debug)]
pub(super) struct Outgoing {
    hints: Mutex<Hints>,
    arrived: Notify,
    full: Notify,
    concluded: Notify,
    capacity: usize,
    n_lost: AtomicU64,
}

impl Outgoing {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            hints: Mutex::default(),
            arrived: Notify::new(),
            full: Notify::new(),
            concluded: Notify::new(),
            capacity,
            n_lost: AtomicU64::new(0),
        }
    }

    /// Keeps the newest: the older ones' rows are found first by the sweep.
    pub(super) fn push(&self, hints: Vec<Hint>) {
        let waiting = &mut self.hints().waiting;
        waiting.extend(hints);
        let n_lost = waiting.len().saturating_sub(self.capacity);
        waiting.drain(..n_lost);
        let is_full = waiting.len() >= MOST_AT_ONCE;
        self.count_lost(n_lost);
        self.arrived.notify_one();
        if is_full {
            self.full.notify_one();
        }
    }

    /// Waits for hints and gathers some, which count as unconfirmed from then on. Cancelling loses none.
    pub(super) async fn gather(&self) -> Vec<Hint> {
        while self.len() == 0 {
            self.arrived.notified().await;
        }
        if self.len() < MOST_AT_ONCE {
            tokio::select! { () = tokio::time::sleep(GATHER_FOR) => {}, () = self.full.notified() => {} }
        }
        let mut hints = self.hints();
        let n = hints.waiting.len().min(MOST_AT_ONCE);
        hints.n_unconfirmed += n;
        hints.waiting.drain(..n).collect()
    }

    pub(super) fn take_all(&self) -> Vec<Hint> {
        let taken = std::mem::take(&mut self.hints().waiting);
        self.tell_if_flushed();
        taken.into()
    }

    /// So many of those that were gathered are confirmed, or given up.
    pub(super) fn conclude(&self, n: usize) {
        self.hints().n_unconfirmed -= n;
        self.tell_if_flushed();
    }

    /// Gives up what the connection that is gone left unconfirmed.
    pub(super) fn conclude_all(&self) {
        let n_lost = std::mem::take(&mut self.hints().n_unconfirmed);
        self.count_lost(n_lost);
        self.tell_if_flushed();
    }

    /// Waits until nothing waits or is unconfirmed.
    pub(super) async fn flushed(&self) {
        loop {
            // Registered before looking, so that what ends in between is not slept through.
            let concluded = self.concluded.notified();
            if self.is_flushed() {
                return;
            }
            concluded.await;
        }
    }

    fn tell_if_flushed(&self) {
        if self.is_flushed() {
            self.concluded.notify_waiters();
        }
    }

    fn is_flushed(&self) -> bool {
        let hints = self.hints();
        hints.waiting.is_empty() && hints.n_unconfirmed == 0
    }

    pub(super) fn len(&self) -> usize {
        self.hints().waiting.len()
    }

    /// Counts hints that are gone; their rows come back when they are overdue.
    pub(super) fn count_lost(&self, n: usize) {
        self.n_lost.fetch_add(n as u64, Ordering::Relaxed);
    }

    /// How many were lost since the last look.
    pub(super) fn take_lost(&self) -> u64 {
        self.n_lost.swap(0, Ordering::Relaxed)
    }

    fn hints(&self) -> MutexGuard<'_, Hints> {
        self.hints.lock().expect("no holder of this lock panics")
    }
}
