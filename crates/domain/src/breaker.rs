//! The circuit breaker before a destination: when it opens, when it lets a single attempt through, and how it goes on
//! once that succeeds. Pure.

use std::{collections::VecDeque, time::Duration};

use crate::{Timestamp, retry::Outcome};

/// Failures count for so long.
const WINDOW: Duration = Duration::from_secs(60);
/// The window moves on in steps of this length.
const STEP: Duration = Duration::from_secs(10);
/// With fewer attempts in the window nothing follows from their share of failures.
const LEAST_ATTEMPTS: u32 = 10;
/// So many attempts in a row that found nobody open it, whatever the window holds.
const AWAY_IN_A_ROW: u32 = 5;
/// Until the first try; each that fails doubles it.
const FIRST_WAIT: Duration = Duration::from_secs(10);
/// Longest wait between two tries: somebody who has mended a handler does not wait for longer.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Jitter adds up to this share of a wait.
const MOST_JITTER: f64 = 0.2;
/// After a try that succeeded, twice as many attempts may run at once every time that this has passed.
const RAMP_STEP: Duration = Duration::from_secs(10);

/// What the end of an attempt says about its destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// It answered. A refusal with 4xx, too: such a destination is at work, if not for this event.
    Alive,
    /// It answered that it is in trouble, or not in time.
    Failing,
    /// Nobody was there.
    Away,
}

impl Sign {
    /// `None`: it says nothing.
    #[must_use]
    pub const fn of(outcome: Outcome) -> Option<Self> {
        match outcome {
            Outcome::Answered { status: 408 | 425 | 429 | 500..=599, .. } | Outcome::TimedOut => Some(Self::Failing),
            Outcome::Answered { .. } => Some(Self::Alive),
            Outcome::Unreachable => Some(Self::Away),
            Outcome::Abandoned => None,
        }
    }
}

/// The attempts of the last minute at one destination, as far as one process made them.
#[derive(Clone, Debug, Default)]
pub struct Window {
    /// Oldest first.
    steps: VecDeque<Step>,
    n_away_in_a_row: u32,
}

#[derive(Clone, Copy, Debug)]
struct Step {
    began_at: Timestamp,
    n: u32,
    n_failed: u32,
}

impl Window {
    /// Counts an attempt that ended; whether the breaker opens: at least half of at least ten failed, or five in a row
    /// found nobody.
    pub fn record(&mut self, sign: Sign, now: Timestamp) -> bool {
        self.forget(now);
        if self.steps.back().is_none_or(|step| now.since(step.began_at) >= STEP) {
            self.steps.push_back(Step { began_at: now, n: 0, n_failed: 0 });
        }
        if let Some(step) = self.steps.back_mut() {
            step.n += 1;
            step.n_failed += u32::from(sign != Sign::Alive);
        }
        self.n_away_in_a_row = if sign == Sign::Away { self.n_away_in_a_row + 1 } else { 0 };
        let n: u32 = self.steps.iter().map(|step| step.n).sum();
        let n_failed: u32 = self.steps.iter().map(|step| step.n_failed).sum();
        self.n_away_in_a_row >= AWAY_IN_A_ROW || (n >= LEAST_ATTEMPTS && n_failed * 2 >= n)
    }

    /// Lets go of what is too old; whether nothing is left.
    pub fn forget(&mut self, now: Timestamp) -> bool {
        while self.steps.front().is_some_and(|step| now.since(step.began_at) >= WINDOW) {
            self.steps.pop_front();
        }
        if self.steps.is_empty() {
            self.n_away_in_a_row = 0;
        }
        self.steps.is_empty()
    }
}

/// A breaker that is open, or was until a moment ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breaker {
    pub opened_at: Timestamp,
    /// Tries that failed since then.
    pub n_failed: u32,
    /// When the next try may begin.
    pub try_at: Timestamp,
    /// While a try runs: when it is over at the latest.
    pub trying_until: Option<Timestamp>,
    /// A try succeeded.
    pub closed_at: Option<Timestamp>,
}

/// What a breaker lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Everything.
    Open,
    /// So many attempts at once.
    Ajar(u32),
    /// One attempt, by whoever gets hold of it.
    Try,
    /// Nothing until then, or until it is known how the running try ended.
    Shut(Timestamp),
}

impl Breaker {
    #[must_use]
    pub fn opened(now: Timestamp, jitter: f64) -> Self {
        Self { opened_at: now, n_failed: 0, try_at: now + wait(0, jitter), trying_until: None, closed_at: None }
    }

    /// After another try that failed. `jitter` is a random number in `[0, 1)`.
    #[must_use]
    pub fn failed_again(self, now: Timestamp, jitter: f64) -> Self {
        let n_failed = self.n_failed.saturating_add(1);
        Self { n_failed, try_at: now + wait(n_failed, jitter), trying_until: None, ..self }
    }

    #[must_use]
    pub const fn closed(self, now: Timestamp) -> Self {
        Self { closed_at: Some(now), trying_until: None, ..self }
    }

