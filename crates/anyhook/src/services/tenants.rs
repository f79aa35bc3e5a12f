//! `anyhook tenants`: accounts, apps, secrets and keys over gRPC. Alone has the master key.

use anyhook_egress::{Egress, EgressConfig};
use anyhook_store::Clock;
use anyhook_tenants::Tenants;
use anyhow::Result;

use super::opening::{open, open_cache};
use crate::{
    config::TenantsSettings,
    health,
    listen::{Listener, bind},
    roles,
};

/// Runs until a signal.
///
/// # Errors
/// A sentence that says what kept it from starting, or which part died.
pub async fn tenants(settings: TenantsSettings) -> Result<()> {
    let mut opened = open("anyhook-tenants", &settings.service).await?;
    let listener = bind(settings.addr, "ANYHOOK_TENANTS_ADDR").await?;
    let health_listener = Listener::bind(settings.health_addr, "ANYHOOK_HEALTH_ADDR").await?;
    let egress = Egress::new(EgressConfig { allow: settings.allow_destinations, ..EgressConfig::default() })?;
    let config = roles::settings::tenants(settings.accounts, settings.master_key, settings.mail, settings.ingress_url);
    let clock = Clock::system();
    let cache = open_cache(settings.service.redis.as_ref(), &mut opened.process)?;
    let tenants = Tenants::start(opened.store.clone(), egress, cache, clock.clone(), config).await?;
    let health = health::router(&opened.lifecycle, tenants.clone(), |it| async move { it.check().await });
    opened.process.keep("changes of other processes", tenants.clone().follow_others());
    opened.process.forget_expired(tenants.clone(), clock);
    opened.process.mail(&tenants);
    opened.process.serve("health", health_listener, health);
    opened.process.tenants(tenants, listener, settings.guard);
    tracing::info!(address = %settings.addr, health = %settings.health_addr, "tenants answers");
    opened.run(None).await
}
