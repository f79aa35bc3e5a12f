//! Counters whose exact figures are in the event log.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use redis::Script;
use tokio::time::Instant;

use crate::{Cache, remote::Remote};

/// Figures remembered at most: about three megabytes.
const MAX_FIGURES: usize = 20_000;

/// A figure that is not there is not begun: it would lack what was counted before.
static COUNT: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        "if redis.call('EXISTS', KEYS[1]) == 0 then return false end return redis.call('INCRBY', KEYS[1], ARGV[1])",
    )
});

#[derive(Clone, Debug)]
struct Figure {
    value: Arc<AtomicU64>,
    until: Instant,
}

/// The figures that this process has set, with what it knows of them.
#[derive(Debug)]
pub(crate) struct Figures(quick_cache::sync::Cache<String, Figure>);

impl Default for Figures {
    fn default() -> Self {
        Self(quick_cache::sync::Cache::new(MAX_FIGURES))
    }
}

impl Figures {
    fn get(&self, key: &str) -> Option<Figure> {
        self.0.get(key).filter(|figure| Instant::now() < figure.until)
    }

    fn read(&self, key: &str) -> Option<u64> {
        self.get(key).map(|figure| figure.value.load(Ordering::Relaxed))
    }

    fn count(&self, key: &str, n: u64) -> Option<u64> {
        self.get(key).map(|figure| figure.value.fetch_add(n, Ordering::Relaxed).saturating_add(n))
    }

    fn set(&self, key: &str, value: u64, keep_for: Duration) {
        let figure = Figure { value: Arc::new(value.into()), until: crate::until(keep_for) };
        self.0.insert(key.to_owned(), figure);
    }

    /// What Redis says, who has heard from everybody.
    fn correct(&self, key: &str, value: u64) {
        if let Some(figure) = self.get(key) {
            figure.value.store(value, Ordering::Relaxed);
        }
    }
}

impl Cache {
    /// Adds to a figure. `None`: it is not known, and this was not counted; ask the log, which is exact, and
    /// [`Self::set`] it. While Redis is away, each process counts on by itself.
    pub async fn count(&self, key: &str, n: u64) -> Option<u64> {
        let own = self.memory().figures.count(key, n);
        match self {
            Self::Local(_) => own,
            Self::Remote(remote) => {
                let mut script = COUNT.key(remote.key("count", key));
                script.arg(n);
                let answer = remote.ask(async |mut redis| script.invoke_async(&mut redis).await).await;
                remote.figure(key, own, answer)
            }
        }
    }

    /// A figure, or `None` when it is not known: ask the log, and [`Self::set`] it.
    pub async fn read(&self, key: &str) -> Option<u64> {
        let own = self.memory().figures.read(key);
        match self {
            Self::Local(_) => own,
            Self::Remote(remote) => {
                let command = redis::Cmd::get(remote.key("count", key));
                let answer = remote.ask(async |mut redis| command.query_async(&mut redis).await).await;
                remote.figure(key, own, answer)
            }
        }
    }

    /// Sets a figure to what the log says, for everybody. It is not known any more after `keep_for`: so often it
    /// becomes exact, whatever Redis forgot or did not hear of.
    pub async fn set(&self, key: &str, value: u64, keep_for: Duration) {
        self.memory().figures.set(key, value, keep_for);
        if let Self::Remote(remote) = self {
            let command = redis::Cmd::pset_ex(remote.key("count", key), value, crate::expiry(keep_for));
            remote.ask(async |mut redis| command.exec_async(&mut redis).await).await;
        }
    }
}

impl Remote {
    fn figure(&self, key: &str, own: Option<u64>, answer: Option<Option<u64>>) -> Option<u64> {
        let Some(figure) = answer else { return own };
        if let Some(value) = figure {
            self.memory.figures.correct(key, value);
        }
        figure
    }
}
