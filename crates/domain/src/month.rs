//! Calendar months in UTC, by which plans count.

use std::fmt;

use jiff::{civil::Date, tz::TimeZone};

use crate::Timestamp;

/// A calendar month in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Month(Date);

impl Month {
    /// The month that an instant lies in; the first or last one that can be written for instants beyond them.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        let bound = if at.unix_ms() < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        let instant = jiff::Timestamp::from_millisecond(at.unix_ms()).unwrap_or(bound);
        Self(TimeZone::UTC.to_datetime(instant).date().first_of_month())
    }

    /// As `yyyymm`.
    #[must_use]
    pub fn number(self) -> i64 {
        i64::from(self.0.year()) * 100 + i64::from(self.0.month())
    }

    /// From `yyyymm`.
    #[must_use]
    pub fn of_number(number: i64) -> Option<Self> {
        let (year, month) = (i16::try_from(number / 100).ok()?, i8::try_from(number % 100).ok()?);
        Date::new(year, month, 1).ok().map(Self)
    }

    #[must_use]
    pub fn starts_at(self) -> Timestamp {
        start(self.0)
    }

    /// The first instant that is not in it.
    #[must_use]
    pub fn ends_at(self) -> Timestamp {
        self.0.last_of_month().tomorrow().map_or(Timestamp::from_unix_ms(i64::MAX), start)
    }
}

fn start(day: Date) -> Timestamp {
    let instant = TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0));
    instant.map_or(Timestamp::from_unix_ms(i64::MIN), |instant| Timestamp::from_unix_ms(instant.as_millisecond()))
}

/// `2026-11`.
impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_has_a_number() {
        let month = Month::of_number(202_511).unwrap();
        assert_eq!((month.number(), month.to_string().as_str()), (202_511, "2025-11"));
        assert_eq!([0, 202_513, -202_511, i64::MAX].map(Month::of_number), [None; 4]);
    }

    #[test]
    fn a_month_begins_and_ends_with_its_first_and_last_instant() {
        let instant = |text: &str| Timestamp::from_unix_ms(text.parse::<jiff::Timestamp>().unwrap().as_millisecond());
        for (at, number, start, end) in [
            ("2025-06-15T15:06:40Z", 202_506, "2025-06-01T00:00:00Z", "2025-07-01T00:00:00Z"),
            ("2024-02-29T23:59:59.999Z", 202_402, "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"),
            ("2025-12-31T23:59:59.999Z", 202_512, "2025-12-01T00:00:00Z", "2026-01-01T00:00:00Z"),
            ("2026-01-01T00:00:00Z", 202_601, "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"),
            ("1969-12-31T23:59:59.999Z", 196_912, "1969-12-01T00:00:00Z", "1970-01-01T00:00:00Z"),
        ] {
            let month = Month::of(instant(at));
            assert_eq!((month.number(), month.starts_at(), month.ends_at()), (number, instant(start), instant(end)));
        }
        assert_eq!(Month::of(instant("2026-01-31T00:00:00Z")).to_string(), "2026-01");
    }

    #[test]
    fn instants_beyond_all_months_lie_in_the_last_one() {
        let last = Month::of(Timestamp::from_unix_ms(i64::MAX));
        assert_eq!((last.number(), last.ends_at()), (999_912, Timestamp::from_unix_ms(i64::MAX)));
        assert!(Month::of(Timestamp::from_unix_ms(i64::MIN)) < Month::of(Timestamp::from_unix_ms(0)));
    }
}
