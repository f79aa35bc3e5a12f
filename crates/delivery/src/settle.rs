//! Settlements in groups: results share a transaction, and wait in memory while the database is away.

use std::time::Duration;

use anyhook_store::{Clock, Store, StoreError, in_time, log::Settlement};
use tokio::sync::mpsc;

/// Settlements in one transaction.
const MOST_IN_BATCH: usize = 256;
/// Between tries while the database is away. Nobody else can claim meanwhile: claims need the database, too.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// Writes the results of attempts; ends when nobody can produce any more.
pub struct Settler {
    store: Store,
    clock: Clock,
    waiting: mpsc::Receiver<Settlement>,
}

impl Settler {
    pub(crate) const fn new(store: Store, clock: Clock, waiting: mpsc::Receiver<Settlement>) -> Self {
        Self { store, clock, waiting }
    }

    /// Runs until the last result is written.
    pub async fn run(mut self) {
        let mut batch = Vec::with_capacity(MOST_IN_BATCH);
        while self.waiting.recv_many(&mut batch, MOST_IN_BATCH).await > 0 {
            self.settle(&batch).await;
            batch.clear();
        }
    }

    async fn settle(&self, batch: &[Settlement]) {
        let Err(error) = self.write(batch).await else { return };
        tracing::warn!(%error, "a batch of results was refused; they are written one by one");
        for settlement in batch {
            if let Err(error) = self.write(std::slice::from_ref(settlement)).await {
                tracing::error!(%error, delivery.id = %settlement.delivery_id, "a result could not be written");
            }
        }
    }

    /// Waits for as long as the database is away; an error is a refusal.
    async fn write(&self, batch: &[Settlement]) -> Result<(), StoreError> {
        loop {
            match in_time(self.store.settle(batch)).await {
                Ok(moved) => {
                    report_stale(batch, moved.len());
                    return Ok(());
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
