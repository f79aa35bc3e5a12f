//! From an HTTP request to an event in the log: receive, verify, seal, append, publish.

mod accept;
mod append;
mod away;
mod drain;
mod handshake;
mod hints;
mod keep;
mod path;
mod provider;
mod quota;
mod ready;
mod receive;
mod rejection;
mod repeats;
mod reply;
mod room;
mod routes;
mod service;
mod spooled;

use std::{sync::Arc, time::Duration};

use anyhook_cache::Cache;
use anyhook_egress::Published;
use anyhook_queue::{Queue, Spool};
use anyhook_rpc::Transport;
use anyhook_store::{Clock, Store};

pub use append::AppendWorker;
pub use drain::Drain;
pub use ready::{NotReady, Readiness};
pub use repeats::RepeatCounter;

use away::Away;
use repeats::Repeats;

/// How the ingress works.
#[derive(Clone, Debug)]
pub struct Config {
    /// How the inbound URLs begin as providers call them, without a slash at the end.
    pub public_url: String,
    /// Longest body, in bytes.
    pub max_body_bytes: usize,
    /// A body must have arrived whole within this.
    pub body_within: Duration,
    /// Bytes of bodies that may be in memory at once.
    pub max_bytes_in_memory: usize,
    /// A sender is answered within this, whatever the log does.
    pub ack_within: Duration,
    /// Where there is a spool: what the log does not take within this goes there, in what is left of `ack_within`.
    pub log_within: Duration,
    /// How long the sweep leaves a new delivery to its hint.
    pub hint_grace: Duration,
    /// Transactions that append at once; SQLite has one writer.
    pub n_append_workers: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            public_url: "http://127.0.0.1:4401".to_owned(),
            max_body_bytes: 10 * 1024 * 1024,
            body_within: Duration::from_secs(30),
            max_bytes_in_memory: 256 * 1024 * 1024,
            ack_within: Duration::from_millis(2_500),
            log_within: Duration::from_secs(1),
            hint_grace: Duration::from_secs(10),
            n_append_workers: 1,
        }
    }
}

/// What the ingress works with.
#[derive(Clone, Debug)]
pub struct Deps {
    pub store: Store,
    pub queue: Queue,
    pub spool: Spool,
    pub cache: Cache,
    pub tenants: Transport,
    /// The keys of providers that publish theirs.
    pub published: Published,
    pub clock: Clock,
    pub config: Config,
}

/// The ingress: a router to be served, and loops to be run beside it.
pub struct Ingress {
    pub router: axum::Router,
    pub append_workers: Vec<AppendWorker>,
    pub drain: Drain,
    pub repeat_counter: RepeatCounter,
    pub watcher: Watcher,
    pub readiness: Readiness,
}

/// Keeps what is cached of the tenants service true.
pub struct Watcher(Arc<routes::Routes>);

impl Watcher {
    /// Follows the changes for ever; run it until shutdown.
    pub async fn run(self) {
        self.0.follow_changes().await;
    }
}

impl Ingress {
    #[must_use]
    pub fn new(deps: Deps) -> Self {
        let away = Away::new();
        let (repeats, repeat_counter) = Repeats::new(&deps);
        let (appender, append_workers) = append::start(&deps, &away, &repeats);
        let routes = Arc::new(routes::Routes::new(deps.tenants.clone(), deps.clock.clone()));
        let (drain, readiness) = (Drain::new(&deps, away), Readiness::new(&deps, routes.clone()));
        let state = service::Service::new(deps, routes.clone(), appender, repeats);
        Self {
            router: service::router(state),
            append_workers,
            drain,
            repeat_counter,
            watcher: Watcher(routes),
            readiness,
        }
    }
}
