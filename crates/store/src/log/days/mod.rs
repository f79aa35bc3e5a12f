//! The log's days: on PostgreSQL each day's rows lie in partitions of their own, made ahead and dropped whole.
//!
//! What has no partition goes into the default one, which is always there: nothing depends on a day having been made.

mod make;
mod remove;

use std::fmt;

use anyhook_domain::Timestamp;
use jiff::{Span, civil::Date};
use sqlx::{AssertSqlSafe, PgPool, PgTransaction};
use uuid::Uuid;

use crate::{Store, StoreError, pools::Pools};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const EPOCH: Date = jiff::civil::date(1970, 1, 1);
/// Whoever holds it makes or removes days; any other number would do as well.
const LOCK: i64 = 0x0061_6e79_6461_7973;

/// The tables that are partitioned together, each with the id that says which day a row belongs to.
type Group = &'static [(&'static str, &'static str)];
/// In the order in which an append locks them.
const EVENTS: Group = &[("events", "id"), ("event_keys", "event_id"), ("event_contents", "event_id")];
const ATTEMPTS: Group = &[("attempts", "delivery_id")];

/// A day in UTC; as text `20261121`, the end of its partitions' names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(i64);

/// What became of the days' events; their attempts are kept apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Days {
    pub made: Vec<Day>,
    /// Wanted, but not made this time: the default partition has rows of that day, or is too busy.
    pub skipped: Vec<Day>,
    pub dropped: Vec<Day>,
}

/// How a step ended that gives way to others.
enum Step {
    Done,
    /// There was nothing to do, or it cannot be done now.
    Skipped,
    /// Another process is at it.
    Lost,
}

impl Store {
    /// Makes partitions for today and so many days after it, and drops those of past days that no event is left of; to be
    /// called again and again, in any number of processes: who comes second leaves the work to the first. Nobody waits
    /// longer than some tenths of a second for it. Nothing happens on SQLite.
    ///
    /// # Errors
    /// [`StoreError`]: what was made or dropped so far stays so.
    pub async fn keep_days(&self, now: Timestamp, ahead: u32) -> Result<Days, StoreError> {
        let Pools::Postgres(pool) = &*self.pools else { return Ok(Days::default()) };
        let (mut days, today) = (Days::default(), Day::of(now));
        make::make(pool, today, ahead, &mut days).await?;
        remove::remove(pool, today, &mut days).await?;
        Ok(days)
    }
}

impl Day {
    const fn of(at: Timestamp) -> Self {
        Self(at.unix_ms().div_euclid(DAY_MS))
    }

    const fn after(self, n_days: u32) -> Self {
        Self(self.0.saturating_add(n_days as i64))
    }

    /// From the end of a partition's name.
    fn parse(text: &str) -> Option<Self> {
        let date = Date::strptime("%Y%m%d", text).ok()?;
        Some(Self(i64::from(date.since(EPOCH).ok()?.get_days())))
    }

    /// The range of ids that were made on this day: a UUIDv7 begins with 48 bits of milliseconds.
    fn ids(self) -> (Uuid, Uuid) {
        let first = |day: i64| Uuid::from_u128(u128::try_from(day.saturating_mul(DAY_MS)).unwrap_or(0) << 80);
        (first(self.0), first(self.0.saturating_add(1)))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = i32::try_from(self.0).unwrap_or(i32::MAX);
        let date = Span::new().try_days(days).and_then(|days| EPOCH.checked_add(days)).unwrap_or(Date::MAX);
        date.strftime("%Y%m%d").fmt(f)
    }
}

/// The days that a table has partitions for, oldest first.
async fn days_of(pool: &PgPool, table: &str) -> Result<Vec<Day>, StoreError> {
    let names: Vec<String> = sqlx::query_scalar(
        "-- days\nSELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid \
         WHERE i.inhparent = to_regclass($1)",
    )
    .bind(table)
    .fetch_all(pool)
    .await?;
    let day = |name: &String| Day::parse(name.strip_prefix(table)?.strip_prefix('_')?);
    let mut days: Vec<_> = names.iter().filter_map(day).collect();
    days.sort();
    Ok(days)
}

/// Begins a transaction that waits for nobody longer than a moment; `None` while another process is at it. It acts for no
/// tenant: rows that row security hides must not be taken for none.
async fn begin(pool: &PgPool) -> Result<Option<PgTransaction<'static>>, StoreError> {
    let mut transaction = pool.begin().await?;
    let (is_ours, ..): (bool, String, String, String) = sqlx::query_as(
        "-- days begin\nSELECT pg_try_advisory_xact_lock($1), set_config('lock_timeout', '100ms', TRUE), \
         set_config('statement_timeout', '500ms', TRUE), set_config('anyhook.tenant', '', TRUE)",
    )
    .bind(LOCK)
    .fetch_one(&mut *transaction)
    .await?;
    Ok(is_ours.then_some(transaction))
}

/// Safe: statements about partitions are made of texts from here, days and ids.
async fn run(transaction: &mut PgTransaction<'static>, statement: String) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut **transaction).await?;
    Ok(())
}

/// Whether another one was in the way: to be tried again later. A default partition that has rows of the day, a table
/// that is there or gone by now, a lock or time that was not to be had, a deadlock.
fn gives_way(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|refusal| refusal.code());
    code.is_some_and(|code| ["23514", "42P07", "42P01", "55P03", "57014", "40P01"].contains(&&*code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_known_by_its_name_and_its_ids() {
        let at = Timestamp::from_unix_ms(1_750_000_000_000);
        let day = Day::of(at);
        assert_eq!((day.to_string(), day.after(16).to_string()), ("20250615".into(), "20250701".into()));
        assert_eq!(Day::parse("20250615"), Some(day));
        assert_eq!([Day::parse("default"), Day::parse("20251315"), Day::parse("")], [None; 3]);
        let (first, next) = day.ids();
        let id = anyhook_domain::EventId::new(at, [255; 10]).0;
        assert!(first < id && id < next && next == day.after(1).ids().0);
        assert_eq!(first.as_u128() >> 80, 1_749_945_600_000);
    }
}
