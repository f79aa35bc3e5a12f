//! `anyhook ingress`: the inbound URLs.

use anyhook_egress::{Egress, EgressConfig, Published};
use anyhook_ingress::{Config, Deps, Ingress};
use anyhook_store::Clock;
use anyhow::Result;

use super::opening::{open, open_cache, open_queue, open_spool};
use crate::{config::IngressSettings, health, listen::Listener};

/// Transactions at once: while one waits for the disk, the next is gathered.
const N_APPEND_WORKERS: usize = 4;

/// Runs until a signal.
///
/// # Errors
/// A sentence that says what kept it from starting, or which part died.
pub async fn ingress(settings: IngressSettings) -> Result<()> {
    let mut opened = open("anyhook-ingress", &settings.service).await?;
    let queue = open_queue(&settings.broker, &mut opened.process)?;
    let spool = open_spool(&settings.broker, settings.ingress.max_body_bytes, &mut opened.process)?;
    let cache = open_cache(settings.service.redis.as_ref(), &mut opened.process)?;
    let listener = Listener::bind(settings.ingress.addr, "ANYHOOK_INGRESS_ADDR").await?;
    let address = listener.address()?;
    // Providers publish their keys on the public internet, at https's own port.
    let egress = Egress::new(EgressConfig { allow_http: false, ports: Some(vec![443]), ..EgressConfig::default() })?;
    let ingress = Ingress::new(Deps {
        store: opened.store.clone(),
        queue: queue.clone(),
        spool,
        cache,
        tenants: settings.tenants,
        published: Published::new(egress),
        clock: Clock::system(),
        config: Config {
            public_url: settings.public_url,
            max_body_bytes: settings.ingress.max_body_bytes,
            n_append_workers: N_APPEND_WORKERS,
            ..Config::default()
        },
    });
    let health = health::router(&opened.lifecycle, ingress.readiness.clone(), |it| async move { it.check().await });
    opened.process.ingress(ingress, listener, health);
    tracing::info!(%address, "ingress takes requests");
    opened.run(Some(&queue)).await
}
