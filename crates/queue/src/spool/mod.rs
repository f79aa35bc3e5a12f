//! The spool: sealed events wait here while the log is away.
//!
//! INVARIANT: a message whose `put` answered `Ok` is on disk at a majority of its queue's members, and stays until its
//! batch was settled. A `put` whose confirmation was not heard in time is an error even though the message may be there:
//! the sender is told 503, and the event may be drained into the log all the same, which is harmless. A message comes at
//! least once: again after a crash between the commit and the acknowledgement; the log appends by identifier.

mod drain;
mod local;
mod put;
mod remote;
mod waiting;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;

use crate::InvalidUrl;
pub use remote::SpoolWorker;
pub use waiting::{SpoolReceipt, SpooledBatch};

/// Where events wait while the log is away; cheap to clone.
#[derive(Clone, Debug)]
pub enum Spool {
    /// Nowhere: a single process has no broker.
    None,
    /// Within this process, which is not durable: for tests.
    Local(Arc<local::Local>),
    /// In RabbitMQ.
    Remote(Arc<remote::Remote>),
}

/// How the spool uses RabbitMQ. Nobody's policy may set a limit of deliveries, a time to live or an overflow for its
/// queue: that drops events.
#[derive(Clone, Debug)]
pub struct SpoolConfig {
    /// The queue is `{prefix}.spool`. What lies in the old one is not looked at after a change.
    pub prefix: String,
    /// What the queue holds at the most; then it refuses. A queue that is there keeps the figure it was made with.
    pub max_bytes: u64,
    /// The largest message. The broker's own limit must be higher: 16 MiB unless it was set, more before 4.0.
    pub max_message_bytes: usize,
    /// Bytes that may be on their way to the broker at once; beyond them, `put` refuses.
    pub max_unconfirmed_bytes: usize,
    pub put_within: Duration,
    /// Messages that this process holds while it drains, of up to `max_message_bytes` each. The same in all processes:
    /// the order of what is delivered again is kept by that.
    pub prefetch: u16,
    /// Bytes of one batch, or one message.
    pub batch_bytes: usize,
}

const MIB: usize = 1024 * 1024;

impl Default for SpoolConfig {
    fn default() -> Self {
        Self {
            prefix: "anyhook".to_owned(),
            max_bytes: 1024 * MIB as u64,
            max_message_bytes: 12 * MIB,
            max_unconfirmed_bytes: 64 * MIB,
            put_within: Duration::from_secs(1),
            prefetch: 16,
            batch_bytes: 16 * MIB,
        }
    }
}

/// Why a message is not known to be in the spool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSpooled {
    #[error("there is no spool")]
    Off,
    #[error("{n_bytes} bytes are more than the spool takes in one message")]
    TooLarge { n_bytes: usize },
    #[error("the spool is not connected to its broker")]
    NotConnected,
    #[error("the spool's broker takes no messages: it is short of memory or disk")]
    Blocked,
    #[error("the spool is full")]
    Full,
    #[error("the spool's queue is missing")]
    NoQueue,
    #[error("too much is on its way to the spool")]
    Overloaded,
    #[error("the spool's broker did not confirm the message in time")]
    Unconfirmed,
}

impl Spool {
    /// No spool: `put` refuses, `take` waits for ever.
    #[must_use]
    pub fn none() -> Self {
        Self::None
    }

    /// A spool within this process that holds at most `capacity` messages; further ones are refused.
    #[must_use]
    pub fn local(capacity: usize) -> Self {
        Self::Local(Arc::new(local::Local::new(capacity)))
    }

    /// A spool in RabbitMQ, and the worker that keeps its connections. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// When the address cannot be understood.
    pub fn rabbitmq(url: &str, config: SpoolConfig) -> Result<(Self, SpoolWorker), InvalidUrl> {
        let (remote, worker) = remote::Remote::new(url, config)?;
        Ok((Self::Remote(remote), worker))
    }

    /// Returns once the message is durable. Messages come in the order in which their futures were first polled.
    ///
    /// # Errors
    ///
    /// When that is not known to be so; at once where it cannot be, else after `put_within`. Then, and when the future is
    /// dropped, the message may be there all the same.
    pub async fn put(&self, message: Bytes) -> Result<(), NotSpooled> {
        match self {
            Self::None => Err(NotSpooled::Off),
            Self::Local(spool) => spool.put(message),
            Self::Remote(spool) => spool.put(message).await,
        }
    }

    /// Waits for the oldest messages and takes up to `most` of them, one at least. To be called only while the log is
    /// believed to be there: while nobody takes and no batch is out, they stay with the broker. In one process one batch
    /// is out at a time, among processes those of one; others get theirs when it has stopped. Cancelling loses none.
    pub async fn take(&self, most: usize) -> SpooledBatch {
        match self {
            Self::None => std::future::pending().await,
            Self::Local(spool) => spool.take(most).await,
            Self::Remote(spool) => spool.take(most).await,
        }
    }

    /// Whether `put` would probably succeed now. It may fail all the same: a broker tells that it is short of memory only
    /// to those who publish.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        match self {
            Self::None => false,
            Self::Local(spool) => spool.is_ready(),
            Self::Remote(spool) => spool.is_ready(),
        }
    }
}
