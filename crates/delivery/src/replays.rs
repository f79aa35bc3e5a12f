//! Replays of many events: batch after batch, by whichever process comes first.

use std::{sync::Arc, time::Duration};

use anyhook_domain::{DeliveryId, Timestamp};
use anyhook_store::{
    StoreError, in_time,
    log::{Replay, ReplayTimes},
};

use crate::Shared;

/// Between two looks for replays that may go on.
const EVERY: Duration = Duration::from_secs(1);
/// Replays that go on in one look; those that wait longest come first.
const MOST: u32 = 32;
/// Events replayed in one transaction.
const MOST_AT_ONCE: usize = 500;
/// Between two clearings of what ended long ago.
const CLEAR_EVERY: Duration = Duration::from_secs(60 * 60);

/// Goes on with replays of many events, again and again.
pub struct Replayer {
    shared: Arc<Shared>,
}

impl Replayer {
    pub(crate) const fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Runs for ever; run it until shutdown.
    pub async fn run(self) {
        let mut cleared_at = None;
        loop {
            let now = self.shared.deps.clock.now();
            let wait = match self.round(now).await {
                Ok(wait) => wait,
                Err(error) => {
                    tracing::warn!(%error, "replays could not go on; it is tried again");
                    EVERY
                }
            };
            if cleared_at.is_none_or(|at: Timestamp| now.since(at) >= CLEAR_EVERY) {
                self.clear(now).await;
                cleared_at = Some(now);
            }
            if !wait.is_zero() {
                self.shared.deps.clock.sleep(wait).await;
            }
        }
    }

    /// One batch of each, and how long until the next one. A replay that cannot go on stops no other.
    async fn round(&self, now: Timestamp) -> Result<Duration, StoreError> {
        let mut wait = EVERY;
        for replay in in_time(self.shared.deps.store.due_replays(now, MOST)).await? {
            match self.advance(&replay, now).await {
                Ok(own) => wait = wait.min(own),
                Err(error) => tracing::warn!(%error, replay.id = %replay.id, "a replay could not go on"),
            }
        }
        Ok(wait)
    }

    /// How long its rate makes it wait then; not at all, where a part of the log held nothing for it.
    async fn advance(&self, replay: &Replay, now: Timestamp) -> Result<Duration, StoreError> {
        let deps = &self.shared.deps;
        let times = ReplayTimes { now, due_at: now + deps.config.hint_grace };
        // Not more than a second's worth, so that a slow replay is slow throughout.
        let most = MOST_AT_ONCE.min(replay.rate_per_second.max(1) as usize);
        let new_id = || DeliveryId::new(now, rand::random());
        let step = in_time(deps.store.advance_replay(replay, times, most, new_id)).await?;
        // Another process goes on with it.
        let Some(step) = step else { return Ok(EVERY) };
        let tenant = replay.filter.tenant;
        let wait = if step.is_over { EVERY } else { replay.pause_after(step.events.len()) };
        deps.queue.publish(step.hints);
        deps.cache.announce_events(step.events.into_iter().map(|event| (tenant, event)));
        if step.is_over {
            tracing::info!(tenant.id = %tenant, replay.id = %replay.id, "a replay is done");
        }
        Ok(wait)
    }

    async fn clear(&self, now: Timestamp) {
        let store = &self.shared.deps.store;
        let cleared = in_time(async {
            store.forget_replays(now).await?;
            store.forget_replay_urls(now).await?;
            store.forget_keys(now).await
        });
        if let Err(error) = cleared.await {
            tracing::warn!(%error, "old replays and keys could not be removed; it is tried again");
        }
    }
}
