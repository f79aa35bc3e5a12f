//! A spool in memory: for tests.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;

use super::{
    NotSpooled, SpooledBatch,
    waiting::{Message, Waiting},
};

/// A bounded spool that may be told to refuse.
#[derive(Debug)]
pub struct Local {
    waiting: Arc<Waiting>,
    refuses: AtomicBool,
    capacity: usize,
}

impl Local {
    pub(super) fn new(capacity: usize) -> Self {
        Self { waiting: Arc::new(Waiting::new(usize::MAX)), refuses: AtomicBool::new(false), capacity }
    }

    /// From now on, `put` fails as if there were no connection, or does not any more.
    pub fn refuse(&self, refuses: bool) {
        self.refuses.store(refuses, Ordering::Relaxed);
    }

    pub(super) fn put(&self, message: Bytes) -> Result<(), NotSpooled> {
        if self.refuses.load(Ordering::Relaxed) {
            return Err(NotSpooled::NotConnected);
        }
        let message = Message { body: message, tag: 0 };
        if self.waiting.push_within(message, self.capacity) { Ok(()) } else { Err(NotSpooled::Full) }
    }

    pub(super) async fn take(&self, most: usize) -> SpooledBatch {
        self.waiting.take(most).await
    }

    pub(super) fn is_ready(&self) -> bool {
        !self.refuses.load(Ordering::Relaxed) && self.waiting.len() < self.capacity
    }
}
