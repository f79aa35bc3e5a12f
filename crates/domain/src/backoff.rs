//! Waits between attempts at something that is away: longer each time, never in step with others'.

use std::time::Duration;

/// The next wait: doubled each time up to a bound, and shortened by up to half.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    shortest: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    #[must_use]
    pub const fn new(shortest: Duration, longest: Duration) -> Self {
        Self { shortest, longest, next: shortest }
    }

    /// Whether the last attempt was a success, or there was none.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.next == self.shortest
    }

    /// After a success: the next attempt comes soon.
    pub const fn reset(&mut self) {
        self.next = self.shortest;
    }

    /// How long to wait now. `entropy`: from 0 to 1.
    pub fn wait(&mut self, entropy: f64) -> Duration {
        let wait = self.next.mul_f64(0.5 + 0.5 * entropy.clamp(0.0, 1.0));
        self.next = (self.next * 2).min(self.longest);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_the_longest_and_begin_anew_after_a_success() {
        let ms = Duration::from_millis;
        let mut backoff = Backoff::new(ms(100), ms(350));
        assert!(backoff.is_fresh());
        assert_eq!([1.0, 1.0, 1.0, 1.0].map(|entropy| backoff.wait(entropy)), [ms(100), ms(200), ms(350), ms(350)]);
        assert!(!backoff.is_fresh());
        assert_eq!(backoff.wait(0.0), ms(175));
        backoff.reset();
        assert_eq!((backoff.is_fresh(), backoff.wait(0.5)), (true, ms(75)));
    }
}
