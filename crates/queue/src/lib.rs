//! Wake-ups: which deliveries may be due. A hint may be lost, doubled, late or early; the event log makes up for it.
//! And the spool, where events wait while the log is away: it loses nothing that it confirmed.

mod faulty;
mod local;
pub mod rabbit;
mod spool;
mod taken;

use std::{sync::Arc, time::Duration};

use anyhook_domain::delivery::Hint;

pub use faulty::Faults;
pub use rabbit::{InvalidUrl, RabbitWorker};
pub use spool::{NotSpooled, Spool, SpoolConfig, SpoolReceipt, SpoolWorker, SpooledBatch};
pub use taken::{Receipt, Taken};

/// Where hints go and come from; cheap to clone. Every clone may publish and take.
#[derive(Clone, Debug)]
pub enum Queue {
    /// Within this process.
    Local(Arc<local::Local>),
    /// Within this process, and misbehaving on purpose: for tests.
    Faulty(Arc<faulty::Faulty>),
    /// Among processes.
    Remote(Arc<rabbit::Rabbit>),
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

    /// A queue over RabbitMQ, and the worker that keeps its connections. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// When the address cannot be understood.
    pub fn rabbitmq(url: &str, config: rabbit::Config) -> Result<(Self, RabbitWorker), InvalidUrl> {
        let (rabbit, worker) = rabbit::Rabbit::new(url, config)?;
        Ok((Self::Remote(rabbit), worker))
    }

    /// Gives hints away without waiting. What does not fit is lost, and comes back when its row is due.
    pub fn publish(&self, hints: Vec<Hint>) {
        match self {
            Self::Local(queue) => queue.publish(hints),
            Self::Faulty(queue) => queue.publish(hints),
            Self::Remote(queue) => queue.publish(hints),
        }
    }

    /// Waits until what was published is confirmed or lost, but no longer than `within`; whether it is. For shutdown, while
    /// the worker still runs and nobody publishes any more.
    pub async fn flush(&self, within: Duration) -> bool {
        match self {
            Self::Local(_) | Self::Faulty(_) => true,
            Self::Remote(queue) => tokio::time::timeout(within, queue.flush()).await.is_ok(),
        }
    }

    /// Waits for hints and takes up to `most` of them. Cancelling loses none.
    pub async fn take(&self, most: usize) -> Taken {
        match self {
            Self::Local(queue) => queue.take(most).await.into(),
            Self::Faulty(queue) => queue.take(most).await.into(),
            Self::Remote(queue) => queue.take(most).await,
        }
    }

    /// How many hints wait in this process, or were taken by it and are not settled.
    #[must_use]
    pub fn depth(&self) -> usize {
        match self {
            Self::Local(queue) => queue.depth(),
            Self::Faulty(queue) => queue.depth(),
            Self::Remote(queue) => queue.depth(),
        }
    }

    /// Whether hints reach other processes now. Without that, deliveries are later, not lost.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        match self {
            Self::Local(_) | Self::Faulty(_) => true,
            Self::Remote(queue) => queue.is_connected(),
        }
    }
}
