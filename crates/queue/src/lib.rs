//! Wake-ups: which deliveries may be due. A hint may be lost, doubled, late or early; the event log makes up for it.

mod faulty;
mod local;

use std::sync::Arc;

use anyhook_domain::delivery::Hint;

pub use faulty::Faults;

/// Where hints go and come from; cheap to clone. Every clone may publish and take.
#[derive(Clone, Debug)]
pub enum Queue {
    /// Within this process.
    Local(Arc<local::Local>),
    /// Within this process, and misbehaving on purpose: for tests.
    Faulty(Arc<faulty::Faulty>),
}

impl Queue {
    /// A queue within this process that holds at most `capacity` hints; further ones are dropped.
    #[must_use]
    pub fn local(capacity: usize) -> Self {
        Self::Local(Arc::new(local::Local::new(capacity)))
    }

    /// A local queue that loses, doubles and reorders hints, reproducibly.
    #[must_use]
    pub fn faulty(capacity: usize, faults: Faults) -> Self {
        Self::Faulty(Arc::new(faulty::Faulty::new(capacity, faults)))
    }

    /// Gives hints away without waiting. What does not fit is lost, and comes back when its row is due.
    pub fn publish(&self, hints: Vec<Hint>) {
        match self {
            Self::Local(queue) => queue.publish(hints),
            Self::Faulty(queue) => queue.publish(hints),
        }
    }

    /// Waits for hints and takes up to `most` of them. Cancelling loses none.
    pub async fn take(&self, most: usize) -> Vec<Hint> {
        match self {
            Self::Local(queue) => queue.take(most).await,
            Self::Faulty(queue) => queue.take(most).await,
        }
    }

    /// How many hints wait.
    #[must_use]
    pub fn depth(&self) -> usize {
        match self {
            Self::Local(queue) => queue.depth(),
            Self::Faulty(queue) => queue.depth(),
        }
    }
}
