//! The queue of a single process.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard},
};

use anyhook_domain::delivery::Hint;
use tokio::sync::Notify;

/// A bounded first-in, first-out queue.
#[derive(Debug)]
pub struct Local {
    waiting: Mutex<VecDeque<Hint>>,
    arrived: Notify,
    capacity: usize,
}

impl Local {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { waiting: Mutex::default(), arrived: Notify::new(), capacity }
    }

    pub(crate) fn publish(&self, hints: Vec<Hint>) {
        let mut waiting = self.waiting();
        let room = self.capacity.saturating_sub(waiting.len());
        let n_lost = hints.len().saturating_sub(room);
        waiting.extend(hints.into_iter().take(room));
        drop(waiting);
        if n_lost > 0 {
            tracing::debug!(n_lost, "the queue is full; these deliveries are picked up when they are overdue");
        }
        self.arrived.notify_one();
    }

    pub(crate) async fn take(&self, most: usize) -> Vec<Hint> {
        loop {
            // Registered before looking, so that a hint published in between is not slept through.
            let arrived = self.arrived.notified();
            let taken = self.take_now(most);
            if !taken.is_empty() {
                return taken;
            }
            arrived.await;
        }
    }

    fn take_now(&self, most: usize) -> Vec<Hint> {
        let mut waiting = self.waiting();
        let n_taken = waiting.len().min(most);
        let taken = waiting.drain(..n_taken).collect();
        if !waiting.is_empty() {
            // More for whoever else waits.
            self.arrived.notify_one();
        }
        taken
    }

    pub(crate) fn depth(&self) -> usize {
        self.waiting().len()
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Hint>> {
        self.waiting.lock().expect("no holder of this lock panics")
    }
}
