//! Calendar days in UTC, by which the log is sealed.

use std::{fmt, str::FromStr, time::Duration};

use jiff::{Span, civil::Date};
use uuid::Uuid;

use crate::Timestamp;

const LENGTH: Duration = Duration::from_secs(24 * 60 * 60);
const LENGTH_MS: i64 = 24 * 60 * 60 * 1000;
const EPOCH: Date = jiff::civil::date(1970, 1, 1);

/// A calendar day in UTC; as text `2026-11-21`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Day(i64);

/// Why a text is not a day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a day is written as YYYY-MM-DD")]
pub struct BadDay;

impl Day {
    #[must_use]
    pub const fn of(at: Timestamp) -> Self {
        Self(at.unix_ms().div_euclid(LENGTH_MS))
    }

    /// Days since 1970.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }

    /// The reverse of [`Day::number`].
    #[must_use]
    pub const fn numbered(number: i64) -> Self {
        Self(number)
    }

    #[must_use]
    pub const fn after(self, n_days: u32) -> Self {
        Self(self.0.saturating_add(n_days as i64))
    }

    #[must_use]
    pub const fn before(self, n_days: u32) -> Self {
        Self(self.0.saturating_sub(n_days as i64))
    }

    #[must_use]
    pub const fn starts_at(self) -> Timestamp {
        Timestamp::from_unix_ms(self.0.saturating_mul(LENGTH_MS))
    }

    /// The first instant that is not in it.
    #[must_use]
    pub fn ends_at(self) -> Timestamp {
        self.starts_at() + LENGTH
    }

    /// The range of ids that were made on this day: the first one, and the next day's first one. A UUIDv7 begins with 48
    /// bits of milliseconds.
    #[must_use]
    pub fn ids(self) -> (Uuid, Uuid) {
        (self.first_id(), self.after(1).first_id())
    }

    fn first_id(self) -> Uuid {
        Uuid::from_u128(u128::from(self.starts_at().unix_ms_unsigned()) << 80)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = i32::try_from(self.0).unwrap_or(if self.0 < 0 { i32::MIN } else { i32::MAX });
        let bound = if self.0 < 0 { Date::MIN } else { Date::MAX };
        let date = Span::new().try_days(days).and_then(|days| EPOCH.checked_add(days)).unwrap_or(bound);
        date.strftime("%Y-%m-%d").fmt(f)
    }
}

/// Only the one spelling that it is printed in.
impl FromStr for Day {
    type Err = BadDay;

    fn from_str(text: &str) -> Result<Self, BadDay> {
        let date = Date::strptime("%Y-%m-%d", text).map_err(|_| BadDay)?;
        let days = date.since(EPOCH).map_err(|_| BadDay)?.get_days();
        Some(Self(i64::from(days))).filter(|day| day.to_string() == text).ok_or(BadDay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EventId;

    #[test]
    fn a_day_is_known_by_its_text_its_instants_and_its_ids() {
        let at = Timestamp::from_unix_ms(1_750_000_000_000);
        let day = Day::of(at);
        assert_eq!((day.to_string(), day.after(16).to_string()), ("2025-06-15".into(), "2025-07-01".into()));
        assert_eq!("2025-06-15".parse(), Ok(day));
        assert_eq!(Day::numbered(day.number()).after(3).before(3), day);
        assert_eq!(day.starts_at().to_string(), "2025-06-15T00:00:00.000Z");
        assert_eq!(day.ends_at(), day.after(1).starts_at());
        let (first, next) = day.ids();
        let id = EventId::new(at, [255; 10]).0;
        assert!(first < id && id < next && next == day.after(1).ids().0);
        assert_eq!(first.as_u128() >> 80, 1_749_945_600_000);
    }

    #[test]
    fn days_before_1970_are_days() {
        assert_eq!(Day::of(Timestamp::from_unix_ms(-1)).to_string(), "1969-12-31");
        assert_eq!("1969-12-31".parse(), Ok(Day::numbered(-1)));
        assert_eq!(Day::numbered(-1).ids().0, Uuid::nil());
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in ["", "2025-6-15", "20250615", "2025-02-30", "2025-13-01", "2025-06-15T00:00:00Z", " 2025-06-15"] {
            assert_eq!(text.parse::<Day>(), Err(BadDay), "{text}");
        }
    }
}
