//! All services in one process.

use anyhook_cache::Cache;
use anyhook_dashboard as dashboard;
use anyhook_delivery::{self as delivery, Delivery};
use anyhook_egress::{Egress, Published};
use anyhook_ingress::{self as ingress, Ingress};
use anyhook_queue::{Queue, Spool};
use anyhook_rpc::Transport;
use anyhook_store::{Clock, Store};
use anyhook_tenants::{self as tenants, Tenants};

use super::{Process, RunError};
use crate::{health, lifecycle::Lifecycle, listen::Listener};

/// What a whole AnyHook is made of.
pub struct Parts {
    pub store: Store,
    pub queue: Queue,
    pub spool: Spool,
    pub cache: Cache,
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
    let Parts { store, queue, cache, egress, clock, .. } = parts;
    let service = Tenants::start(store.clone(), egress.clone(), cache.clone(), clock.clone(), parts.tenants).await?;
    let tenants = Transport::local(service.clone().into_routes());
    let ingress = Ingress::new(ingress::Deps {
        store: store.clone(),
        queue: queue.clone(),
        spool: parts.spool,
        cache: cache.clone(),
        tenants: tenants.clone(),
        published: Published::new(egress.clone()),
        clock: clock.clone(),
        config: parts.ingress,
    });
    let delivery = Delivery::new(delivery::Deps {
        store: store.clone(),
        queue: queue.clone(),
        cache: cache.clone(),
        tenants: tenants.clone(),
        egress,
        clock: clock.clone(),
        config: parts.delivery,
    });
    let dashboard = dashboard::router(dashboard::Deps {
        store,
        queue: queue.clone(),
        cache,
        tenants,
        clock: clock.clone(),
        ending: lifecycle.soft.clone(),
        config: parts.dashboard,
    });

    let mut process = Process::new(lifecycle.clone());
    let health = health::router(&lifecycle, ingress.readiness.clone(), |it| async move { it.check().await });
    process.ingress(ingress, parts.ingress_listener, health);
    process.delivery(delivery);
    process.mail(&service);
    process.forget_expired(service, clock);
    process.serve("dashboard", parts.dashboard_listener, health::unready_while_stopping(dashboard, &lifecycle));
    process.run(Some(&queue)).await
}
