//! What is left of a tenant's plan: the shared figure where it is known, and else the log's.
//!
//! The log's figure is exact and is fetched again every half minute; in between the cache counts. Requests at the same
//! time may go beyond a limit by as many as they are. When nobody knows, the event is accepted.

use std::time::Duration;

use anyhook_cache::{Cache, Fresh, Freshness};
use anyhook_domain::{Month, TenantId, Timestamp, plan::Standing};
use anyhook_store::Store;
use tokio::time::timeout;

use crate::Deps;

/// Tenants whose figures are remembered.
const CAPACITY: usize = 20_000;
/// Between two looks into the log.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// The shared figure is not used for longer without a look: it may lack what a process did not get to tell.
const KEPT_FOR: Duration = Duration::from_secs(60);
/// A sender waits for a look no longer than this.
const LOOKED_WITHIN: Duration = Duration::from_millis(250);

/// Knows how much tenants have used.
pub(crate) struct Quota {
    cache: Cache,
    store: Store,
    looked: Fresh<(TenantId, Month), u64>,
}

/// The log did not say, or not in time.
struct NotKnown;

impl Quota {
    pub(crate) fn new(deps: &Deps) -> Self {
        let freshness = Freshness { fresh_for: LOOK_EVERY, ..Freshness::default() };
        Self { cache: deps.cache.clone(), store: deps.store.clone(), looked: Fresh::new(CAPACITY, freshness) }
    }

    /// Where the tenant stands before an event of this instant.
    pub(crate) async fn standing(&self, tenant: TenantId, limit: u64, at: Timestamp) -> Standing {
        let used = self.used(tenant, Month::of(at)).await;
        used.map_or(Standing::Within, |n_used| Standing::after(n_used, limit))
    }

    /// Counts one event that was stored.
    pub(crate) async fn count(&self, tenant: TenantId, at: Timestamp) {
        // Where the figure is not known, the next look brings it.
        let _ = self.cache.count(&key(tenant, Month::of(at)), 1).await;
    }

    /// The cache's figure, or else what the last look found, however long ago that was; `None`: neither is known.
    async fn used(&self, tenant: TenantId, month: Month) -> Option<u64> {
        let looked = self.looked.get(&(tenant, month), || self.look(tenant, month)).await.ok().flatten();
        self.cache.read(&key(tenant, month)).await.or(looked)
    }

    async fn look(&self, tenant: TenantId, month: Month) -> Result<Option<u64>, NotKnown> {
        let usage = timeout(LOOKED_WITHIN, self.store.usage(tenant, month)).await;
        let n_used = usage.map_err(|_| NotKnown)?.map_err(|error| {
            tracing::warn!(%error, tenant.id = %tenant, "how much of a plan is used could not be looked up");
            NotKnown
        })?;
        self.cache.set(&key(tenant, month), n_used, KEPT_FOR).await;
        Ok(Some(n_used))
    }
}

fn key(tenant: TenantId, month: Month) -> String {
    format!("usage:{tenant}:{month}")
}
