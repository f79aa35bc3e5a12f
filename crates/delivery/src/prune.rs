//! Pruning: events whose time is over, provider ids that nobody will send again.

use std::time::Duration;

use anyhook_store::{Clock, Store, in_time};

use crate::Deps;

/// Rows removed in one transaction: few enough that nobody waits for it.
const MOST_AT_ONCE: u32 = 500;
/// Days whose partitions are made ahead: events find theirs, however long nobody could make one.
const DAYS_AHEAD: u32 = 3;

/// Removes what has been kept long enough, again and again.
pub struct Pruner {
    store: Store,
    clock: Clock,
    every: Duration,
    dedup_for: Duration,
}

impl Pruner {
    pub(crate) fn new(deps: &Deps) -> Self {
        Self {
            store: deps.store.clone(),
            clock: deps.clock.clone(),
            every: deps.config.prune_every,
            dedup_for: deps.config.dedup_for,
        }
    }

    /// Runs for ever; run it until shutdown.
    pub async fn run(self) {
        loop {
            self.keep_days().await;
            while self.is_sealed_up().await && self.prune().await {}
            self.clock.sleep(self.every).await;
        }
    }

    /// Partitions of coming days are made, those of days that are over and empty dropped.
    async fn keep_days(&self) {
        if let Err(error) = in_time(self.store.keep_days(self.clock.now(), DAYS_AHEAD)).await {
            tracing::warn!(%error, "the log's partitions could not be looked after; it is tried again");
        }
    }

    /// INVARIANT: nothing is removed while a day that is over waits for its seal: the event would not be in the chain.
    async fn is_sealed_up(&self) -> bool {
        in_time(self.store.is_sealed_up(self.clock.now())).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "nothing is pruned, since nobody knows whether all days are sealed; it is tried again");
            false
        })
    }

    /// Whether there is probably more.
    async fn prune(&self) -> bool {
        let now = self.clock.now();
        match in_time(self.store.prune(now, now - self.dedup_for, MOST_AT_ONCE)).await {
            Ok(pruned) => pruned.n_events.max(pruned.n_dedup_keys) >= u64::from(MOST_AT_ONCE),
            Err(error) => {
                tracing::warn!(%error, "pruning failed; it is tried again");
                false
            }
        }
    }
}
