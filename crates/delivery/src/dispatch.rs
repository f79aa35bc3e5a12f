//! From hints to running attempts: admit, claim, fetch, send.

use std::{
    collections::{HashMap, HashSet},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use anyhook_domain::{
    DeliveryId, DestinationId, EventId, LeaseId, Timestamp,
    delivery::{HeldReason, Hint, Lease},
};
use anyhook_queue::Taken;
use anyhook_store::{
    Clock, StoreError, in_time,
    log::{Claim, Content, Hold, Seen},
};
use futures::{StreamExt, stream};
use tokio::{
    sync::{Semaphore, mpsc},
    task::{JoinError, JoinSet},
};
use tokio_util::sync::CancellationToken;

use crate::{
    Deps, Shared,
    attempt::Attempt,
    destinations::Destination,
    gates::{self, Tries},
    intake::{Intake, Saturated},
    lanes::{self, Lanes},
    parted::{Parted, Waiting},
    rates,
    settle::Unsettled,
};

/// Between two looks whether a destination has room again that other processes fill.
const LOOK_FOR_ROOM: Duration = Duration::from_millis(500);
/// Destinations with a bound for which deliveries are claimed at once, each in a transaction of its own.
const CLAIMS_AT_ONCE: usize = 8;

/// Takes hints, claims deliveries, and runs their attempts.
pub struct Dispatcher {
    shared: Arc<Shared>,
    settlements: mpsc::Sender<Unsettled>,
    intake: Intake,
    large_bytes: Arc<Semaphore>,
    left: mpsc::UnboundedReceiver<DestinationId>,
    /// Those about whose breakers something is new.
    changed: mpsc::UnboundedReceiver<DestinationId>,
    leave: mpsc::UnboundedSender<DestinationId>,
    running: JoinSet<()>,
    cut: CancellationToken,
}

type Places = HashMap<DeliveryId, PlaceInLane>;

/// A place in a lane; given back when dropped, also when the attempt panics.
pub(crate) struct PlaceInLane {
    destination: DestinationId,
    /// `None` once it was given back.
    leave: Option<mpsc::UnboundedSender<DestinationId>>,
}

impl PlaceInLane {
    /// Gives it back at once.
    fn give_back(mut self, lanes: &mut Lanes) {
        self.leave = None;
        lanes.leave(self.destination);
    }
}

impl Drop for PlaceInLane {
    fn drop(&mut self) {
        if let Some(leave) = &self.leave {
            // At a hard end the dispatcher may be gone first.
            let _ = leave.send(self.destination);
        }
    }
}

impl Dispatcher {
    pub(crate) fn new(
        shared: Arc<Shared>,
        settlements: mpsc::Sender<Unsettled>,
        saturated: Arc<Saturated>,
        changed: mpsc::UnboundedReceiver<DestinationId>,
    ) -> Self {
        let (leave, left) = mpsc::unbounded_channel();
        let config = &shared.deps.config;
        Self {
            intake: Intake::new(
                Lanes::new(config.max_in_flight, config.max_per_destination),
                shared.deps.queue.clone(),
                saturated,
            ),
            large_bytes: Arc::new(Semaphore::new(config.max_large_bytes.min(Semaphore::MAX_PERMITS))),
            running: JoinSet::new(),
            cut: CancellationToken::new(),
            shared,
            settlements,
            left,
            changed,
            leave,
        }
    }

    /// Attempts deliveries until `drain` is cancelled; then gives to others what waits here, and finishes what runs.
    /// What still runs when `cut` is cancelled is handed back, uncounted. Dropping the future cuts attempts off, too:
    /// their leases stay, and run out.
    pub async fn run(mut self, drain: CancellationToken, cut: CancellationToken) {
        self.cut = cut;
        while let Some(Taken { hints, receipt }) = self.next_hints(&drain).await {
            self.dispatch(hints).await;
            // Also for what waits in a lane and for what could not be claimed: their rows come back by themselves.
            receipt.settle();
            self.reap();
        }
        self.reap();
        let queue = &self.shared.deps.queue;
        queue.publish(self.intake.lanes.take_waiting());
        queue.stop_taking();
        if !self.running.is_empty() {
            tracing::info!(n_running = self.running.len(), "finishing the attempts that are running");
        }
        while let Some(ended) = self.running.join_next().await {
            report_panic(&ended);
        }
    }

    fn reap(&mut self) {
        while let Some(ended) = self.running.try_join_next() {
            report_panic(&ended);
        }
    }

    async fn next_hints(&mut self, drain: &CancellationToken) -> Option<Taken> {
        loop {
            if drain.is_cancelled() {
                return None;
            }
            if let Some(taken) = self.intake.ready() {
                return Some(taken);
            }
            let wakes_at = self.intake.lanes.wakes_at();
            tokio::select! {
                biased;
                () = drain.cancelled() => return None,
                Some(destination) = self.left.recv() => self.leave_all(destination),
                Some(destination) = self.changed.recv() => self.heed_breaker(destination),
                () = wait_until(&self.shared.deps.clock, wakes_at) => self.intake.lanes.wake(self.shared.deps.clock.now()),
                taken = self.intake.take(), if self.intake.lanes.n_free() > 0 => return Some(self.intake.admit(taken)),
            }
        }
    }

    /// Gives back all the places that were left by now.
    fn leave_all(&mut self, first: DestinationId) {
        self.intake.lanes.leave(first);
        while let Ok(destination) = self.left.try_recv() {
            self.intake.lanes.leave(destination);
        }
    }

    fn heed_breaker(&mut self, destination: DestinationId) {
        let n_places = gates::places(self.shared.breakers.gate(destination));
        self.intake.lanes.let_through(destination, n_places);
    }

    async fn dispatch(&mut self, hints: Vec<Hint>) {
        let place = |hint: &Hint| PlaceInLane { destination: hint.destination_id, leave: Some(self.leave.clone()) };
        let mut places: Places = hints.iter().map(|hint| (hint.delivery_id, place(hint))).collect();
        let destinations = self.look_up(&hints).await;
        for (id, found) in &destinations {
            self.intake.lanes.bound(*id, bound_of(found).map(|most| most as usize));
        }
        let (by_breaker, tries) = self.pass(hints, &destinations).await;
        let Deps { cache, clock, .. } = &self.shared.deps;
        let (by_rate, counted) =
            rates::part(cache, by_breaker.go, |hint| rate_of(&destinations, hint), clock.now()).await;
        let claimed = self.claim(&by_rate.go, &destinations).await;
        let begun = claimed.as_ref().map_or_else(|_| HashSet::new(), |it| it.begun.clone());
        counted.take_back(cache, &begun).await;
        // Those that came last first: each stretch waits before the one behind it.
        self.wait(by_breaker.wait, &mut places);
        self.wait(by_rate.wait, &mut places);
        match claimed {
            Ok(claimed) => {
                self.wait(self.no_room(claimed.refused), &mut places);
                self.start(claimed.claimed, places, &tries);
            }
            Err(error) => {
                tracing::error!(%error, n = by_rate.go.len(), "deliveries could not be claimed; they come back");
            }
        }
        for (_, destination) in tries.into_iter().filter(|(delivery, _)| !begun.contains(delivery)) {
            self.shared.breakers.give_back_try(destination).await;
        }
    }

    /// Parts the hints by the breakers of their destinations. What is only to be held back or ended goes.
    async fn pass(&mut self, hints: Vec<Hint>, destinations: &HashMap<DestinationId, Found>) -> (Parted, Tries) {
        let mut n_new: HashMap<DestinationId, usize> = HashMap::new();
        hints.iter().for_each(|hint| *n_new.entry(hint.destination_id).or_default() += 1);
        n_new.keys().for_each(|id| self.heed_breaker(*id));
        let lease_of = |hint: &Hint| {
            let destination = destinations.get(&hint.destination_id)?.as_ref().ok()?.as_ref()?;
            let lease = destination.limits.timeout + self.shared.deps.config.lease_margin;
            Some(lease).filter(|_| destination.held.is_none())
        };
        let n_running = |id| self.intake.lanes.n_taken(id).saturating_sub(n_new.get(&id).copied().unwrap_or(0));
        gates::part(&self.shared.breakers, hints, lease_of, n_running, self.shared.deps.clock.now()).await
    }

    /// They wait again, before those that came later. Their places are given back here and now: when one is given back
    /// later, there is room for another.
    fn wait(&mut self, waiting: Waiting, places: &mut Places) {
        for hint in waiting.hints.into_iter().rev() {
            self.intake.lanes.put_back(hint);
            if let Some(place) = places.remove(&hint.delivery_id) {
                place.give_back(&mut self.intake.lanes);
            }
        }
        waiting.holds.into_iter().for_each(|(id, hold)| self.intake.lanes.hold(id, hold));
    }

    /// As many as may run at once run in other processes: looked for again in a moment, or when one ends here.
    fn no_room(&self, refused: Vec<Hint>) -> Waiting {
        let until = self.shared.deps.clock.now() + LOOK_FOR_ROOM.mul_f64(0.5 + 0.5 * rand::random::<f64>());
        let holds = refused.iter().map(|hint| (hint.destination_id, lanes::Hold::Room(until))).collect();
        Waiting { hints: refused, holds }
    }

    /// Takes hold of what the hints name, as far as nobody else did and there is room, and fetches what is to be sent.
    async fn claim(
        &self,
        hints: &[Hint],
        destinations: &HashMap<DestinationId, Found>,
    ) -> Result<ClaimedBatch, StoreError> {
        let is_bounded = |hint: &&Hint| destinations.get(&hint.destination_id).is_some_and(|it| bound_of(it).is_some());
        let (bounded, free): (Vec<_>, Vec<_>) = hints.iter().partition(is_bounded);
        let store = &self.shared.deps.store;
        let mut leases = in_time(store.claim(&self.claims(&free, destinations))).await?;
        let mut refused = Vec::new();
        let ids: HashSet<_> = bounded.iter().map(|hint| hint.destination_id).collect();
        let within = stream::iter(ids).map(|id| self.claim_within(id, &bounded, destinations));
        let mut within = pin!(within.buffer_unordered(CLAIMS_AT_ONCE));
        while let Some((of_one, refused_of_one)) = within.next().await {
            leases.extend(of_one);
            refused.extend(refused_of_one);
        }
        let begun = leases.iter().map(|lease| lease.delivery_id).collect();
        let (leases, held) = part_held(leases, destinations);
        self.hold(&held).await;
        Ok(ClaimedBatch { claimed: self.fetch(leases, destinations).await, begun, refused })
    }

    /// The same for one destination with a bound: the leases, and those for which there was no room, in order.
    async fn claim_within(
        &self,
        id: DestinationId,
        hints: &[&Hint],
        destinations: &HashMap<DestinationId, Found>,
    ) -> (Vec<Lease>, Vec<Hint>) {
        let hints: Vec<_> = hints.iter().copied().filter(|hint| hint.destination_id == id).collect();
        let claims = self.claims(&hints, destinations);
        match in_time(self.shared.deps.store.claim_within(id, &claims, self.shared.deps.clock.now())).await {
            Ok(within) => {
                let refused = hints.into_iter().filter(|it| within.refused.contains(&it.delivery_id));
                (within.leases, refused.copied().collect())
            }
            // What was claimed for others must be attempted.
            Err(error) => {
                tracing::error!(%error, destination.id = %id, "deliveries could not be claimed; they come back");
                (Vec::new(), Vec::new())
            }
        }
    }

    async fn hold(&self, held: &[(Lease, HeldReason)]) {
        let Deps { store, cache, clock, .. } = &self.shared.deps;
        let held_at = clock.now();
        let hold = |(lease, reason): &(Lease, HeldReason)| Hold {
            delivery_id: lease.delivery_id,
            lease_id: lease.id,
            reason: *reason,
            held_at,
        };
        match in_time(store.hold(&held.iter().map(hold).collect::<Vec<_>>())).await {
            Ok(()) => cache.announce_events(held.iter().map(|(lease, _)| (lease.tenant_id, lease.event_id))),
            Err(error) => {
                tracing::warn!(%error, n = held.len(), "deliveries could not be held back; their leases run out");
            }
        }
    }

    /// The destinations, all at once: each may take a call to the tenants service.
    async fn look_up(&self, hints: &[Hint]) -> HashMap<DestinationId, Found> {
        let ids: HashSet<_> = hints.iter().map(|hint| hint.destination_id).collect();
        let found = ids.into_iter().map(async |id| (id, self.shared.destinations.get(id).await));
        futures::future::join_all(found).await.into_iter().collect()
    }

    fn claims(&self, hints: &[&Hint], destinations: &HashMap<DestinationId, Found>) -> Vec<Claim> {
        let now = self.shared.deps.clock.now();
        let claim = |hint: &&Hint| {
            // What is not known now is left alone: its row comes back.
            let destination = destinations.get(&hint.destination_id)?.as_ref().ok()?;
            let timeout = destination.as_ref().map_or_else(Default::default, |it| it.limits.timeout);
            Some(Claim {
                seen: Seen { delivery_id: hint.delivery_id, attempts: hint.attempts },
                lease_id: LeaseId(uuid::Uuid::new_v4()),
                claimed_at: now,
                until: now + timeout + self.shared.deps.config.lease_margin,
                due_by: now + self.shared.deps.config.early_by(),
            })
        };
        hints.iter().filter_map(claim).collect()
    }

    async fn fetch(&self, leases: Vec<Lease>, destinations: &HashMap<DestinationId, Found>) -> Vec<Claimed> {
        let events: Vec<EventId> = leases.iter().map(|lease| lease.event_id).collect();
        let contents = in_time(self.shared.deps.store.small_contents(&events)).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "contents could not be fetched together; each attempt fetches its own");
            HashMap::new()
        });
        let claimed = |lease: Lease| Claimed {
            destination: destinations.get(&lease.destination_id).and_then(|found| found.clone().ok().flatten()),
            content: contents.get(&lease.event_id).cloned(),
            lease,
        };
        leases.into_iter().map(claimed).collect()
    }

    fn start(&mut self, claimed: Vec<Claimed>, mut places: Places, tries: &Tries) {
        for it in claimed {
            let Some(place) = places.remove(&it.lease.delivery_id) else { continue };
            let attempt = Attempt {
                is_try: tries.contains_key(&it.lease.delivery_id),
                is_bounded: it.destination.as_ref().is_some_and(|it| it.limits.max_concurrency.is_some()),
                place,
                shared: self.shared.clone(),
                settlements: self.settlements.clone(),
                large_bytes: self.large_bytes.clone(),
                lease: it.lease,
                destination: it.destination,
                content: it.content,
                cut: self.cut.clone(),
            };
            self.running.spawn(attempt.run());
        }
    }
}

