//! RabbitMQ: hints are shared among processes.

pub(crate) mod connect;
mod consume;
pub(crate) mod declare;
mod incoming;
mod message;
mod outgoing;
mod publish;
mod topology;

use std::{
    convert::Infallible,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhook_domain::delivery::Hint;
use lapin::uri::AMQPUri;
use tokio::sync::Notify;

use crate::Taken;
pub use connect::InvalidUrl;
use incoming::Incoming;
pub(crate) use incoming::Unclaimed;
use outgoing::Outgoing;

/// How RabbitMQ is used.
#[derive(Clone, Debug)]
pub struct Config {
    /// The queues are named after it: `{prefix}.0` to `{prefix}.15`.
    pub prefix: String,
    /// Hints that wait for the broker at the most; the oldest are dropped. As many wait to be taken while it is away.
    pub capacity: usize,
    /// Messages of each queue that this process holds unacknowledged, of up to 128 hints each.
    pub prefetch: u16,
}

impl Default for Config {
    fn default() -> Self {
        Self { prefix: "anyhook.hints".to_owned(), capacity: 20_000, prefetch: 8 }
    }
}

/// A queue whose hints go through RabbitMQ, as long as it is there. While it is not, a process that takes hints gets
/// those that it publishes itself, so that its sweep goes on waking its dispatcher.
pub struct Rabbit {
    uri: AMQPUri,
    config: Config,
    outgoing: Outgoing,
    incoming: Incoming,
    is_publishing: AtomicBool,
    is_consuming: AtomicBool,
    is_taken_from: AtomicBool,
    taker_came: Notify,
}

/// Keeps the connections; nothing reaches the broker or comes from it unless this runs.
#[must_use = "without its worker the queue reaches no broker"]
pub struct RabbitWorker {
    rabbit: Arc<Rabbit>,
}

impl RabbitWorker {
    /// Runs for ever; run it until shutdown. Dropping the future closes the connections, and what was taken and not
    /// settled is delivered again.
    pub async fn run(self) {
        let acks = consume::Acks::new();
        let (_, _): (Infallible, Infallible) =
            tokio::join!(publish::run(&self.rabbit), consume::run(&self.rabbit, acks));
    }
}

impl Rabbit {
    pub(crate) fn new(url: &str, config: Config) -> Result<(Arc<Self>, RabbitWorker), InvalidUrl> {
        let rabbit = Arc::new(Self {
            uri: connect::parse(url)?,
            outgoing: Outgoing::new(config.capacity),
            incoming: Incoming::new(config.capacity),
            config,
            is_publishing: AtomicBool::new(false),
            is_consuming: AtomicBool::new(false),
            is_taken_from: AtomicBool::new(false),
            taker_came: Notify::new(),
        });
        let worker = RabbitWorker { rabbit: Arc::clone(&rabbit) };
        Ok((rabbit, worker))
    }

    pub(crate) fn publish(&self, hints: Vec<Hint>) {
        if !self.is_publishing.load(Ordering::Relaxed) && self.is_taken_from() {
            self.fall_back(hints);
        } else {
            self.outgoing.push(hints);
        }
    }

    /// For hints that the broker did not take.
    fn fall_back(&self, hints: Vec<Hint>) {
        let n_lost = if self.is_taken_from() { self.incoming.push_own(hints) } else { hints.len() };
        self.outgoing.count_lost(n_lost);
    }

    pub(crate) async fn take(&self, most: usize) -> Taken {
        if !self.is_taken_from.swap(true, Ordering::Relaxed) {
            self.taker_came.notify_one();
        }
        self.incoming.take(most).await
    }

    pub(crate) async fn flush(&self) {
        self.outgoing.flushed().await;
    }

    pub(crate) fn depth(&self) -> usize {
        self.outgoing.len() + self.incoming.depth()
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.is_publishing.load(Ordering::Relaxed)
            && (!self.is_taken_from() || self.is_consuming.load(Ordering::Relaxed))
    }

    fn is_taken_from(&self) -> bool {
        self.is_taken_from.load(Ordering::Relaxed)
    }

    async fn wait_for_taker(&self) {
        while !self.is_taken_from() {
            self.taker_came.notified().await;
        }
    }

    /// Also hands over what waits for a broker that takes nothing.
    fn set_publishing(&self, is_publishing: bool) {
        self.is_publishing.store(is_publishing, Ordering::Relaxed);
        if !is_publishing && self.is_taken_from() {
            self.fall_back(self.outgoing.take_all());
        }
    }

    fn set_consuming(&self, is_consuming: bool) {
        self.is_consuming.store(is_consuming, Ordering::Relaxed);
    }
}

/// Without the address: it may hold a password.
impl fmt::Debug for Rabbit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rabbit")
            .field("config", &self.config)
            .field("is_connected", &self.is_connected())
            .field("depth", &self.depth())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for RabbitWorker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RabbitWorker").field(&self.rabbit).finish()
    }
}
