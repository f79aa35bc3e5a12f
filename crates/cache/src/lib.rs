//! What is remembered for speed and may be forgotten at any moment: in this process, or shared over Redis.
//!
//! Nothing here fails. While Redis is away, or does not answer at once, a process answers from its own memory, and the
//! answer is approximate.

mod admit;
mod announce;
mod count;
mod dedup;
mod fresh;
mod live;
mod remote;
mod window;

use std::{sync::Arc, time::Duration};

pub use admit::{Admission, Limit, Room};
pub use announce::{Announced, Subscription};
pub use dedup::DedupKey;
pub use fresh::{Fresh, Freshness};
pub use live::{EventSubscription, EventsMoved};
pub use remote::{CacheWorker, InvalidUrl, RedisConfig};
use tokio::time::Instant;

/// Nothing is kept for longer: a year.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Limits, counters, known events and live updates; cheap to clone.
#[derive(Clone, Debug)]
pub enum Cache {
    /// Within this process.
    Local(Arc<Memory>),
    /// Among processes.
    Remote(Arc<remote::Remote>),
}

/// What one process remembers. Each part is bounded; the least used makes room.
#[derive(Debug, Default)]
pub struct Memory {
    windows: window::Windows,
    figures: count::Figures,
    firsts: dedup::Firsts,
    topics: Arc<announce::Topics>,
}

impl Cache {
    /// A cache within this process.
    #[must_use]
    pub fn local() -> Self {
        Self::Local(Arc::default())
    }

    /// A cache over Redis, and the worker that keeps its connections. Nothing is connected yet.
    ///
    /// # Errors
    /// [`InvalidUrl`] when the address cannot be understood.
    pub fn redis(url: &str, config: RedisConfig) -> Result<(Self, CacheWorker), InvalidUrl> {
        let (remote, worker) = remote::Remote::new(url, config)?;
        Ok((Self::Remote(remote), worker))
    }

    /// Whether what is remembered here is shared with other processes now. Without that, it is approximate.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        match self {
            Self::Local(_) => true,
            Self::Remote(remote) => remote.is_connected(),
        }
    }

    fn memory(&self) -> &Memory {
        match self {
            Self::Local(memory) => memory,
            Self::Remote(remote) => &remote.memory,
        }
    }
}

fn until(keep_for: Duration) -> Instant {
    Instant::now() + keep_for.min(LONGEST)
}

/// In milliseconds, as Redis wants it.
fn expiry(keep_for: Duration) -> u64 {
    u64::try_from(keep_for.min(LONGEST).as_millis()).expect("a year is not that long").max(1)
}
