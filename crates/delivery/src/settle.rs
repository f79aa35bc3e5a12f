//! Settlements in groups: results share a transaction, and wait in memory while the database is away. Those who look
//! on are told.

use std::{collections::HashSet, time::Duration};

use anyhook_cache::Cache;
use anyhook_domain::{DeliveryId, TenantId};
use anyhook_store::{Clock, Store, StoreError, in_time, log::Settlement};
use tokio::sync::mpsc;

use crate::{Deps, dispatch::PlaceInLane};

/// Settlements in one transaction.
const MOST_IN_BATCH: usize = 256;
/// Between tries while the database is away. Nobody else can claim meanwhile: claims need the database, too.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// A result that is on its way to the log.
pub(crate) struct Unsettled {
    /// Given back once the result is written: whoever comes next must find this one ended.
    pub(crate) place: Option<PlaceInLane>,
    pub(crate) tenant_id: TenantId,
    pub(crate) settlement: Settlement,
}

/// Writes the results of attempts; ends when nobody can produce any more.
pub struct Settler {
    store: Store,
    cache: Cache,
    clock: Clock,
    waiting: mpsc::Receiver<Unsettled>,
}

impl Settler {
    pub(crate) fn new(deps: &Deps, waiting: mpsc::Receiver<Unsettled>) -> Self {
        Self { store: deps.store.clone(), cache: deps.cache.clone(), clock: deps.clock.clone(), waiting }
    }

    /// Runs until the last result is written.
    pub async fn run(mut self) {
        let mut batch = Vec::with_capacity(MOST_IN_BATCH);
        while self.waiting.recv_many(&mut batch, MOST_IN_BATCH).await > 0 {
            let (places, (tenants, settlements)): (Vec<_>, (Vec<_>, Vec<_>)) =
                batch.drain(..).map(|it: Unsettled| (it.place, (it.tenant_id, it.settlement))).unzip();
            let moved = self.settle(&settlements).await;
            drop(places);
            let moved = tenants.into_iter().zip(&settlements).filter(|(_, it)| moved.contains(&it.delivery_id));
            self.cache.announce_events(moved.map(|(tenant, it)| (tenant, it.event_id)));
        }
    }

    /// The deliveries that moved.
    async fn settle(&self, batch: &[Settlement]) -> HashSet<DeliveryId> {
        let error = match self.write(batch).await {
            Ok(moved) => return moved,
            Err(error) => error,
        };
        tracing::warn!(%error, "a batch of results was refused; they are written one by one");
        let mut moved = HashSet::new();
        for settlement in batch {
            match self.write(std::slice::from_ref(settlement)).await {
                Ok(it) => moved.extend(it),
                Err(error) => {
                    tracing::error!(%error, delivery.id = %settlement.delivery_id, "a result could not be written");
                }
            }
        }
        moved
    }

    /// Waits for as long as the database is away; an error is a refusal.
    async fn write(&self, batch: &[Settlement]) -> Result<HashSet<DeliveryId>, StoreError> {
        loop {
            match in_time(self.store.settle(batch)).await {
                Ok(moved) => {
                    report_stale(batch, moved.len());
                    return Ok(moved);
                }
                Err(error @ StoreError::Unavailable(_)) => {
                    tracing::warn!(%error, n = batch.len(), "results wait for the database");
                    self.clock.sleep(RETRY_AFTER).await;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

fn report_stale(batch: &[Settlement], n_moved: usize) {
    let n_stale = batch.len() - n_moved;
    if n_stale > 0 {
        tracing::warn!(n_stale, "results came after their lease had run out; they changed nothing");
    }
}
