//! Releasing what was held back, once its reason is gone.

use std::sync::Arc;

use anyhook_domain::{DestinationId, Month, Timestamp};
use anyhook_store::{StoreError, in_time, log::Release};
use tokio::sync::Notify;

use crate::{Shared, destinations::Destination};

/// Deliveries released in one transaction.
const MOST_AT_ONCE: u32 = 256;
/// Everything was made before this.
const ALL: Timestamp = Timestamp::from_unix_ms(i64::MAX);

/// Looks, whenever something changed and now and then, for held deliveries that may go.
pub struct Releaser {
    shared: Arc<Shared>,
    changed: Arc<Notify>,
}

impl Releaser {
    pub(crate) const fn new(shared: Arc<Shared>, changed: Arc<Notify>) -> Self {
        Self { shared, changed }
    }

    /// Runs for ever; run it until shutdown.
    pub async fn run(self) {
        loop {
            if let Err(error) = self.release_all().await {
                tracing::warn!(%error, "held deliveries could not be released; it is tried again");
            }
            let wait = self.shared.deps.clock.sleep(self.shared.deps.config.release_every);
            tokio::select! { () = wait => {}, () = self.changed.notified() => {} }
        }
    }

    async fn release_all(&self) -> Result<(), StoreError> {
        for id in in_time(self.shared.deps.store.held_destinations()).await? {
            let Ok(destination) = self.shared.destinations.get(id).await else { continue };
            if destination.as_ref().is_none_or(|it| it.held.is_none()) {
                let over_quota_before = self.over_quota_before(destination.as_deref()).await?;
                self.release(id, over_quota_before).await?;
            }
        }
        Ok(())
    }

    /// What was held back over the plan's number may go if it was made before this instant. A deleted destination's
    /// deliveries are released, too: their attempts find that out, and end them.
    async fn over_quota_before(&self, destination: Option<&Destination>) -> Result<Timestamp, StoreError> {
        let Some((tenant, limit)) = destination.and_then(|it| Some((it.tenant_id, it.events_per_month?))) else {
            return Ok(ALL);
        };
        let month = Month::of(self.shared.deps.clock.now());
        let n_used = in_time(self.shared.deps.store.usage(tenant, month)).await?;
        Ok(made_before(month, n_used, limit))
    }

    async fn release(&self, id: DestinationId, over_quota_before: Timestamp) -> Result<(), StoreError> {
        let deps = &self.shared.deps;
        loop {
            let due_at = deps.clock.now() + deps.config.hint_grace;
            let release = Release { destination: id, over_quota_before, due_at, most: MOST_AT_ONCE };
            let hints = in_time(deps.store.release(release)).await?;
            if hints.is_empty() {
                return Ok(());
            }
            tracing::info!(destination.id = %id, n = hints.len(), "held deliveries are released");
            deps.queue.publish(hints);
        }
    }
}

/// Former months' go with the new one, for whose number they do not count. This month's go together, once the plan takes
/// all that came: it was raised, or the figure that they were held back for was too high.
fn made_before(month: Month, n_used: u64, limit: u64) -> Timestamp {
    if n_used <= limit { ALL } else { month.starts_at() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_the_plan_goes_with_a_new_month_or_a_larger_plan() {
        let month = Month::of(Timestamp::from_unix_ms(1_750_000_000_000));
        assert_eq!(made_before(month, 11, 10), month.starts_at());
        assert_eq!([made_before(month, 10, 10), made_before(month, 11, 100)], [ALL; 2]);
    }
}
