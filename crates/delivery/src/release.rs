//! Releasing what was held back, once its reason is gone.

use std::sync::Arc;

use anyhook_domain::DestinationId;
use anyhook_store::StoreError;
use tokio::sync::Notify;

use crate::Shared;

/// Deliveries released in one transaction.
const MOST_AT_ONCE: u32 = 256;

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
        for id in self.shared.deps.store.held_destinations().await? {
            // A deleted destination's deliveries are released, too: their attempts find that out, and end them.
            let may_go = self.shared.destinations.get(id).await.is_ok_and(|it| it.is_none_or(|it| it.held.is_none()));
            if may_go {
                self.release(id).await?;
            }
        }
        Ok(())
    }

    async fn release(&self, id: DestinationId) -> Result<(), StoreError> {
        let deps = &self.shared.deps;
        loop {
            let due_at = deps.clock.now() + deps.config.hint_grace;
            let hints = deps.store.release(id, due_at, MOST_AT_ONCE).await?;
            if hints.is_empty() {
                return Ok(());
            }
            tracing::info!(destination.id = %id, n = hints.len(), "held deliveries are released");
            deps.queue.publish(hints);
        }
    }
}
