//! The breakers of destinations as this process knows them: what it has seen itself, and what the rows say.

use std::{
    collections::{HashMap, HashSet},
    sync::Mutex,
    time::Duration,
};

use anyhook_domain::{
    DestinationId, Timestamp,
    breaker::{Breaker, Gate, Sign, Window},
    retry::Outcome,
};
use anyhook_store::{Clock, Store, StoreError, in_time};
use tokio::sync::mpsc;

/// A closed breaker's row is kept for so long: those who look see that it was open, and since when it is not.
const KEPT_FOR: Duration = Duration::from_secs(10 * 60);

pub(crate) struct Breakers {
    store: Store,
    clock: Clock,
    /// Attempts at once without a breaker.
    most: u32,
    known: Mutex<Known>,
    changes: mpsc::UnboundedSender<DestinationId>,
}

#[derive(Default)]
struct Known {
    breakers: HashMap<DestinationId, Breaker>,
    windows: HashMap<DestinationId, Window>,
}

impl Breakers {
    /// The receiver names each destination about whose breaker something is new.
    pub(crate) fn new(
        store: Store,
        clock: Clock,
        max_per_destination: usize,
    ) -> (Self, mpsc::UnboundedReceiver<DestinationId>) {
        let (changes, changed) = mpsc::unbounded_channel();
        let most = u32::try_from(max_per_destination).unwrap_or(u32::MAX);
        (Self { store, clock, most, known: Mutex::default(), changes }, changed)
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().expect("no holder of this lock panics")
    }

    /// What may begin now at a destination.
    pub(crate) fn gate(&self, destination: DestinationId) -> Gate {
        let breaker = self.known().breakers.get(&destination).copied();
        breaker.map_or(Gate::Open, |it| it.gate(self.clock.now(), self.most))
    }

    /// Takes hold of the next try, until an instant at the latest; false when it is another's.
    pub(crate) async fn take_try(&self, destination: DestinationId, until: Timestamp) -> bool {
        let taken = in_time(self.store.take_try(destination, self.clock.now(), until)).await.unwrap_or_else(|error| {
            tracing::warn!(%error, destination.id = %destination, "a destination that is held back could not be tried");
            false
        });
        if taken && let Some(breaker) = self.known().breakers.get_mut(&destination) {
            breaker.trying_until = Some(until);
        }
        taken
    }

    /// Somebody else may try in this one's place.
    pub(crate) async fn give_back_try(&self, destination: DestinationId) {
        if let Err(error) = in_time(self.store.give_back_try(destination)).await {
            tracing::warn!(%error, destination.id = %destination, "a try could not be given back; its time runs out");
            return;
        }
        if let Some(breaker) = self.known().breakers.get_mut(&destination) {
            breaker.trying_until = None;
        }
        self.tell(destination);
    }

    /// Counts how an attempt ended, and does what follows from it. INVARIANT: nothing that follows keeps the attempt's
    /// result from being settled.
    pub(crate) async fn record(&self, destination: DestinationId, outcome: Outcome, is_try: bool) {
        match Sign::of(outcome) {
            Some(sign) if is_try => self.end_try(destination, sign).await,
            Some(sign) => {
                if let Some(opened) = self.count(destination, sign) {
                    self.open(destination, opened).await;
                }
            }
            None if is_try => self.give_back_try(destination).await,
            None => {}
        }
    }

    /// The breaker that opens with this attempt. While one is open only tries count: what ends now began before.
    fn count(&self, destination: DestinationId, sign: Sign) -> Option<Breaker> {
        let now = self.clock.now();
        let mut known = self.known();
        if known.breakers.get(&destination).is_some_and(|it| it.closed_at.is_none()) {
            return None;
        }
        let opens = known.windows.entry(destination).or_default().record(sign, now);
        opens.then(|| {
            known.windows.remove(&destination);
            Breaker::opened(now, rand::random())
        })
    }

    async fn open(&self, destination: DestinationId, breaker: Breaker) {
        match in_time(self.store.open_breaker(destination, &breaker)).await {
            Ok(true) => {
                tracing::warn!(destination.id = %destination, try_at = %breaker.try_at, "a destination fails: held back");
                self.known().breakers.insert(destination, breaker);
                self.tell(destination);
            }
            // Another process was first, which the next look shows; or it is no destination of an app.
            Ok(false) => {}
            // Further failures open it.
            Err(error) => tracing::warn!(%error, destination.id = %destination, "a breaker could not be opened"),
        }
    }

    async fn end_try(&self, destination: DestinationId, sign: Sign) {
        let now = self.clock.now();
        let before = self.known().breakers.get(&destination).copied();
        let before = before.unwrap_or_else(|| Breaker::opened(now, 0.0));
        let after = match sign {
            Sign::Alive => before.closed(now),
            Sign::Failing | Sign::Away => before.failed_again(now, rand::random()),
        };
        if let Err(error) = in_time(self.store.end_try(destination, &after)).await {
            tracing::warn!(%error, destination.id = %destination, "a try's end could not be written; its time runs out");
            return;
        }
        if after.closed_at.is_some() {
            tracing::info!(destination.id = %destination, "a destination is well again: it gets more and more");
        }
        let mut known = self.known();
        known.breakers.insert(destination, after);
        known.windows.remove(&destination);
        drop(known);
        self.tell(destination);
    }

    /// Looks at the rows; to be called every second or so.
    ///
    /// # Errors
    /// [`StoreError`]: what is known stays.
    pub(crate) async fn refresh(&self) -> Result<(), StoreError> {
        let rows: HashMap<_, _> = in_time(self.store.breakers()).await?.into_iter().collect();
        let now = self.clock.now();
        let is_old = |breaker: &Breaker| breaker.closed_at.is_some_and(|closed_at| closed_at + KEPT_FOR <= now);
        let has_old = rows.values().any(is_old);
        for destination in self.take_over(rows, now) {
            self.tell(destination);
        }
        if has_old {
            in_time(self.store.forget_breakers(now - KEPT_FOR)).await?;
        }
        Ok(())
    }

    /// The destinations about which something is new; also those that get more and more.
    fn take_over(&self, rows: HashMap<DestinationId, Breaker>, now: Timestamp) -> HashSet<DestinationId> {
        let mut known = self.known();
        known.windows.retain(|_, window| !window.forget(now));
        let before = std::mem::replace(&mut known.breakers, rows);
        let is_new = |id: &DestinationId| before.get(id) != known.breakers.get(id);
        let mut told: HashSet<_> = before.keys().chain(known.breakers.keys()).copied().filter(is_new).collect();
        let recovering = known.breakers.iter().filter(|(_, breaker)| breaker.closed_at.is_some());
        told.extend(recovering.map(|(id, _)| *id));
        told
    }

    fn tell(&self, destination: DestinationId) {
        // Once the dispatcher has drained nobody listens.
        let _ = self.changes.send(destination);
    }
}
