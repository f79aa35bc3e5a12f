//! Who may go next: a lane for each destination, so that a slow one keeps only its own waiting. Pure.

use std::collections::{HashMap, VecDeque};

use anyhook_domain::{DestinationId, delivery::Hint};

/// Hints that wait in one lane; further ones are dropped, and their rows come back when they are overdue.
const MOST_WAITING: usize = 1_000;

/// What becomes of a hint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It has a place: to be claimed now.
    Goes,
    /// It waits for a place in its lane.
    Waits,
    /// Its lane is full.
    Dropped,
}

#[derive(Debug)]
pub(crate) struct Lanes {
    lanes: HashMap<DestinationId, Lane>,
    max_per_lane: usize,
}

#[derive(Debug, Default)]
struct Lane {
    n_taken: usize,
    waiting: VecDeque<Hint>,
}

impl Lanes {
    pub(crate) fn new(max_per_lane: usize) -> Self {
        Self { lanes: HashMap::new(), max_per_lane: max_per_lane.max(1) }
    }

    /// Takes a place for a hint, or lets it wait.
    pub(crate) fn admit(&mut self, hint: Hint) -> Admission {
        let lane = self.lanes.entry(hint.destination_id).or_default();
        if lane.n_taken < self.max_per_lane {
            lane.n_taken += 1;
            Admission::Goes
        } else if lane.waiting.len() < MOST_WAITING {
            lane.waiting.push_back(hint);
            Admission::Waits
        } else {
            Admission::Dropped
        }
    }

    /// Gives a place back; the hint that gets it, if one waited.
    pub(crate) fn leave(&mut self, destination: DestinationId) -> Option<Hint> {
        let lane = self.lanes.get_mut(&destination)?;
        let next = lane.waiting.pop_front();
        if next.is_none() {
            lane.n_taken = lane.n_taken.saturating_sub(1);
            if lane.n_taken == 0 {
                self.lanes.remove(&destination);
            }
        }
        next
    }

    /// The destinations whose lanes take no more.
    pub(crate) fn saturated(&self) -> Vec<DestinationId> {
        let full = self.lanes.iter().filter(|(_, lane)| lane.waiting.len() >= MOST_WAITING / 2);
        full.map(|(destination, _)| *destination).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhook_domain::DeliveryId;
    use uuid::Uuid;

    fn hint(delivery: u128, destination: u128) -> Hint {
        Hint {
            delivery_id: DeliveryId(Uuid::from_u128(delivery)),
            destination_id: DestinationId(Uuid::from_u128(destination)),
            attempts: 0,
        }
    }

    #[test]
    fn a_full_lane_keeps_nobody_else_waiting() {
        let mut lanes = Lanes::new(2);
        assert_eq!(lanes.admit(hint(1, 1)), Admission::Goes);
        assert_eq!(lanes.admit(hint(2, 1)), Admission::Goes);
        assert_eq!(lanes.admit(hint(3, 1)), Admission::Waits);
        assert_eq!(lanes.admit(hint(4, 2)), Admission::Goes);
    }

    #[test]
    fn places_pass_on_in_order_and_lanes_vanish() {
        let mut lanes = Lanes::new(1);
        let destination = hint(0, 1).destination_id;
        for n in 1..=3 {
            lanes.admit(hint(n, 1));
        }
        assert_eq!(lanes.leave(destination), Some(hint(2, 1)));
        assert_eq!(lanes.leave(destination), Some(hint(3, 1)));
        assert_eq!(lanes.leave(destination), None);
        assert!(lanes.lanes.is_empty());
        assert_eq!(lanes.leave(destination), None);
        assert_eq!(lanes.admit(hint(4, 1)), Admission::Goes);
    }

    #[test]
    fn waiting_is_bounded_and_told() {
        let mut lanes = Lanes::new(1);
        lanes.admit(hint(0, 1));
        let admissions: Vec<_> = (0..=MOST_WAITING as u128).map(|n| lanes.admit(hint(n, 1))).collect();
        assert_eq!(admissions.iter().filter(|it| **it == Admission::Waits).count(), MOST_WAITING);
        assert_eq!(admissions.last(), Some(&Admission::Dropped));
        assert_eq!(lanes.saturated(), [hint(0, 1).destination_id]);
    }
}
