//! The end of tenants that nobody has claimed.

use anyhook_domain::TenantId;
use anyhook_store::StoreError;

use crate::{Service, Tenants};

/// Tenants that are looked at in one go.
const MOST_AT_ONCE: u32 = 50;
/// Events that are ended in one transaction: few enough that nobody waits for it.
const MOST_EVENTS: u32 = 500;

impl Tenants {
    /// Ends tenants whose time is over and that nobody has claimed; to be called every minute or so, by any number of
    /// processes. What they stored does not open any more from the first step on; the log's pruning removes it once its day
    /// is sealed, and the tenant goes with the last of it. Returns how many tenants are gone now.
    ///
    /// # Errors
    /// [`StoreError`] from the database: the rest is done with the next call.
    pub async fn end_quickstarts(&self) -> Result<u64, StoreError> {
        let service = &*self.0;
        let mut n_gone = 0;
        for tenant in service.store.over_quickstarts(service.now(), MOST_AT_ONCE).await? {
            n_gone += u64::from(end(service, tenant).await?);
        }
        service.store.forget_claimed_quickstarts(service.now()).await?;
        Ok(n_gone)
    }
}

/// Whether the tenant is gone.
async fn end(service: &Service, tenant: TenantId) -> Result<bool, StoreError> {
    let mut pending = service.changes.pending(tenant, None);
    // Afterwards there are none.
    pending.name_routes(&service.store).await;
    if !service.store.end_quickstart(tenant, service.now()).await? {
        pending.nothing_changed();
        return Ok(false);
    }
    drop(pending);
    let mut last = None;
    while let Some(event) = service.store.end_events(tenant, last, service.now(), MOST_EVENTS).await? {
        last = Some(event);
    }
    let is_gone = service.store.remove_quickstart(tenant).await?;
    if is_gone {
        tracing::info!(tenant.id = %tenant, "a tenant that nobody has claimed is gone");
    }
    Ok(is_gone)
}
