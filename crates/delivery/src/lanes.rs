//! Who may go next: a lane for each destination, so that a slow one keeps only its own waiting. Pure.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use anyhook_domain::{DeliveryId, DestinationId, Timestamp, delivery::Hint};

/// Hints that wait in one lane; further ones are dropped, and their rows come back when they are overdue.
const MOST_WAITING: usize = 20_000;
/// Hints that wait in all lanes together: some tens of MiB at the most.
const MOST_WAITING_IN_ALL: usize = 200_000;
/// A lane that has so many waiting needs no more from the sweep.
const PLENTY: usize = 1_000;
/// The same of one whose destination takes only so much.
const PLENTY_WHILE_SLOWED: usize = 100;
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
    /// The lanes in which somebody waits, each once; they take turns. Those that are held are passed over.
    turns: VecDeque<DestinationId>,
    /// The lanes that are held, by the instant at which they go on.
    held: BTreeSet<(Timestamp, DestinationId)>,
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
    /// The destination's own bound on what runs at once.
    most: Option<usize>,
    /// How many its breaker lets run at once.
    let_through: Option<usize>,
    held: Option<Hold>,
    /// Whether it stands among the turns.
    is_queued: bool,
    /// It was held, and somebody waits since.
    is_slowed: bool,
}

/// Why nobody goes in a lane for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    /// As much has begun as may begin in a second.
    Rate(Timestamp),
    /// As many run in other processes as may run at once; over as soon as one ends in this process.
    Room(Timestamp),
    /// The destination's breaker is open.
    Breaker(Timestamp),
}

impl Hold {
    const fn until(self) -> Timestamp {
        match self {
            Self::Rate(until) | Self::Room(until) | Self::Breaker(until) => until,
        }
    }
}

impl Lanes {
    pub(crate) fn new(max_in_all: usize, max_per_lane: usize) -> Self {
        Self {
            lanes: HashMap::new(),
            turns: VecDeque::new(),
            held: BTreeSet::new(),
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
        if is_free && lane.has_place(limit) && lane.waiting.is_empty() && lane.held.is_none() {
            lane.n_taken += 1;
            self.n_taken += 1;
            return Admission::Goes;
        }
        if lane.waiting.len() >= MOST_WAITING || self.n_waiting >= MOST_WAITING_IN_ALL {
            self.forget_idle(hint.destination_id);
            return Admission::Dropped;
        }
        lane.known.insert(hint.delivery_id);
        lane.waiting.push_back(hint);
        self.n_waiting += 1;
        self.queue(hint.destination_id);
        Admission::Waits
    }

    /// Gives a place back.
    pub(crate) fn leave(&mut self, destination: DestinationId) {
        let Some(lane) = self.lanes.get_mut(&destination) else { return };
        lane.n_taken = lane.n_taken.saturating_sub(1);
        self.n_taken = self.n_taken.saturating_sub(1);
        if matches!(lane.held, Some(Hold::Room(_))) {
            self.go_on(destination);
        }
        self.forget_idle(destination);
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
            lane.is_queued = false;
            let may_go = lane.held.is_none() && lane.has_place(limit);
            let hint = if may_go { lane.waiting.pop_front() } else { None };
            self.queue(destination);
            if let Some(hint) = hint {
                self.take_place(&hint);
                return Some(hint);
            }
        }
        None
    }

    fn take_place(&mut self, hint: &Hint) {
        let lane = self.lanes.get_mut(&hint.destination_id).expect("its hint waited in it just now");
        lane.known.remove(&hint.delivery_id);
        lane.is_slowed &= !lane.waiting.is_empty();
        lane.n_taken += 1;
        self.n_taken += 1;
        self.n_waiting -= 1;
    }

    /// Sets the destination's own bound on what runs at once.
    pub(crate) fn bound(&mut self, destination: DestinationId, most: Option<usize>) {
        if let Some(lane) = self.lanes.get_mut(&destination) {
            lane.most = most;
        }
    }

