//! Timestamps of requests: checked on arrival only, since replays are old by nature.

use std::time::Duration;

use super::super::{Config, Reason};
use crate::Timestamp;

/// How old a signed timestamp may be.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Age {
    pub(in super::super) most: Duration,
    /// Whether it may be that far in the future only; otherwise any future is accepted, as the provider's own libraries do.
    pub(in super::super) both_ways: bool,
}

impl Age {
    pub(in super::super) const fn both_ways(seconds: u64) -> Self {
        Self { most: Duration::from_secs(seconds), both_ways: true }
    }

    pub(in super::super) const fn past_only(seconds: u64) -> Self {
        Self { most: Duration::from_secs(seconds), both_ways: false }
    }

    /// Checks an instant against now, within the app's own tolerance where it has one.
    pub(in super::super) fn check(self, sent_at: Timestamp, config: &Config, now: Timestamp) -> Result<(), Reason> {
        let most = config.tolerance().ok().flatten().unwrap_or(self.most);
        let (age, ahead) = (now.since(sent_at), sent_at.since(now));
        if age > most {
            Err(Reason::TooOld { age, most })
        } else if self.both_ways && ahead > most {
            Err(Reason::InFuture { ahead })
        } else {
            Ok(())
        }
    }

    /// The same for whole seconds, which are compared as such.
    pub(in super::super) fn check_seconds(self, seconds: i64, config: &Config, now: Timestamp) -> Result<(), Reason> {
        self.check(Timestamp::from_unix_seconds(seconds), config, Timestamp::from_unix_seconds(now.unix_seconds()))
    }
}

/// Plain decimal digits only: a sign, a fraction or a space is nothing that a sender makes.
pub(in super::super) fn parse_digits(text: &str) -> Option<i64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}
