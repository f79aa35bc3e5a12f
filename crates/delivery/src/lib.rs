//! Attempts, next attempts, holding back and releasing, sealing days, pruning.
//!
//! A worker wakes on a hint or a jittered timer, and acts only on what the rows say.

mod anchors;
mod attempt;
mod breakers;
mod destinations;
mod dispatch;
#[cfg(test)]
mod fixture;
mod gates;
mod intake;
mod lanes;
mod parted;
mod prepare;
mod prune;
mod rates;
mod ready;
mod release;
mod replays;
mod settle;
mod sweep;

use std::{sync::Arc, time::Duration};

use anyhook_cache::Cache;
use anyhook_egress::Egress;
use anyhook_queue::Queue;
use anyhook_rpc::Transport;
use anyhook_store::{Clock, Store};
use tokio::sync::{Notify, mpsc};

pub use anchors::Sealer;
pub use dispatch::Dispatcher;
pub use prune::Pruner;
pub use ready::{NotReady, Readiness};
pub use release::Releaser;
pub use replays::Replayer;
pub use settle::Settler;
pub use sweep::Sweeper;

use breakers::Breakers;
use destinations::Destinations;
use intake::Saturated;

/// How deliveries are made.
#[derive(Clone, Debug)]
pub struct Config {
    /// Attempts that this process makes at once.
    pub max_in_flight: usize,
    /// Of them, to one destination.
    pub max_per_destination: usize,
    /// Bytes of bodies longer than 256 KiB that may be in flight at once.
    pub max_large_bytes: usize,
    /// A lease is the attempt's time and this much longer.
    pub lease_margin: Duration,
    /// How long the sweep leaves a delivery to its hint.
    pub hint_grace: Duration,
    /// Between two looks for what is overdue.
    pub sweep_every: Duration,
    /// Between two looks for what may be released.
    pub release_every: Duration,
    /// Between two looks which breakers are open.
    pub breakers_every: Duration,
    /// Between two prunings.
    pub prune_every: Duration,
    /// For how long a provider's event is recognised when it comes again.
    pub dedup_for: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_in_flight: 1_000,
            max_per_destination: 50,
            max_large_bytes: 256 * 1024 * 1024,
            lease_margin: Duration::from_secs(60),
            hint_grace: Duration::from_secs(10),
            sweep_every: Duration::from_secs(1),
            release_every: Duration::from_secs(30),
            breakers_every: Duration::from_secs(1),
            prune_every: Duration::from_secs(60),
            dedup_for: Duration::from_secs(7 * 24 * 60 * 60),
        }
    }
}

/// How far the clocks of two processes may be apart.
const CLOCKS_APART: Duration = Duration::from_secs(5);

impl Config {
    /// How early a hint may rightly come: those of new deliveries and of the sweep come before their rows are due.
    fn early_by(&self) -> Duration {
        self.hint_grace + CLOCKS_APART
    }
}

/// What delivery works with.
#[derive(Clone)]
pub struct Deps {
    pub store: Store,
    pub queue: Queue,
    pub cache: Cache,
    pub tenants: Transport,
    pub egress: Egress,
    pub clock: Clock,
    pub config: Config,
}

/// The loops of the delivery service. The dispatcher ends when it has drained, the settler when the dispatcher is gone; the
/// others run until they are dropped.
pub struct Delivery {
    pub dispatcher: Dispatcher,
    pub settler: Settler,
    pub sweeper: Sweeper,
    pub releaser: Releaser,
    pub replayer: Replayer,
    pub pruner: Pruner,
    pub sealer: Sealer,
    pub watcher: Watcher,
    pub readiness: Readiness,
}

/// Keeps true what is known of the tenants service, and of what other processes do.
pub struct Watcher {
    shared: Arc<Shared>,
}

impl Watcher {
    /// Follows the changes for ever; run it until shutdown.
    pub async fn run(self) {
        tokio::join!(self.shared.destinations.follow_changes(&self.shared.deps.clock), self.follow_breakers());
    }

    async fn follow_breakers(&self) {
        let Deps { clock, config, .. } = &self.shared.deps;
        loop {
            if let Err(error) = self.shared.breakers.refresh().await {
                tracing::warn!(%error, "the breakers could not be looked at; they stay as they were");
            }
            clock.sleep(config.breakers_every.mul_f64(0.75 + 0.5 * rand::random::<f64>())).await;
        }
    }
}

/// Settlements that wait for a transaction; attempts wait when there are more.
const MOST_UNSETTLED: usize = 4_096;

impl Delivery {
    #[must_use]
    pub fn new(deps: Deps) -> Self {
        let changed = Arc::new(Notify::new());
        let destinations = Destinations::new(deps.tenants.clone(), changed.clone());
        let (settlements, settled) = mpsc::channel(MOST_UNSETTLED);
        let saturated = Arc::new(Saturated::default());
        let (breakers, about_breakers) =
            Breakers::new(deps.store.clone(), deps.clock.clone(), deps.config.max_per_destination);
        let shared = Arc::new(Shared { deps, destinations, breakers });
        Self {
            dispatcher: Dispatcher::new(shared.clone(), settlements, Arc::clone(&saturated), about_breakers),
            settler: Settler::new(&shared.deps, settled),
            sweeper: Sweeper::new(shared.clone(), saturated),
            releaser: Releaser::new(shared.clone(), changed),
            replayer: Replayer::new(shared.clone()),
            pruner: Pruner::new(&shared.deps),
            sealer: Sealer::new(&shared.deps),
            readiness: Readiness::new(shared.clone()),
            watcher: Watcher { shared },
        }
    }
}

/// What all loops work with.
struct Shared {
    deps: Deps,
    destinations: Destinations,
    breakers: Breakers,
}
