//! From hints to running attempts: admit, claim, fetch, send.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use anyhook_domain::{
    DestinationId, EventId, LeaseId,
    delivery::{Hint, Lease},
};
use anyhook_store::{
    StoreError,
    log::{Claim, Content, Hold, Seen, Settlement},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    task::{JoinError, JoinSet},
};
use tokio_util::sync::CancellationToken;

use crate::{
    Shared,
    attempt::Attempt,
    destinations::Destination,
    lanes::{Admission, Lanes},
};

/// Deliveries that are claimed in one transaction.
const MOST_IN_BATCH: usize = 64;

/// The destinations that have as much to do as they may; the sweep leaves them alone.
pub(crate) type Saturated = Arc<Mutex<Vec<DestinationId>>>;

/// Takes hints, claims deliveries, and runs their attempts.
pub struct Dispatcher {
    shared: Arc<Shared>,
    settlements: mpsc::Sender<Settlement>,
    saturated: Saturated,
    lanes: Lanes,
    places: Arc<Semaphore>,
    large_bytes: Arc<Semaphore>,
    left: mpsc::UnboundedReceiver<DestinationId>,
    leave: mpsc::UnboundedSender<DestinationId>,
    running: JoinSet<()>,
}

/// A place in a lane and in the process; given back when dropped, also when the attempt panics.
pub(crate) struct PlaceInLane {
    destination: DestinationId,
    leave: mpsc::UnboundedSender<DestinationId>,
    _place: OwnedSemaphorePermit,
}

impl Drop for PlaceInLane {
    fn drop(&mut self) {
        // The dispatcher is gone only when nothing runs any more.
        let _ = self.leave.send(self.destination);
    }
}

impl Dispatcher {
    pub(crate) fn new(shared: Arc<Shared>, settlements: mpsc::Sender<Settlement>, saturated: Saturated) -> Self {
        let (leave, left) = mpsc::unbounded_channel();
        let config = &shared.deps.config;
        Self {
            lanes: Lanes::new(config.max_per_destination),
            places: Arc::new(Semaphore::new(config.max_in_flight)),
            large_bytes: Arc::new(Semaphore::new(config.max_large_bytes.min(Semaphore::MAX_PERMITS))),
            running: JoinSet::new(),
            shared,
            settlements,
            saturated,
            left,
            leave,
        }
    }

