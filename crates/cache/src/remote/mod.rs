//! Redis: what is remembered is shared among processes.

mod connect;
mod link;
mod listen;
mod outgoing;

use std::{
    convert::Infallible,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use redis::{Client, RedisResult, aio::MultiplexedConnection};
use tokio::sync::mpsc;

use crate::Memory;
pub use connect::InvalidUrl;
use link::Link;
use outgoing::Outgoing;

/// How Redis is used.
#[derive(Clone, Debug)]
pub struct RedisConfig {
    /// All keys and channels begin with it.
    pub prefix: String,
    /// How long a caller waits for Redis at the most.
    pub answers_within: Duration,
    /// What waits to be sent without an answer, at the most; further ones are dropped.
    pub capacity: usize,
}

impl Default for RedisConfig {
    fn default() -> Self {
        Self { prefix: "anyhook".to_owned(), answers_within: Duration::from_millis(10), capacity: 10_000 }
    }
}

/// A cache that others share, as long as Redis is there. What this process knows itself is in `memory`, and serves
/// while Redis is not.
pub struct Remote {
    pub(crate) memory: Memory,
    pub(crate) outgoing: Outgoing,
    /// When Redis last did not answer the question for an admission; by the callers' clock.
    pub(crate) away_at: AtomicI64,
    /// Names this cache among those that announce.
    pub(crate) origin: [u8; 16],
    client: Client,
    config: RedisConfig,
    link: Link,
    is_listening: AtomicBool,
}

/// Keeps the connections; nothing reaches Redis or comes from it unless this runs.
#[must_use = "without its worker the cache reaches no Redis"]
pub struct CacheWorker {
    remote: Arc<Remote>,
    outgoing: mpsc::Receiver<redis::Cmd>,
}

impl CacheWorker {
    /// Runs for ever; run it until shutdown. Dropping the future closes the connections.
    pub async fn run(self) {
        let Self { remote, outgoing } = self;
        let (_, _): (Infallible, Infallible) = tokio::join!(outgoing::run(&remote, outgoing), listen::run(&remote));
    }
}

impl Remote {
    pub(crate) fn new(url: &str, config: RedisConfig) -> Result<(Arc<Self>, CacheWorker), InvalidUrl> {
        let (buffer, outgoing) = mpsc::channel(config.capacity.max(1));
        let remote = Arc::new(Self {
            memory: Memory::default(),
            outgoing: Outgoing::new(buffer),
            away_at: AtomicI64::new(i64::MIN),
            origin: rand::random(),
            client: connect::parse(url)?,
            link: Link::new(config.answers_within),
            config,
            is_listening: AtomicBool::new(false),
        });
        Ok((Arc::clone(&remote), CacheWorker { remote, outgoing }))
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.link.is_up() && (self.is_listening.load(Ordering::Relaxed) || self.memory.topics.is_empty())
    }

    /// Asks Redis, briefly. `None`: it is away, or has no usable answer.
    pub(crate) async fn ask<T>(
        &self,
        question: impl AsyncFnOnce(MultiplexedConnection) -> RedisResult<T>,
    ) -> Option<T> {
        self.link.ask(question).await
    }

    /// `{prefix}:{kind}:{name}`.
    pub(crate) fn key(&self, kind: &str, name: impl AsRef<[u8]>) -> Vec<u8> {
        [self.config.prefix.as_bytes(), b":", kind.as_bytes(), b":", name.as_ref()].concat()
    }

    /// Where a process says that announcements of its own were lost.
    pub(crate) fn missed_channel(&self) -> Vec<u8> {
        self.key("missed", "")
    }
}

/// Without the address: it may hold a password.
impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote")
            .field("config", &self.config)
            .field("is_connected", &self.is_connected())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for CacheWorker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CacheWorker").field(&self.remote).finish()
    }
}
