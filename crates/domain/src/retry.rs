//! What follows from an attempt: `decide` is the whole retry policy, and pure.

use std::time::Duration;

mod delays;

pub use delays::{BadDelays, Delays};

use crate::{Timestamp, delivery::State};

/// Longest distance between two attempts, and the most of a `Retry-After` that is honoured.
pub const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// After a time-out the handler may still be at work for as long as it was allowed to take.
const AFTER_TIMEOUT: Duration = Duration::from_secs(300);
/// Jitter adds up to this share of a delay, and never takes any away.
const MOST_JITTER: f64 = 0.2;

/// When a failed delivery is tried again, and how often.
#[derive(Clone, Debug, PartialEq)]
pub struct RetryPolicy {
    pub delays: Delays,
    /// All attempts, the first included.
    pub max_attempts: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { delays: Delays::default(), max_attempts: 11 }
    }
}

impl RetryPolicy {
    /// The delay after attempt `number` (from 1), before jitter.
    #[must_use]
    pub fn delay_after(&self, number: u32) -> Duration {
        self.delays.after(number)
    }

    /// All delays, one after the other, before jitter: one fewer than there are attempts.
    pub fn schedule(&self) -> impl Iterator<Item = Duration> {
        (1..self.max_attempts).map(|number| self.delay_after(number))
    }
}

/// What a handler asked for in its answer's headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// `webhook-delivery: abort-message`: this delivery should end.
    AbortMessage,
    /// `webhook-delivery: disable`: nothing more should come.
    Disable,
}

impl Control {
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        match value.trim() {
            "abort-message" => Some(Self::AbortMessage),
            "disable" => Some(Self::Disable),
            _ => None,
        }
    }
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Answered {
        status: u16,
        retry_after: Option<Duration>,
        control: Option<Control>,
    },
    /// No complete answer within the attempt's time.
    TimedOut,
    /// No answer for another reason: the name, the connection, TLS, the framing, an address that is not allowed.
    Unreachable,
    /// Its worker vanished: the lease ran out, which takes longer than the attempt was allowed to.
    Abandoned,
}

/// What happens next to a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Next {
    pub state: State,
    /// When a pending one may be claimed again; `None` for one that has ended.
    pub due_at: Option<Timestamp>,
    /// The destination asked for nothing more.
    pub pause_destination: bool,
}

impl Next {
    const fn ended(state: State) -> Self {
        Self { state, due_at: None, pause_destination: false }
    }
}

/// What follows from attempt `number` (from 1) that ended `now` in this outcome. `jitter` is a random number in `[0, 1)`.
#[must_use]
pub fn decide(policy: &RetryPolicy, number: u32, outcome: Outcome, now: Timestamp, jitter: f64) -> Next {
    if let Outcome::Answered { status, control, .. } = outcome {
        match (status, control) {
            (200..=299, _) => return Next::ended(State::Success),
            (410, _) | (_, Some(Control::Disable)) => {
                return Next { pause_destination: true, ..Next::ended(State::Failed) };
            }
            (413, _) | (_, Some(Control::AbortMessage)) => return Next::ended(State::Failed),
            _ => {}
        }
    }
    if number >= policy.max_attempts {
        return Next::ended(State::Failed);
    }
    let scheduled = policy.delay_after(number);
    let jittered = scheduled.mul_f64(1.0 + MOST_JITTER * jitter.clamp(0.0, 1.0));
    let delay = jittered.max(least_delay(outcome));
    Next { state: State::Pending, due_at: Some(now + delay), pause_destination: false }
}

fn least_delay(outcome: Outcome) -> Duration {
    match outcome {
        Outcome::Answered { status: 429 | 503, retry_after: Some(wanted), .. } => wanted.min(LONGEST),
        Outcome::TimedOut => AFTER_TIMEOUT,
        Outcome::Answered { .. } | Outcome::Unreachable | Outcome::Abandoned => Duration::ZERO,
    }
}