    /// What may begin now. `most` attempts at once are as many as the destination gets without a breaker.
    #[must_use]
    pub fn gate(&self, now: Timestamp, most: u32) -> Gate {
        if let Some(closed_at) = self.closed_at {
            let n_steps = now.since(closed_at).as_secs() / RAMP_STEP.as_secs();
            let n_places = u32::try_from(n_steps).ok().and_then(|n| 1_u32.checked_shl(n)).unwrap_or(u32::MAX);
            return if n_places >= most { Gate::Open } else { Gate::Ajar(n_places) };
        }
        match self.trying_until.map_or(self.try_at, |until| until.max(self.try_at)) {
            until if until <= now => Gate::Try,
            until => Gate::Shut(until),
        }
    }
}

fn wait(n_failed: u32, jitter: f64) -> Duration {
    let wait = FIRST_WAIT.saturating_mul(1_u32.checked_shl(n_failed).unwrap_or(u32::MAX)).min(LONGEST_WAIT);
    wait.mul_f64(1.0 + MOST_JITTER * jitter.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_unix_ms(1_750_000_000_000) + Duration::from_secs(seconds)
    }

    fn answered(status: u16) -> Outcome {
        Outcome::Answered { status, retry_after: None, control: None }
    }

    #[test]
    fn signs() {
        for (outcome, sign) in [
            (answered(200), Some(Sign::Alive)),
            (answered(302), Some(Sign::Alive)),
            (answered(404), Some(Sign::Alive)),
            (answered(429), Some(Sign::Failing)),
            (answered(500), Some(Sign::Failing)),
            (answered(599), Some(Sign::Failing)),
            (Outcome::TimedOut, Some(Sign::Failing)),
            (Outcome::Unreachable, Some(Sign::Away)),
            (Outcome::Abandoned, None),
        ] {
            assert_eq!(Sign::of(outcome), sign, "{outcome:?}");
        }
    }

    /// How many of these it takes, one a second, to open it.
    fn opens_after(signs: &[Sign], seconds_apart: u64) -> Option<usize> {
        let mut window = Window::default();
        (0..).zip(signs).position(|(n, sign)| window.record(*sign, at(n * seconds_apart))).map(|n| n + 1)
    }

    #[test]
    fn it_opens_when_half_of_ten_fail_or_five_in_a_row_find_nobody() {
        use Sign::{Alive, Away, Failing};
        assert_eq!(opens_after(&[Failing; 20], 1), Some(10));
        assert_eq!(opens_after(&[Away; 20], 1), Some(5));
        assert_eq!(opens_after(&[Away; 20], 9), Some(5));
        assert_eq!(opens_after(&[[Away; 4].as_slice(), &[Alive; 8], &[Away; 4]].concat(), 1), Some(16));
        assert_eq!(opens_after(&[Alive, Failing].repeat(10), 1), Some(10));
        assert_eq!(opens_after(&[Alive, Alive, Failing].repeat(30), 1), None);
        assert_eq!(opens_after(&[Failing; 100], 7), None, "fewer than ten a minute");
        assert_eq!(opens_after(&[Away, Failing].repeat(4), 1), None);
    }

    #[test]
    fn a_window_forgets() {
        let mut window = Window::default();
        for _ in 0..9 {
            assert!(!window.record(Sign::Failing, at(0)));
        }
        assert!(!window.forget(at(59)));
        assert!(window.clone().record(Sign::Failing, at(59)));
        assert!(!window.record(Sign::Failing, at(60)));
        assert!(window.forget(at(200)));
        let mut window = Window::default();
        (0..4).for_each(|n| assert!(!window.record(Sign::Away, at(n))));
        assert!(!window.record(Sign::Away, at(500)), "long after the others");
    }

    #[test]
    fn tries_become_rarer() {
        let mut breaker = Breaker::opened(at(0), 0.0);
        let mut waits = vec![breaker.try_at.since(at(0)).as_secs()];
        for _ in 0..40 {
            breaker = breaker.failed_again(at(7), 0.0);
            waits.push(breaker.try_at.since(at(7)).as_secs());
        }
        assert_eq!(waits[..5], [10, 20, 40, 60, 60]);
        assert_eq!((waits.last(), breaker.n_failed, breaker.opened_at), (Some(&60), 40, at(0)));
        assert_eq!(Breaker::opened(at(0), 0.5).try_at, at(11));
    }

    #[test]
    fn one_is_let_through_and_then_ever_more() {
        let breaker = Breaker::opened(at(0), 0.0);
        assert_eq!(breaker.gate(at(9), 50), Gate::Shut(at(10)));
        assert_eq!(breaker.gate(at(10), 50), Gate::Try);
        let trying = Breaker { trying_until: Some(at(400)), ..breaker };
        assert_eq!(trying.gate(at(11), 50), Gate::Shut(at(400)));
        assert_eq!(trying.gate(at(400), 50), Gate::Try, "its worker vanished");
        let closed = trying.closed(at(20));
        let gates = [20, 29, 30, 45, 69, 70, 80, 10_000].map(|now| closed.gate(at(now), 50));
        let ajar = [1, 1, 2, 4, 16, 32].map(Gate::Ajar);
        assert_eq!(gates, [ajar.as_slice(), &[Gate::Open; 2]].concat()[..]);
        assert_eq!(closed.gate(at(20), 1), Gate::Open);
    }
}
