//! Which hints go next: those that waited in a lane, and new ones from the queue.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use anyhook_domain::DestinationId;
use anyhook_queue::{Queue, Taken};
use futures::FutureExt;
use tokio::sync::Notify;

use crate::lanes::{Admission, Lanes};

/// Deliveries that are claimed in one transaction.
const MOST_IN_BATCH: usize = 64;

/// The destinations that have as much to do as they may: the sweep puts aside what waits for them, and looks again as
/// soon as one of them has not.
#[derive(Debug, Default)]
pub(crate) struct Saturated {
    destinations: Mutex<HashSet<DestinationId>>,
    eased: Notify,
}

impl Saturated {
    pub(crate) fn set(&self) -> HashSet<DestinationId> {
        self.destinations.lock().expect("no holder of this lock panics").clone()
    }

    /// Waits until a destination can take more.
    pub(crate) async fn eased(&self) {
        self.eased.notified().await;
    }

    fn tell(&self, now: HashSet<DestinationId>) {
        let mut known = self.destinations.lock().expect("no holder of this lock panics");
        let is_eased = !known.is_subset(&now);
        *known = now;
        drop(known);
        if is_eased {
            self.eased.notify_one();
        }
    }
}

pub(crate) struct Intake {
    pub(crate) lanes: Lanes,
    queue: Queue,
    saturated: Arc<Saturated>,
}

impl Intake {
    pub(crate) const fn new(lanes: Lanes, queue: Queue, saturated: Arc<Saturated>) -> Self {
        Self { lanes, queue, saturated }
    }

    /// Those that waited and have a place now, with what is there of new ones: somebody who always has some waiting must not
    /// keep these away. `None`: nobody who waited can go.
    pub(crate) fn ready(&mut self) -> Option<Taken> {
        let mut hints: Vec<_> = std::iter::from_fn(|| self.lanes.next()).take(MOST_IN_BATCH).collect();
        self.tell_saturated();
        if hints.is_empty() {
            return None;
        }
        let new = if self.lanes.n_free() > 0 { self.take().now_or_never() } else { None };
        let Some(new) = new else { return Some(hints.into()) };
        let Taken { hints: admitted, receipt } = self.admit(new);
        hints.extend(admitted);
        Some(Taken { hints, receipt })
    }

    /// New ones, as soon as there are some. Nothing is lost when the future is dropped.
    pub(crate) async fn take(&self) -> Taken {
        self.queue.take(MOST_IN_BATCH).await
    }

    /// Leaves those of new ones that have a place; the others wait in their lanes.
    pub(crate) fn admit(&mut self, mut taken: Taken) -> Taken {
        taken.hints.retain(|hint| self.lanes.admit(*hint) == Admission::Goes);
        self.tell_saturated();
        taken
    }

    fn tell_saturated(&self) {
        self.saturated.tell(self.lanes.saturated());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::hint;

    #[tokio::test]
    async fn who_always_has_some_waiting_keeps_no_new_ones_away() {
        let queue = Queue::local(100);
        let mut intake = Intake::new(Lanes::new(100, 2), queue.clone(), Arc::default());
        queue.publish((0..10).map(|n| hint(n, 1)).collect());
        let taken = intake.take().await;
        assert_eq!(intake.admit(taken).hints, [hint(0, 1), hint(1, 1)]);
        assert!(intake.ready().is_none(), "its places are taken");
        intake.lanes.leave(hint(0, 1).destination_id);
        queue.publish(vec![hint(10, 2), hint(11, 1)]);
        assert_eq!(intake.ready().unwrap().hints, [hint(2, 1), hint(10, 2)]);
    }
}
