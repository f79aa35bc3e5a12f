//! The roles of a process: which loops run, and in which order they end.

use std::{future::Future, panic::AssertUnwindSafe, time::Duration};

use anyhook_cache::Cache;
use anyhook_dashboard as dashboard;
use anyhook_delivery::{self as delivery, Delivery};
use anyhook_egress::Egress;
use anyhook_ingress::{self as ingress, Ingress};
use anyhook_queue::Queue;
use anyhook_rpc::Transport;
use anyhook_store::{Clock, Store};
use anyhook_tenants::{self as tenants, Tenants};
use futures::FutureExt;
use tokio::task::JoinSet;

use crate::{lifecycle::Lifecycle, listen::Listener};

/// Between two removals of expired sessions and secrets.
const FORGET_EVERY: Duration = Duration::from_secs(60 * 60);

/// What a whole AnyHook is made of.
pub struct Parts {
    pub store: Store,
    pub queue: Queue,
    pub egress: Egress,
    pub clock: Clock,
    pub tenants: tenants::Config,
    pub ingress: ingress::Config,
    pub delivery: delivery::Config,
    pub dashboard: dashboard::Config,
    pub ingress_listener: Listener,
    pub dashboard_listener: Listener,
}

/// Runs everything in this process until the lifecycle ends it.
///
/// # Errors
/// [`RunError`]: the master key is another database's, say, or a part of the process died.
pub async fn run_all(parts: Parts, lifecycle: Lifecycle) -> Result<(), RunError> {
    let Parts { store, queue, egress, clock, .. } = parts;
    let cache = Cache::local();
    let service = Tenants::start(store.clone(), egress.clone(), cache, clock.clone(), parts.tenants).await?;
    let tenants = Transport::local(service.clone().into_routes());
    let ingress = Ingress::new(ingress::Deps {
        store: store.clone(),
        queue: queue.clone(),
        tenants: tenants.clone(),
        clock: clock.clone(),
        config: parts.ingress,
    });
    let delivery = Delivery::new(delivery::Deps {
        store: store.clone(),
        queue: queue.clone(),
        tenants: tenants.clone(),
        egress,
        clock: clock.clone(),
        config: parts.delivery,
    });
    let dashboard =
        dashboard::router(dashboard::Deps { store, queue, tenants, clock: clock.clone(), config: parts.dashboard });

    // These run for as long as the others do, and are dropped with this set.
    let mut background = Tasks::default();
    background.start("ingress watcher", ingress.watcher.run());
    background.start("delivery watcher", delivery.watcher.run());
    background.start("releaser", delivery.releaser.run());
    background.start("pruner", delivery.pruner.run());
    background.start("sweeper", delivery.sweeper.run());
    background.start("expiry", forget_expired(service, clock.clone()));

    // These end by themselves once nothing can come to them any more.
    let mut foreground = Tasks::default();
    foreground.start("dashboard", parts.dashboard_listener.serve(dashboard, lifecycle.clone()));
    foreground.start("ingress", parts.ingress_listener.serve(ingress.router, lifecycle.clone()));
    for worker in ingress.append_workers {
        foreground.start("append worker", worker.run());
    }
    foreground.start("dispatcher", delivery.dispatcher.run(lifecycle.soft.clone()));
    foreground.start("settler", delivery.settler.run());
    tokio::select! {
        ended = foreground.join_all(&lifecycle) => ended,
        dead = background.first_end() => Err(RunError::Died(dead)),
        () = lifecycle.hard.cancelled() => Ok(()),
    }
}

/// Why a process cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    Start(#[from] tenants::StartError),
    /// Better to be started again than to go on without a part: what was acknowledged is in the log.
    #[error("a part of this process ended before its time: {0}; its log line says why")]
    Died(&'static str),
}

/// Sessions and secrets past their time do not work in any case; this only keeps them from piling up.
async fn forget_expired(tenants: Tenants, clock: Clock) {
    loop {
        if let Err(error) = tenants.forget_expired().await {
            tracing::warn!(%error, "expired sessions and secrets could not be removed; it is tried again");
        }
        clock.sleep(FORGET_EVERY).await;
    }
}

/// Tasks of one process, by name; dropped, they stop.
#[derive(Default)]
struct Tasks(JoinSet<&'static str>);

impl Tasks {
    fn start(&mut self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        self.0.spawn(async move {
            // A panic is a defect of ours; caught here, it has a name.
            match AssertUnwindSafe(work).catch_unwind().await {
                Ok(()) => tracing::debug!(part = name, "a part of this process has ended"),
                Err(_) => tracing::error!(part = name, "a part of this process panicked"),
            }
            name
        });
    }

    /// Waits until all have ended, which they may only after the soft end.
    async fn join_all(&mut self, lifecycle: &Lifecycle) -> Result<(), RunError> {
        while let Some(ended) = self.0.join_next().await {
            if !lifecycle.soft.is_cancelled() {
                return Err(RunError::Died(ended.unwrap_or("aborted")));
            }
        }
        Ok(())
    }

    /// Waits for one that ends although it should not.
    async fn first_end(&mut self) -> &'static str {
        match self.0.join_next().await {
            Some(ended) => ended.unwrap_or("aborted"),
            None => std::future::pending().await,
        }
    }
}