    /// Sets how many the destination's breaker lets run at once; if that kept the lane, it goes on.
    pub(crate) fn let_through(&mut self, destination: DestinationId, most: Option<usize>) {
        let Some(lane) = self.lanes.get_mut(&destination) else { return };
        lane.let_through = most;
        if matches!(lane.held, Some(Hold::Breaker(_))) {
            self.go_on(destination);
        }
    }

    /// The places that are taken in a lane.
    pub(crate) fn n_taken(&self, destination: DestinationId) -> usize {
        self.lanes.get(&destination).map_or(0, |lane| lane.n_taken)
    }

    /// A hint that had a place waits again, before all others; its place is given back as ever.
    pub(crate) fn put_back(&mut self, hint: Hint) {
        let lane = self.lanes.entry(hint.destination_id).or_default();
        if lane.known.insert(hint.delivery_id) {
            lane.waiting.push_front(hint);
            self.n_waiting += 1;
            self.queue(hint.destination_id);
        }
    }

    /// Nobody goes in this lane for a while.
    pub(crate) fn hold(&mut self, destination: DestinationId, hold: Hold) {
        let Some(lane) = self.lanes.get_mut(&destination) else { return };
        if let Some(before) = lane.held.replace(hold) {
            self.held.remove(&(before.until(), destination));
        }
        lane.is_slowed = true;
        self.held.insert((hold.until(), destination));
    }

    /// When the first of the held lanes goes on.
    pub(crate) fn wakes_at(&self) -> Option<Timestamp> {
        self.held.first().map(|(until, _)| *until)
    }

    /// Lets those lanes go on whose time has come.
    pub(crate) fn wake(&mut self, now: Timestamp) {
        while let Some(&(until, destination)) = self.held.first()
            && until <= now
        {
            self.go_on(destination);
            self.forget_idle(destination);
        }
    }

    fn go_on(&mut self, destination: DestinationId) {
        let lane = self.lanes.get_mut(&destination);
        if let Some(hold) = lane.and_then(|lane| lane.held.take()) {
            self.held.remove(&(hold.until(), destination));
        }
        self.queue(destination);
    }

    /// A lane that is held has no turn until it goes on.
    fn queue(&mut self, destination: DestinationId) {
        let Some(lane) = self.lanes.get_mut(&destination) else { return };
        if !lane.is_queued && lane.held.is_none() && !lane.waiting.is_empty() {
            lane.is_queued = true;
            self.turns.push_back(destination);
        }
    }

    fn forget_idle(&mut self, destination: DestinationId) {
        let is_idle = |lane: &Lane| lane.n_taken == 0 && lane.waiting.is_empty();
        if self.lanes.get(&destination).is_some_and(is_idle)
            && let Some(hold) = self.lanes.remove(&destination).and_then(|lane| lane.held)
        {
            self.held.remove(&(hold.until(), destination));
        }
    }

    /// Lets go of all that wait.
    pub(crate) fn take_waiting(&mut self) -> Vec<Hint> {
        self.turns.clear();
        self.n_waiting = 0;
        let waiting = self.lanes.values_mut().flat_map(|lane| {
            lane.known.clear();
            lane.is_queued = false;
            lane.waiting.drain(..)
        });
        waiting.collect()
    }

    /// The destinations that have enough to do.
    pub(crate) fn saturated(&self) -> HashSet<DestinationId> {
        let is_full = |lane: &Lane| lane.waiting.len() >= if lane.is_slowed { PLENTY_WHILE_SLOWED } else { PLENTY };
        let full = self.lanes.iter().filter(|(_, lane)| is_full(lane));
        full.map(|(destination, _)| *destination).collect()
    }
}

