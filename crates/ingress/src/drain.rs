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

/// Some messages of a batch could not be stored, though the log is there.
struct Refused(Vec<Bytes>);

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

    async fn drain(&self, SpooledBatch { messages, receipt }: SpooledBatch) {
        match self.store_all(&messages).await {
            Ok(Refused(refused)) if refused.is_empty() => {
                tracing::info!(n = messages.len(), "spooled events are in the log");
                receipt.settle();
            }
            Ok(Refused(refused)) => {
                for message in refused {
                    if self.spool.put(message).await.is_err() {
                        // It stays where it is, with its neighbours: storing them again changes nothing.
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
    /// [`StoreError::Unavailable`].
    async fn store_all(&self, messages: &[Bytes]) -> Result<Refused, StoreError> {
        let (mut events, mut refused) = (Vec::new(), Vec::new());
        for message in messages {
            match spooled::decode(message) {
                Ok(event) => events.push((event, message)),
                Err(error) => {
                    tracing::error!(%error, n_bytes = message.len(), "an event stays in the spool");
                    refused.push(message.clone());
                }
            }
        }
        let (events, messages): (Vec<_>, Vec<_>) = events.into_iter().unzip();
        match self.append(&events).await {
            Err(StoreError::Broken(error)) => {
                tracing::warn!(%error, "a batch was refused; its events are stored one by one");
                for (event, message) in events.iter().zip(messages) {
                    match self.append(std::slice::from_ref(event)).await {
                        Err(StoreError::Broken(error)) => {
                            tracing::error!(%error, event.id = %event.id, "an event stays in the spool");
                            refused.push(message.clone());
                        }
                        other => other?,
                    }
                }
            }
            other => other?,
        }
        Ok(Refused(refused))
    }

    async fn append(&self, events: &[NewEvent]) -> Result<(), StoreError> {
        let appended = in_time(self.store.append_spooled(events)).await?;
        let appended: Vec<_> = appended.into_iter().map(Some).collect();
        hints::tell(&self.queue, &self.cache, events, &appended);
        Ok(())
    }
}
