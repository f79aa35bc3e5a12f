//! From the spool into the log, in order, once the log is back.

use std::time::Duration;

use anyhook_cache::Cache;
use anyhook_queue::{Queue, Spool, SpooledBatch};
use anyhook_store::{Clock, Store, StoreError, in_time, log::NewEvent};
use bytes::Bytes;

use crate::{Deps, away::Away, hints, spooled};

/// Events in one transaction.
const MOST_IN_BATCH: usize = 64;
/// Between two looks whether the log is back.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// After one that the log refuses: it goes to the end of the line, and must not be tried all the time.
const PAUSE: Duration = Duration::from_secs(5);

/// Moves what was spooled into the log; to be run beside the append workers.
pub struct Drain {
    store: Store,
    spool: Spool,
    queue: Queue,
    cache: Cache,
    away: Away,
    clock: Clock,
}

/// Which messages of a batch could not be stored, though the log is there.
struct Refused(Vec<usize>);

impl Drain {
    pub(crate) fn new(deps: &Deps, away: Away) -> Self {
        Self {
            store: deps.store.clone(),
            spool: deps.spool.clone(),
            queue: deps.queue.clone(),
            cache: deps.cache.clone(),
            away,
            clock: deps.clock.clone(),
        }
    }

    /// Runs for ever; run it until shutdown.
    pub async fn run(self) {
        loop {
            while self.away.is_away() {
                self.look().await;
            }
            tokio::select! {
                batch = self.spool.take(MOST_IN_BATCH) => self.drain(batch).await,
                // Whoever takes nothing leaves the spool to others.
                () = self.away.gone() => {}
            }
        }
    }

    async fn look(&self) {
        self.clock.sleep(LOOK_EVERY.mul_f64(0.5 + rand::random::<f64>())).await;
        if in_time(self.store.try_append()).await.is_ok() {
            self.away.set(false);
        }
    }

    async fn drain(&self, SpooledBatch { messages, mut receipt }: SpooledBatch) {
        match self.store_all(&messages).await {
            Ok(Refused(refused)) if refused.is_empty() => {
                tracing::info!(n = messages.len(), "spooled events are in the log");
                receipt.settle();
            }
            Ok(Refused(refused)) => {
                // First those that are stored: a full spool has room for the others then.
                receipt.settle_some(|n| !refused.contains(&n));
                for n in refused {
                    if self.spool.put(messages[n].clone()).await.is_err() {
                        receipt.give_back();
                        return self.clock.sleep(PAUSE).await;
                    }
                }
                receipt.settle();
                self.clock.sleep(PAUSE).await;
            }
            Err(error) => {
                tracing::warn!(%error, "spooled events wait for the log");
                receipt.give_back();
                self.away.set(true);
            }
        }
    }

    /// # Errors
    /// When the log is away.
    async fn store_all(&self, messages: &[Bytes]) -> Result<Refused, StoreError> {
        let (mut events, mut refused) = (Vec::new(), Vec::new());
        for (n, message) in messages.iter().enumerate() {
            match spooled::decode(message) {
                Ok(event) => events.push((n, event)),
                Err(error) => {
                    tracing::error!(%error, n_bytes = message.len(), "an event stays in the spool");
                    refused.push(n);
                }
            }
        }
        let (numbers, events): (Vec<_>, Vec<_>) = events.into_iter().unzip();
        if !self.try_append(&events).await? {
            for (n, event) in numbers.into_iter().zip(&events) {
                if !self.try_append(std::slice::from_ref(event)).await? {
                    tracing::error!(event.id = %event.id, "an event stays in the spool: the log refuses it");
                    refused.push(n);
                }
            }
        }
        Ok(Refused(refused))
    }

    /// Whether the log took them. One that takes nothing at all, whatever it says, is away.
    async fn try_append(&self, events: &[NewEvent]) -> Result<bool, StoreError> {
        match self.append(events).await {
            Ok(()) => Ok(true),
            Err(error @ StoreError::Unavailable(_)) => Err(error),
            Err(error) => {
                in_time(self.store.try_append()).await?;
                tracing::warn!(%error, n = events.len(), "the log refuses spooled events");
                Ok(false)
            }
        }
    }

    async fn append(&self, events: &[NewEvent]) -> Result<(), StoreError> {
        let appended = in_time(self.store.append_spooled(events)).await?;
        let appended: Vec<_> = appended.into_iter().map(Some).collect();
        hints::tell(&self.queue, &self.cache, events, &appended);
        Ok(())
    }
}