impl Lane {
    fn has_place(&self, limit: usize) -> bool {
        self.n_taken < [self.most, self.let_through].into_iter().flatten().fold(limit, usize::min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::hint;

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
    fn at(ms: i64) -> Timestamp {
        Timestamp::from_unix_ms(ms)
    }

    #[test]
    fn a_destinations_own_bound_is_kept_to() {
        let mut lanes = Lanes::new(100, 50);
        assert_eq!(lanes.admit(hint(1, 1)), Admission::Goes);
        lanes.bound(lane(1), Some(1));
        assert_eq!(lanes.admit(hint(2, 1)), Admission::Waits);
        assert_eq!((lanes.next(), lanes.admit(hint(3, 2))), (None, Admission::Goes));
        lanes.leave(lane(1));
        assert_eq!(lanes.next(), Some(hint(2, 1)));
    }

    #[test]
    fn a_held_lane_goes_on_in_order_when_its_time_has_come() {
        let mut lanes = Lanes::new(100, 50);
        for n in 1..=3 {
            assert_eq!(lanes.admit(hint(n, 1)), Admission::Goes);
        }
        for n in [3, 2] {
            lanes.put_back(hint(n, 1));
        }
        lanes.hold(lane(1), Hold::Rate(at(1_000)));
        (0..3).for_each(|_| lanes.leave(lane(1)));
        assert_eq!([lanes.admit(hint(4, 1)), lanes.admit(hint(5, 2))], [Admission::Waits, Admission::Goes]);
        assert_eq!((lanes.next(), lanes.wakes_at()), (None, Some(at(1_000))));
        lanes.wake(at(999));
        assert_eq!(lanes.next(), None);
        lanes.wake(at(1_000));
        assert_eq!(lanes.wakes_at(), None);
        assert_eq!([lanes.next(), lanes.next(), lanes.next()], [2, 3, 4].map(|n| Some(hint(n, 1))));
        assert_eq!((lanes.next(), lanes.n_waiting), (None, 0));
    }

    #[test]
    fn a_lane_without_room_goes_on_when_one_ends_here() {
        for (hold, expected) in [(Hold::Room(at(1_000)), Some(hint(2, 1))), (Hold::Rate(at(1_000)), None)] {
            let mut lanes = Lanes::new(100, 50);
            for n in 1..=2 {
                lanes.admit(hint(n, 1));
            }
            lanes.put_back(hint(2, 1));
            lanes.hold(lane(1), hold);
            lanes.leave(lane(1));
            assert_eq!(lanes.next(), expected, "{hold:?}");
        }
    }

    #[test]
    fn a_lane_goes_on_when_its_breaker_lets_more_through() {
        let mut lanes = Lanes::new(100, 50);
        for n in 1..=5 {
            lanes.admit(hint(n, 1));
        }
        for n in (2..=5).rev() {
            lanes.put_back(hint(n, 1));
            lanes.leave(lane(1));
        }
        lanes.let_through(lane(1), Some(1));
        lanes.hold(lane(1), Hold::Breaker(at(1_000)));
        lanes.leave(lane(1));
        assert_eq!((lanes.next(), lanes.n_taken(lane(1))), (None, 0));
        lanes.let_through(lane(1), Some(2));
        assert_eq!([lanes.next(), lanes.next(), lanes.next()], [Some(hint(2, 1)), Some(hint(3, 1)), None]);
        lanes.let_through(lane(1), None);
        assert_eq!([lanes.next(), lanes.next(), lanes.next()], [Some(hint(4, 1)), Some(hint(5, 1)), None]);
        lanes.hold(lane(1), Hold::Room(at(1_000)));
        lanes.put_back(hint(9, 1));
        lanes.let_through(lane(1), None);
        assert_eq!(lanes.next(), None, "held for another reason");
    }

    #[test]
    fn nothing_is_left_of_a_lane_that_was_held() {
        let mut lanes = Lanes::new(100, 50);
        lanes.admit(hint(1, 1));
        lanes.hold(lane(1), Hold::Rate(at(5)));
        lanes.hold(lane(1), Hold::Room(at(7)));
        lanes.leave(lane(1));
        assert!(lanes.lanes.is_empty() && lanes.held.is_empty() && lanes.turns.is_empty());
    }

    #[test]
    fn a_slowed_destination_has_enough_to_do_sooner() {
        let mut lanes = Lanes::new(1_000, 50);
        lanes.admit(hint(0, 1));
        lanes.hold(lane(1), Hold::Rate(at(5)));
        for n in 1..=PLENTY_WHILE_SLOWED as u128 {
            assert!(lanes.saturated().is_empty());
            lanes.admit(hint(n, 1));
        }
        assert_eq!(lanes.saturated(), [lane(1)].into());
    }
}
