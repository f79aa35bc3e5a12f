//! The roles of a process: which loops run, and in which order they end.

use std::{future::Future, time::Duration};

use anyhook_dashboard as dashboard;
use anyhook_delivery::{self as delivery, Delivery};
use anyhook_egress::Egress;
use anyhook_ingress::{self as ingress, Ingress};
use anyhook_queue::Queue;
use anyhook_rpc::Transport;
use anyhook_store::{Clock, Store};
use anyhook_tenants::{self as tenants, Tenants};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

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
/// When the tenants service cannot start: the master key is another database's, say.
pub async fn run_all(parts: Parts, lifecycle: Lifecycle) -> Result<(), tenants::StartError> {
    let Parts { store, queue, egress, clock, .. } = parts;
    let service = Tenants::start(store.clone(), egress.clone(), clock.clone(), parts.tenants).await?;
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

    // These only matter while others run; they are dropped with this set.
    let mut background = Tasks::default();
    background.start(ingress.watcher.run());
    background.start(delivery.watcher.run());
    background.start(delivery.releaser.run());
    background.start(delivery.pruner.run());
    background.start(until(lifecycle.soft.clone(), delivery.sweeper.run()));
    background.start(forget_expired(service, clock.clone()));

    // These end by themselves once nothing can come to them any more.
    let mut foreground = Tasks::default();
    foreground.start(parts.dashboard_listener.serve(dashboard, lifecycle.clone()));
    foreground.start(parts.ingress_listener.serve(ingress.router, lifecycle.clone()));
    for worker in ingress.append_workers {
        foreground.start(worker.run());
    }
    foreground.start(delivery.dispatcher.run(lifecycle.soft.clone()));
    foreground.start(delivery.settler.run());
    tokio::select! { () = foreground.join() => {}, () = lifecycle.hard.cancelled() => {} }
    Ok(())
}

/// The sweeper must end for the settler to end.
async fn until(end: CancellationToken, work: impl Future<Output = ()> + Send + 'static) {
    tokio::select! { () = end.cancelled() => {}, () = work => {} }
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

/// Tasks of one process; dropped, they stop.
#[derive(Default)]
struct Tasks(JoinSet<()>);

impl Tasks {
    fn start(&mut self, work: impl Future<Output = ()> + Send + 'static) {
        self.0.spawn(work);
    }

    async fn join(&mut self) {
        while let Some(ended) = self.0.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a part of this process did not come to its end");
            }
        }
    }
}
