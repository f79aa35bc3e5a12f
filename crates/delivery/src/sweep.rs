//! The sweep: what is overdue is hinted at again, what was abandoned is counted and goes on.

use std::{collections::HashSet, sync::Arc, time::Duration};

use anyhook_domain::{
    DestinationId, Timestamp,
    delivery::{Hint, Lease},
    retry::{self, Outcome, RetryPolicy},
};
use anyhook_store::{
    StoreError, in_time,
    log::{AttemptRecord, Due, Overdue, Settlement},
};
use futures::future::join_all;

use crate::{Deps, Shared, intake::Saturated};

/// Rows looked at in one go.
const MOST_IN_SWEEP: u32 = 256;
/// Of so many overdue ones at once, those whose destinations have enough to do are put aside …
const MOST_PARKED: u32 = 5_000;
/// … for so long at the most: they are brought back as soon as their destinations can take more.
const PARKED_FOR: Duration = Duration::from_secs(60 * 60);
/// Brought back for one destination at once.
const MOST_UNPARKED: u32 = 500;
/// Destinations that are looked at in one go for what can be brought back; the next time it is the turn of those behind.
const MOST_ASKED: u32 = 64;
/// While so many hints wait, there is enough to do.
const DEEP: usize = 2_000;

/// Looks for what is overdue, again and again.
pub struct Sweeper {
    shared: Arc<Shared>,
    saturated: Arc<Saturated>,
    /// The destination up to which it was last looked what can be brought back.
    looked_at: Option<DestinationId>,
}

impl Sweeper {
    pub(crate) const fn new(shared: Arc<Shared>, saturated: Arc<Saturated>) -> Self {
        Self { shared, saturated, looked_at: None }
    }

    /// Runs for ever; run it until shutdown.
    pub async fn run(mut self) {
        loop {
            // Jittered, so that several sweepers do not look at the same rows in the same instant. Counted from before the
            // look: what comes due while it runs does not wait for longer.
            let wait = self.shared.deps.config.sweep_every.mul_f64(0.75 + 0.5 * rand::random::<f64>());
            let wait = self.shared.deps.clock.sleep(wait);
            let is_more = self.sweep().await.unwrap_or_else(|error| {
                tracing::warn!(%error, "the sweep failed; it is tried again");
                false
            });
            if !is_more {
                tokio::select! { () = wait => {}, () = self.saturated.eased() => {} }
            }
        }
    }

    /// One look; whether there is probably more.
    async fn sweep(&mut self) -> Result<bool, StoreError> {
        let deps = &self.shared.deps;
        if deps.queue.depth() >= DEEP {
            return Ok(false);
        }
        let now = deps.clock.now();
        let saturated = self.saturated.set();
        self.looked_at = self.unpark(&saturated, now).await?;
        let due = in_time(deps.store.due(now, MOST_IN_SWEEP)).await?;
        let is_more = due.len() >= MOST_IN_SWEEP as usize;
        let (mut free, mut abandoned, mut is_any_saturated) = (Vec::new(), Vec::new(), false);
        for it in due {
            match it {
                Due::Free(overdue) if saturated.contains(&overdue.hint.destination_id) => is_any_saturated = true,
                Due::Free(overdue) => free.push(overdue),
                Due::Abandoned { lease, claimed_at } => abandoned.push((lease, claimed_at)),
            }
        }
        self.hint_at(&free, now).await?;
        self.give_up_all(&abandoned, now).await?;
        if is_any_saturated {
            let until = now + PARKED_FOR.mul_f64(0.75 + 0.25 * rand::random::<f64>());
            let destinations: Vec<_> = saturated.into_iter().collect();
            in_time(deps.store.park(&destinations, now, until, MOST_PARKED)).await?;
        }
        Ok(is_more)
    }

    /// Brings back what was put aside for destinations that can take more now. The last one that was looked at, unless there
    /// are none behind it.
    async fn unpark(
        &self,
        saturated: &HashSet<DestinationId>,
        now: Timestamp,
    ) -> Result<Option<DestinationId>, StoreError> {
        let Deps { store, queue, config, .. } = &self.shared.deps;
        let parked = in_time(store.parked_destinations(self.looked_at, MOST_ASKED)).await?;
        for destination in parked.iter().filter(|id| !saturated.contains(id)) {
            queue.publish(in_time(store.unpark(*destination, now + config.hint_grace, MOST_UNPARKED)).await?);
        }
        Ok(parked.last().copied().filter(|_| parked.len() >= MOST_ASKED as usize))
    }

    async fn give_up_all(&self, abandoned: &[(Lease, Timestamp)], now: Timestamp) -> Result<(), StoreError> {
        if abandoned.is_empty() {
            return Ok(());
        }
        // At once: each may ask the tenants service for its destination, and that may take its time.
        let given_up = abandoned.iter().map(|(lease, claimed_at)| self.give_up(lease, *claimed_at, now));
        let moved = in_time(self.shared.deps.store.settle(&join_all(given_up).await)).await?;
        tracing::warn!(n = moved.len(), "attempts were abandoned by their worker; they count, and go on");
        let moved = abandoned.iter().filter(|(lease, _)| moved.contains(&lease.delivery_id));
        self.shared.deps.cache.announce_events(moved.map(|(lease, _)| (lease.tenant_id, lease.event_id)));
        Ok(())
    }

    /// Puts the rows off first: whichever sweeper gets to do that, publishes.
    async fn hint_at(&self, free: &[Overdue], now: Timestamp) -> Result<(), StoreError> {
        if free.is_empty() {
            return Ok(());
        }
        let deps = &self.shared.deps;
        let deferred = in_time(deps.store.defer(free, now + deps.config.hint_grace)).await?;
        let hints = free.iter().map(|overdue| overdue.hint);
        deps.queue.publish(hints.filter(|hint: &Hint| deferred.contains(&hint.delivery_id)).collect());
        Ok(())
    }

    /// A worker vanished with this delivery: counted, so that one that kills its workers comes to an end.
    async fn give_up(&self, lease: &Lease, claimed_at: Timestamp, now: Timestamp) -> Settlement {
        let destination = self.shared.destinations.get(lease.destination_id).await.ok().flatten();
        let policy = destination.as_ref().map_or_else(RetryPolicy::default, |it| it.limits.retries.clone());
        let next = retry::decide(&policy, lease.number(), Outcome::Abandoned, now, rand::random());
        Settlement {
            delivery_id: lease.delivery_id,
            event_id: lease.event_id,
            lease_id: lease.id,
            next,
            settled_at: now,
            attempt: abandoned(lease, destination.map(|it| it.url.clone()), claimed_at, now),
        }
    }
}

fn abandoned(lease: &Lease, url: Option<String>, claimed_at: Timestamp, now: Timestamp) -> AttemptRecord {
    AttemptRecord {
        number: lease.number(),
        started_at: claimed_at,
        duration_ms: u64::try_from(now.since(claimed_at).as_millis()).unwrap_or(u64::MAX),
        outcome: "abandoned",
        status_code: None,
        error: Some("AnyHook stopped during this attempt; whether the handler got it is not known".to_owned()),
        url: url.unwrap_or_default(),
        resolve_ms: None,
        connect_ms: None,
        tls_ms: None,
        first_byte_ms: None,
        sealed_answer: None,
        answer_truncated: false,
    }
}
