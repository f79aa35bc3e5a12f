//! `anyhook delivery`: attempts, retries, pruning.

use anyhook_delivery::{Config, Delivery, Deps};
use anyhook_egress::{Egress, EgressConfig};
use anyhook_store::Clock;
use anyhow::Result;

use super::opening::{connect, open, open_cache, open_queue};
use crate::{config::DeliverySettings, health, listen::Listener};

/// Runs until a signal.
///
/// # Errors
/// A sentence that says what kept it from starting, or which part died.
pub async fn delivery(settings: DeliverySettings) -> Result<()> {
    let mut opened = open("anyhook-delivery", &settings.service).await?;
    let tenants = connect(&settings.tenants)?;
    let queue = open_queue(&settings.broker, &mut opened.process)?;
    let cache = open_cache(settings.service.redis_url.as_deref(), &mut opened.process)?;
    let listener = Listener::bind(settings.health_addr, "ANYHOOK_HEALTH_ADDR").await?;
    let delivery = Delivery::new(Deps {
        store: opened.store.clone(),
        queue: queue.clone(),
        cache,
        tenants,
        egress: Egress::new(EgressConfig { allow: settings.allow_destinations, ..EgressConfig::default() })?,
        clock: Clock::system(),
        config: Config {
            max_in_flight: settings.attempts.max_in_flight,
            max_per_destination: settings.attempts.max_per_destination,
            lease_margin: settings.attempts.lease_margin,
            ..Config::default()
        },
    });
    let ready = delivery.readiness.clone();
    let health = health::router(&opened.lifecycle, move || {
        let ready = ready.clone();
        async move { ready.check().await }
    });
    opened.process.delivery(delivery);
    opened.process.serve("health", listener, health);
    tracing::info!(health = %settings.health_addr, "delivery makes attempts");
    opened.run(Some(&queue)).await
}