    /// Attempts deliveries until `drain` is cancelled, then finishes what runs. Dropping the future cuts attempts off:
    /// their leases stay, and run out.
    pub async fn run(mut self, drain: CancellationToken) {
        while let Some(hints) = self.next_hints(&drain).await {
            self.dispatch(hints).await;
            self.reap();
        }
        self.reap();
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

    async fn next_hints(&mut self, drain: &CancellationToken) -> Option<Vec<Hint>> {
        loop {
            let n_free = self.places.available_permits().min(MOST_IN_BATCH);
            let hints = tokio::select! {
                biased;
                () = drain.cancelled() => return None,
                Some(destination) = self.left.recv() => self.hints_that_waited(destination),
                hints = self.shared.deps.queue.take(n_free), if n_free > 0 => self.admitted(hints),
            };
            if !hints.is_empty() {
                return Some(hints);
            }
        }
    }

    fn admitted(&mut self, hints: Vec<Hint>) -> Vec<Hint> {
        let admitted = hints.into_iter().filter(|hint| self.lanes.admit(*hint) == Admission::Goes).collect();
        self.tell_saturated();
        admitted
    }

    /// The hints for the places that were given back, as many as there are by now.
    fn hints_that_waited(&mut self, first: DestinationId) -> Vec<Hint> {
        let mut hints: Vec<Hint> = self.lanes.leave(first).into_iter().collect();
        while hints.len() < MOST_IN_BATCH {
            let Ok(destination) = self.left.try_recv() else { break };
            hints.extend(self.lanes.leave(destination));
        }
        self.tell_saturated();
        hints
    }

    fn tell_saturated(&self) {
        *self.saturated.lock().expect("no holder of this lock panics") = self.lanes.saturated();
    }

    async fn dispatch(&mut self, hints: Vec<Hint>) {
        let mut places = Vec::with_capacity(hints.len());
        for hint in &hints {
            // One is free already, or an attempt ends soon: waiting here is what holds the queue back.
            let place = self.places.clone().acquire_owned().await.expect("the semaphore is never closed");
            places.push(PlaceInLane { destination: hint.destination_id, leave: self.leave.clone(), _place: place });
        }
        match self.claim(&hints).await {
            Ok(claimed) => self.start(claimed, hints, places),
            Err(error) => tracing::error!(%error, n = hints.len(), "deliveries could not be claimed; they come back"),
        }
    }

    /// Takes hold of what the hints name, as far as nobody else did, and fetches what is to be sent.
    async fn claim(&self, hints: &[Hint]) -> Result<Vec<Claimed>, StoreError> {
        let now = self.shared.deps.clock.now();
        let mut destinations = HashMap::new();
        let mut claims = Vec::with_capacity(hints.len());
        for hint in hints {
            let destination = match destinations.get(&hint.destination_id) {
                Some(known) => known,
                None => {
                    let found = self.shared.destinations.get(hint.destination_id).await;
                    destinations.entry(hint.destination_id).or_insert(found)
                }
            };
            let Ok(destination) = destination else { continue };
            let timeout = destination.as_ref().map_or_else(Default::default, |it| it.limits.timeout);
            claims.push(Claim {
                seen: Seen { delivery_id: hint.delivery_id, attempts: hint.attempts },
                lease_id: LeaseId(uuid::Uuid::new_v4()),
                claimed_at: now,
                until: now + timeout + self.shared.deps.config.lease_margin,
            });
        }
        let leases = self.shared.deps.store.claim(&claims).await?;
        let (leases, held) = part_held(leases, &destinations);
        self.shared.deps.store.hold(&held).await?;
        self.fetch(leases, &destinations).await
    }

    async fn fetch(
        &self,
        leases: Vec<Lease>,
        destinations: &HashMap<DestinationId, Found>,
    ) -> Result<Vec<Claimed>, StoreError> {
        let events: Vec<EventId> = leases.iter().map(|lease| lease.event_id).collect();
        let contents = self.shared.deps.store.small_contents(&events).await?;
        let claimed = |lease: Lease| Claimed {
            destination: destinations.get(&lease.destination_id).and_then(|found| found.clone().ok().flatten()),
            content: contents.get(&lease.event_id).cloned(),
            lease,
        };
        Ok(leases.into_iter().map(claimed).collect())
    }

    fn start(&mut self, claimed: Vec<Claimed>, hints: Vec<Hint>, places: Vec<PlaceInLane>) {
        let mut places: HashMap<_, _> = hints.iter().map(|hint| hint.delivery_id).zip(places).collect();
        for it in claimed {
            let attempt = Attempt {
                shared: self.shared.clone(),
                settlements: self.settlements.clone(),
                large_bytes: self.large_bytes.clone(),
                lease: it.lease,
                destination: it.destination,
                content: it.content,
            };
            let place = places.remove(&it.lease.delivery_id);
            self.running.spawn(async move {
                attempt.run().await;
                drop(place);
            });
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

/// A claimed delivery with what it needs.
struct Claimed {
    lease: Lease,
    /// `None`: it was deleted.
    destination: Option<Arc<Destination>>,
    /// `None`: it is large, or was erased.
    content: Option<Content>,
}

/// Sorts out the deliveries that are to be held back.
fn part_held(leases: Vec<Lease>, destinations: &HashMap<DestinationId, Found>) -> (Vec<Lease>, Vec<Hold>) {
    let mut held = Vec::new();
    let kept = leases.into_iter().filter(|lease| {
        let destination = destinations.get(&lease.destination_id).and_then(|found| found.as_ref().ok()?.as_ref());
        let reason = destination.and_then(|destination| destination.held);
        held.extend(reason.map(|reason| Hold { delivery_id: lease.delivery_id, lease_id: lease.id, reason }));
        reason.is_none()
    });
    let kept = kept.collect();
    (kept, held)
}