/// A panic is a defect of ours; its delivery's lease runs out, which counts as an attempt.
fn report_panic(ended: &Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "an attempt did not come to its end");
    }
}

/// A destination as it was found: known, deleted, or not to be learned now.
type Found = Result<Option<Arc<Destination>>, crate::destinations::NoAnswer>;

/// How many attempts may run at once at a destination.
fn bound_of(found: &Found) -> Option<u32> {
    found.as_ref().ok()?.as_ref()?.limits.max_concurrency
}

/// Of what is held back nothing begins.
fn rate_of(destinations: &HashMap<DestinationId, Found>, hint: &Hint) -> Option<u32> {
    let destination = destinations.get(&hint.destination_id)?.as_ref().ok()?.as_ref()?;
    destination.limits.rate_per_second.filter(|_| destination.held.is_none())
}

/// Waits for an instant, or for ever.
async fn wait_until(clock: &Clock, until: Option<Timestamp>) {
    let Some(until) = until else { return std::future::pending().await };
    let sleep = clock.sleep(until.since(clock.now()));
    if clock.now() < until {
        sleep.await;
    }
}

/// What came of some hints.
struct ClaimedBatch {
    claimed: Vec<Claimed>,
    /// The deliveries that somebody got hold of.
    begun: HashSet<DeliveryId>,
    /// Those for which their destination had no room, in order.
    refused: Vec<Hint>,
}

/// A claimed delivery with what it needs.
struct Claimed {
    lease: Lease,
    /// `None`: it was deleted.
    destination: Option<Arc<Destination>>,
    /// `None`: it is large, or was erased.
    content: Option<Content>,
}

/// Sorts out the deliveries that are to be held back.
fn part_held(
    leases: Vec<Lease>,
    destinations: &HashMap<DestinationId, Found>,
) -> (Vec<Lease>, Vec<(Lease, HeldReason)>) {
    let mut held = Vec::new();
    let kept = leases.into_iter().filter(|lease| {
        let destination = destinations.get(&lease.destination_id).and_then(|found| found.as_ref().ok()?.as_ref());
        let reason = destination.and_then(|destination| destination.held);
        held.extend(reason.map(|reason| (*lease, reason)));
        reason.is_none()
    });
    let kept = kept.collect();
    (kept, held)
}
