//! `anyhook delivery`: attempts, retries, pruning.

use anyhook_delivery::{Delivery, Deps};
use anyhook_egress::{Egress, EgressConfig};
use anyhook_store::Clock;
use anyhow::Result;

use super::opening::{open, open_cache, open_queue};
use crate::{config::DeliverySettings, health, listen::Listener, roles};

/// Runs until a signal.
///
/// # Errors
/// A sentence that says what kept it from starting, or which part died.
pub async fn delivery(settings: DeliverySettings) -> Result<()> {
    let mut opened = open("anyhook-delivery", &settings.service).await?;
    let queue = open_queue(&settings.broker, &mut opened.process)?;
    let cache = open_cache(settings.service.redis.as_ref(), &mut opened.process)?;
    let listener = Listener::bind(settings.health_addr, "ANYHOOK_HEALTH_ADDR").await?;
    let delivery = Delivery::new(Deps {
        store: opened.store.clone(),
        queue: queue.clone(),
        cache,
        tenants: settings.tenants,
        egress: Egress::new(EgressConfig { allow: settings.allow_destinations, ..EgressConfig::default() })?,
        clock: Clock::system(),
        config: roles::settings::delivery(settings.attempts),
    });
    let health = health::router(&opened.lifecycle, delivery.readiness.clone(), |it| async move { it.check().await });
    opened.process.delivery(delivery);
    opened.process.serve("health", listener, health);
    tracing::info!(health = %settings.health_addr, "delivery makes attempts");
    opened.run(Some(&queue)).await
}
