//! Sealing: each day's events become part of the chain, ten minutes after the day's end; days that nobody sealed in time,
//! one after the other.

use std::time::Duration;

use anyhook_domain::{Timestamp, anchor};
use anyhook_store::{
    Clock, Store, StoreError, in_time,
    log::{Anchor, Sealing, Step},
};

use crate::Deps;

/// The longest wait between two looks: another process may have gone ahead, or away.
const LOOK_EVERY: Duration = Duration::from_secs(10 * 60);
/// Before it is tried again.
const PAUSE: Duration = Duration::from_secs(5);

/// Seals days, again and again.
pub struct Sealer {
    store: Store,
    clock: Clock,
}

impl Sealer {
    pub(crate) fn new(deps: &Deps) -> Self {
        Self { store: deps.store.clone(), clock: deps.clock.clone() }
    }

    /// Runs for ever; run it until shutdown.
    pub async fn run(self) {
        loop {
            let due_at = match self.seal_all().await {
                Ok(due_at) => due_at,
                Err(error) => {
                    tracing::warn!(%error, "a day could not be sealed; it is tried again, and nothing is pruned before");
                    self.clock.now() + PAUSE
                }
            };
            let wait = self.clock.sleep(due_at.since(self.clock.now()).min(LOOK_EVERY));
            // It may have come to pass before the wait began.
            if self.clock.now() < due_at {
                wait.await;
            }
        }
    }

    /// Seals every day that is due, and says when the next one is.
    async fn seal_all(&self) -> Result<Timestamp, StoreError> {
        let mut has_sealed = false;
        while let Some(sealing) = in_time(self.store.begin_sealing(self.clock.now())).await? {
            if let Some(anchor) = self.seal(sealing).await? {
                tracing::info!(day = %anchor.day, anchor = %anchor.anchor, n = anchor.n_events, "a day is sealed");
                has_sealed = true;
            }
        }
        if has_sealed {
            self.forget().await;
        }
        Ok(anchor::sealed_from(in_time(self.store.open_day(self.clock.now())).await?))
    }

    /// `None` when another process sealed it.
    async fn seal(&self, mut sealing: Sealing) -> Result<Option<Anchor>, StoreError> {
        loop {
            match in_time(self.store.seal(&mut sealing, self.clock.now())).await? {
                Step::More => {}
                Step::Sealed(anchor) => return Ok(Some(anchor)),
                Step::Elsewhere => return Ok(None),
            }
        }
    }

    /// Once a day, by whoever sealed it: leaves that nothing can be proved with any more.
    async fn forget(&self) {
        let mut app = None;
        loop {
            match in_time(self.store.forget_leaves(app)).await {
                Ok(Some(next)) => app = Some(next),
                Ok(None) => return,
                Err(error) => {
                    tracing::warn!(%error, "old leaves could not be removed; it is tried again after the next day");
                    return;
                }
            }
        }
    }
}