/// A `Retry-After` value (RFC 9110 section 10.2.3): seconds, or a date; a past date is no delay.
#[must_use]
pub fn parse_retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than fit are more than a day, too.
        return Some(value.parse().map_or(LONGEST, Duration::from_secs));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    let since_epoch = date.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Some((Timestamp::from_unix_ms(0) + since_epoch).since(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_ms(1_750_000_000_000);

    fn answered(status: u16) -> Outcome {
        Outcome::Answered { status, retry_after: None, control: None }
    }

    fn delay(number: u32, outcome: Outcome, jitter: f64) -> Option<u64> {
        let next = decide(&RetryPolicy::default(), number, outcome, NOW, jitter);
        assert_eq!(next.due_at.is_some(), next.state == State::Pending);
        next.due_at.map(|due| due.since(NOW).as_secs())
    }

    #[test]
    fn the_schedule_spans_66_hours() {
        let delays: Vec<_> = (1..=10).filter_map(|number| delay(number, answered(500), 0.0)).collect();
        assert_eq!(delays, [20, 60, 180, 540, 1620, 4860, 14580, 43740, 86400, 86400]);
        assert_eq!(delays.iter().sum::<u64>() / 3600, 66);
        assert_eq!(delay(11, answered(500), 0.0), None);
    }

    #[test]
    fn a_destinations_own_delays_are_kept_to() {
        let policy = |text| RetryPolicy { delays: Delays::parse(text).unwrap(), max_attempts: 5 };
        let due = |policy: &RetryPolicy, number| {
            decide(policy, number, answered(500), NOW, 0.0).due_at.map(|due| due.since(NOW).as_secs())
        };
        let listed = policy(r#"{"delays_seconds":[5,60]}"#);
        assert_eq!([1, 2, 3, 4, 5].map(|n| due(&listed, n)), [Some(5), Some(60), Some(60), Some(60), None]);
        let growing = policy(r#"{"first_delay_seconds":10,"factor":1.5,"max_delay_seconds":20}"#);
        assert_eq!([1, 2, 3, 4, 5].map(|n| due(&growing, n)), [Some(10), Some(15), Some(20), Some(20), None]);
        assert_eq!(growing.schedule().map(|it| it.as_secs()).collect::<Vec<_>>(), [10, 15, 20, 20]);
    }

    #[test]
    fn jitter_only_adds_and_at_most_a_fifth() {
        assert_eq!(delay(2, answered(500), 0.5), Some(66));
        assert_eq!(delay(2, answered(500), 0.999_999), Some(71));
        assert_eq!(delay(10, answered(500), 1.0), Some(103_680));
    }

    #[test]
    fn every_2xx_ends_it_and_everything_else_is_tried_again() {
        for status in [200, 201, 202, 204, 299] {
            assert_eq!(decide(&RetryPolicy::default(), 1, answered(status), NOW, 0.0), Next::ended(State::Success));
        }
        for status in [100, 301, 302, 304, 400, 401, 403, 404, 405, 409, 422, 429, 500, 502, 503, 504] {
            assert_eq!(delay(1, answered(status), 0.0), Some(20), "{status}");
        }
    }

    #[test]
    fn handlers_can_end_a_delivery_or_stop_them_all() {
        let with = |status, control| Outcome::Answered { status, retry_after: None, control };
        let end = |outcome| decide(&RetryPolicy::default(), 1, outcome, NOW, 0.0);
        let paused = Next { state: State::Failed, due_at: None, pause_destination: true };
        assert_eq!(end(answered(410)), paused);
        assert_eq!(end(with(500, Some(Control::Disable))), paused);
        assert_eq!(end(answered(413)), Next::ended(State::Failed));
        assert_eq!(end(with(400, Some(Control::AbortMessage))), Next::ended(State::Failed));
        assert_eq!(end(with(200, Some(Control::Disable))), Next::ended(State::Success));
    }

    #[test]
    fn retry_after_only_lengthens_and_only_where_it_has_a_meaning() {
        let with = |status, seconds| Outcome::Answered {
            status,
            retry_after: Some(Duration::from_secs(seconds)),
            control: None,
        };
        assert_eq!(delay(1, with(429, 3), 0.0), Some(20));
        assert_eq!(delay(1, with(503, 100), 0.0), Some(100));
        assert_eq!(delay(1, with(503, 999_999), 0.0), Some(86_400));
        assert_eq!(delay(1, with(500, 100), 0.0), Some(20));
    }

    #[test]
    fn a_timeout_leaves_the_handler_time_to_finish() {
        assert_eq!(delay(1, Outcome::TimedOut, 0.0), Some(300));
        assert_eq!(delay(4, Outcome::TimedOut, 0.0), Some(540));
        assert_eq!(delay(1, Outcome::Unreachable, 0.0), Some(20));
        assert_eq!(delay(1, Outcome::Abandoned, 0.0), Some(20));
        assert_eq!(delay(11, Outcome::Abandoned, 0.0), None);
    }

    #[test]
    fn retry_after_values() {
        let parse = |value| parse_retry_after(value, NOW).map(|wait| wait.as_secs());
        assert_eq!(parse("120"), Some(120));
        assert_eq!(parse(" 7 "), Some(7));
        assert_eq!(parse("99999999999999999999999"), Some(86_400));
        assert_eq!(parse("Sun, 15 Jun 2025 15:07:40 GMT"), Some(60));
        assert_eq!(parse("Sun, 15 Jun 2014 15:07:40 GMT"), Some(0));
        for garbage in ["", "-5", "soon", "1.5", "0x10"] {
            assert_eq!(parse(garbage), None, "{garbage}");
        }
    }
}
