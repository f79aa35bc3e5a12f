//! Who may go next: a lane for each destination, so that a slow one keeps only its own waiting. Pure.

use std::collections::{HashMap, HashSet, VecDeque};

use anyhook_domain::{DeliveryId, DestinationId, delivery::Hint};

/// Hints that wait in one lane; further ones are dropped, and their rows come back when they are overdue.
const MOST_WAITING: usize = 20_000;
/// Hints that wait in all lanes together: some tens of MiB at the most.
const MOST_WAITING_IN_ALL: usize = 200_000;
/// A lane that has so many waiting needs no more from the sweep.
const PLENTY: usize = 1_000;
/// Lanes that are looked at when a place becomes free; the next time it is the turn of those behind them.
const MOST_ASKED: usize = 64;

/// What becomes of a hint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It has a place: to be claimed now.
    Goes,
    /// It waits for a place, or waits already.
    Waits,
    /// There is no room for it to wait.
    Dropped,
}

#[derive(Debug)]
pub(crate) struct Lanes {
    lanes: HashMap<DestinationId, Lane>,
    /// The lanes in which somebody waits, each once; they take turns.
    turns: VecDeque<DestinationId>,
    max_in_all: usize,
    max_per_lane: usize,
    n_taken: usize,
    n_waiting: usize,
}

#[derive(Debug, Default)]
struct Lane {
    n_taken: usize,
    waiting: VecDeque<Hint>,
    /// The same by id: the sweep hints again at what waits for long.
    known: HashSet<DeliveryId>,
}

impl Lanes {
    pub(crate) fn new(max_in_all: usize, max_per_lane: usize) -> Self {
        Self {
            lanes: HashMap::new(),
            turns: VecDeque::new(),
            max_in_all: max_in_all.max(1),
            max_per_lane: max_per_lane.max(1),
            n_taken: 0,
            n_waiting: 0,
        }
    }

    /// How many places are free.
    pub(crate) const fn n_free(&self) -> usize {
        self.max_in_all.saturating_sub(self.n_taken)
    }

    /// The places of one lane. The more lanes there are, the fewer, so that a newcomer always finds one free.
    fn limit(&self) -> usize {
        self.max_per_lane.min(self.max_in_all / (self.lanes.len() + 1)).max(1)
    }

    /// Takes a place for a hint, or lets it wait.
    pub(crate) fn admit(&mut self, hint: Hint) -> Admission {
        let (limit, is_free) = (self.limit(), self.n_free() > 0);
        let lane = self.lanes.entry(hint.destination_id).or_default();
        if lane.known.contains(&hint.delivery_id) {
            return Admission::Waits;
        }
        if is_free && lane.n_taken < limit && lane.waiting.is_empty() {
            lane.n_taken += 1;
            self.n_taken += 1;
            return Admission::Goes;
        }
        if lane.waiting.len() >= MOST_WAITING || self.n_waiting >= MOST_WAITING_IN_ALL {
            if lane.n_taken == 0 && lane.waiting.is_empty() {
                self.lanes.remove(&hint.destination_id);
            }
            return Admission::Dropped;
        }
        if lane.waiting.is_empty() {
            self.turns.push_back(hint.destination_id);
        }
        lane.known.insert(hint.delivery_id);
        lane.waiting.push_back(hint);
        self.n_waiting += 1;
        Admission::Waits
    }

    /// Gives a place back.
    pub(crate) fn leave(&mut self, destination: DestinationId) {
        let Some(lane) = self.lanes.get_mut(&destination) else { return };
        lane.n_taken = lane.n_taken.saturating_sub(1);
        self.n_taken = self.n_taken.saturating_sub(1);
        if lane.n_taken == 0 && lane.waiting.is_empty() {
            self.lanes.remove(&destination);
        }
    }

    /// The next hint that waited and may go now; it has taken its place.
    pub(crate) fn next(&mut self) -> Option<Hint> {
        let limit = self.limit();
        for _ in 0..self.turns.len().min(MOST_ASKED) {
            if self.n_free() == 0 {
                return None;
            }
            let destination = self.turns.pop_front()?;
            let lane = self.lanes.get_mut(&destination).expect("a lane in which somebody waits is kept");
            let hint = if lane.n_taken < limit { lane.waiting.pop_front() } else { None };
            if !lane.waiting.is_empty() {
                self.turns.push_back(destination);
            }
            if let Some(hint) = hint {
                lane.known.remove(&hint.delivery_id);
                lane.n_taken += 1;
                self.n_taken += 1;
                self.n_waiting -= 1;
                return Some(hint);
            }
        }
        None
    }

