//! `anyhook dashboard`: the REST API and the pages.

use anyhook_dashboard::{Config, Deps, router};
use anyhook_store::Clock;
use anyhow::Result;

use super::opening::{open, open_cache, open_queue};
use crate::{config::DashboardSettings, health, listen::Listener};

/// Runs until a signal.
///
/// # Errors
/// A sentence that says what kept it from starting, or which part died.
pub async fn dashboard(settings: DashboardSettings) -> Result<()> {
    let mut opened = open("anyhook-dashboard", &settings.service).await?;
    let queue = open_queue(&settings.broker, &mut opened.process)?;
    let redis_url = settings.service.redis.as_ref();
    let cache = open_cache(redis_url, &mut opened.process)?;
    let listener = Listener::bind(settings.addr, "ANYHOOK_DASHBOARD_ADDR").await?;
    let address = listener.address()?;
    let dashboard = router(Deps {
        store: opened.store.clone(),
        queue: queue.clone(),
        cache,
        tenants: settings.tenants,
        clock: Clock::system(),
        ending: opened.lifecycle.soft.clone(),
        config: Config {
            public_ingress_url: settings.public_ingress_url,
            public_dashboard_url: settings.public_url,
            replay_grace: anyhook_delivery::Config::default().hint_grace,
            hears_others: redis_url.is_some(),
            requests_per_minute: settings.api_requests_per_minute,
            trusted_proxies: settings.trusted_proxies,
        },
    });
    let dashboard = health::unready_while_stopping(dashboard, &opened.lifecycle);
    opened.process.serve("dashboard", listener, dashboard);
    tracing::info!(%address, "dashboard answers");
    opened.run(Some(&queue)).await
}
