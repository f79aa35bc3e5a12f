//! The log's days: on PostgreSQL each day's rows lie in partitions of their own, made ahead and dropped whole.
//!
//! What has no partition goes into the default one, which is always there: nothing depends on a day having been made.

mod make;
mod remove;

use anyhook_domain::{Day, Timestamp};
use sqlx::{AssertSqlSafe, PgPool, PgTransaction};

use crate::{Store, StoreError, pools::Pools};

/// Whoever holds it makes or removes days; any other number would do as well.
const LOCK: i64 = 0x0061_6e79_6461_7973;

/// The tables that are partitioned together, each with the id that says which day a row belongs to.
type Group = &'static [(&'static str, &'static str)];
/// In the order in which an append locks them.
const EVENTS: Group =
    &[("events", "id"), ("event_keys", "event_id"), ("event_contents", "event_id"), ("event_terms", "event_id")];
const ATTEMPTS: Group = &[("attempts", "delivery_id")];

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

/// The name of a day's partition: `events_20261121`.
fn partition(table: &str, day: Day) -> String {
    format!("{table}_{}", day.to_string().replace('-', ""))
}

/// From the end of a partition's name.
fn day_of(name: &str) -> Option<Day> {
    let (year, month, day) = (name.get(..4)?, name.get(4..6)?, name.get(6..)?);
    format!("{year}-{month}-{day}").parse().ok()
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
    let day = |name: &String| day_of(name.strip_prefix(table)?.strip_prefix('_')?);
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
/// that is there or gone by now, a partition that reaches into the day, a lock or time that was not to be had, a deadlock.
fn gives_way(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|refusal| refusal.code());
    code.is_some_and(|code| ["23514", "42P07", "42P01", "42P17", "55P03", "57014", "40P01"].contains(&&*code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_known_by_its_partitions_names() {
        let day = Day::of(Timestamp::from_unix_ms(1_750_000_000_000));
        assert_eq!(partition("events", day), "events_20250615");
        assert_eq!(day_of("20250615"), Some(day));
        assert_eq!(["default", "before", "20251315", ""].map(day_of), [None; 4]);
    }
}