    /// Lets go of all that wait.
    pub(crate) fn take_waiting(&mut self) -> Vec<Hint> {
        self.turns.clear();
        self.n_waiting = 0;
        let waiting = self.lanes.values_mut().flat_map(|lane| {
            lane.known.clear();
            lane.waiting.drain(..)
        });
        waiting.collect()
    }

    /// The destinations that have enough to do.
    pub(crate) fn saturated(&self) -> HashSet<DestinationId> {
        let full = self.lanes.iter().filter(|(_, lane)| lane.waiting.len() >= PLENTY);
        full.map(|(destination, _)| *destination).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn hint(delivery: u128, destination: u128) -> Hint {
        Hint {
            delivery_id: DeliveryId(Uuid::from_u128(delivery)),
            destination_id: DestinationId(Uuid::from_u128(destination)),
            attempts: 0,
        }
    }

    fn lane(n: u128) -> DestinationId {
        hint(0, n).destination_id
    }

    #[test]
    fn a_full_lane_keeps_nobody_else_waiting() {
        let mut lanes = Lanes::new(100, 2);
        assert_eq!(lanes.admit(hint(1, 1)), Admission::Goes);
        assert_eq!(lanes.admit(hint(2, 1)), Admission::Goes);
        assert_eq!(lanes.admit(hint(3, 1)), Admission::Waits);
        assert_eq!(lanes.next(), None);
        assert_eq!(lanes.admit(hint(4, 2)), Admission::Goes);
    }

    #[test]
    fn places_pass_on_in_order_and_lanes_vanish() {
        let mut lanes = Lanes::new(100, 1);
        for n in 1..=3 {
            lanes.admit(hint(n, 1));
        }
        for n in 2..=3 {
            lanes.leave(lane(1));
            assert_eq!(lanes.next(), Some(hint(n, 1)));
            assert_eq!(lanes.next(), None);
        }
        lanes.leave(lane(1));
        assert!(lanes.lanes.is_empty() && lanes.turns.is_empty());
        assert_eq!((lanes.n_taken, lanes.n_waiting), (0, 0));
        lanes.leave(lane(1));
        assert_eq!(lanes.admit(hint(4, 1)), Admission::Goes);
    }

    #[test]
    fn many_busy_lanes_leave_a_place_for_a_newcomer() {
        let mut lanes = Lanes::new(100, 50);
        for n in 0..2_000 {
            lanes.admit(hint(n, n % 10));
        }
        assert_eq!(lanes.admit(hint(5_000, 77)), Admission::Goes);
    }

    #[test]
    fn lanes_take_turns_when_all_places_are_taken() {
        let mut lanes = Lanes::new(2, 2);
        let admitted: Vec<_> = (0..6).map(|n| lanes.admit(hint(n, n % 3))).collect();
        assert_eq!(admitted.iter().filter(|it| **it == Admission::Goes).count(), 2);
        let mut served = Vec::new();
        for destination in [0, 1] {
            lanes.leave(lane(destination));
            served.extend(lanes.next());
        }
        assert!(served.iter().any(|hint| hint.destination_id == lane(2)), "{served:?}");
        assert_eq!(served.len(), 2);
    }

    #[test]
    fn what_waits_is_known() {
        let mut lanes = Lanes::new(100, 1);
        lanes.admit(hint(0, 1));
        assert_eq!([lanes.admit(hint(1, 1)), lanes.admit(hint(1, 1))], [Admission::Waits; 2]);
        assert_eq!(lanes.n_waiting, 1);
        lanes.leave(lane(1));
        assert_eq!(lanes.next(), Some(hint(1, 1)));
        lanes.leave(lane(1));
        assert_eq!(lanes.next(), None);
    }

    #[test]
    fn waiting_is_bounded_and_told() {
        let mut lanes = Lanes::new(100, 1);
        lanes.admit(hint(0, 1));
        assert!(lanes.saturated().is_empty());
        let admissions: Vec<_> = (1..=MOST_WAITING as u128 + 1).map(|n| lanes.admit(hint(n, 1))).collect();
        assert_eq!(admissions.iter().filter(|it| **it == Admission::Waits).count(), MOST_WAITING);
        assert_eq!(admissions.last(), Some(&Admission::Dropped));
        assert_eq!(lanes.saturated(), [lane(1)].into());
    }
}
