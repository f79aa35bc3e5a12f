//! How much waits to be delivered, and how much comes in, over all tenants.

use std::time::Duration;

use anyhook_domain::{EventId, Timestamp};
use uuid::Uuid;

use crate::{Store, StoreError, pools::read};

/// Rows that are counted one by one; beyond it, "at least so many" says enough.
const MOST_COUNTED: i64 = 100_000;
const AN_HOUR: Duration = Duration::from_secs(60 * 60);

/// A number of rows that was counted up to a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    pub n: u64,
    /// Otherwise there are at least so many.
    pub is_exact: bool,
}

/// What the whole log has before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Workload {
    /// Deliveries that will be attempted, now or later.
    pub waiting: Tally,
    /// Of them, those that should have been attempted by now.
    pub overdue: Tally,
    /// Since when the oldest of these is.
    pub oldest_due: Option<Timestamp>,
    /// Deliveries that wait for a pause or a plan to end.
    pub held: Tally,
    /// Received in the last hour, rejected ones too.
    pub events_last_hour: Tally,
}

/// Each by one stretch of one index.
const WAITING: &str = "-- workload waiting\nSELECT COUNT(*) FROM \
    (SELECT 1 AS one FROM deliveries WHERE due_at IS NOT NULL LIMIT $1) AS counted";
const OVERDUE: &str = "-- workload overdue\nSELECT COUNT(*) FROM \
    (SELECT 1 AS one FROM deliveries WHERE due_at <= $2 LIMIT $1) AS counted";
const OLDEST: &str = "-- workload oldest\nSELECT MIN(due_at) FROM deliveries WHERE due_at <= $1";
const HELD: &str = "-- workload held\nSELECT COUNT(*) FROM \
    (SELECT 1 AS one FROM deliveries WHERE state = 'held' LIMIT $1) AS counted";
const RECEIVED: &str = "-- workload received\nSELECT COUNT(*) FROM \
    (SELECT 1 AS one FROM events WHERE id >= $2 LIMIT $1) AS counted";

impl Store {
    /// # Errors
    /// [`StoreError`].
    pub async fn workload(&self, now: Timestamp) -> Result<Workload, StoreError> {
        let since: Uuid = EventId::new(now - AN_HOUR, [0; 10]).0;
        Ok(read!(self, |conn| {
            let waiting: i64 = sqlx::query_scalar(WAITING).bind(MOST_COUNTED).fetch_one(&mut *conn).await?;
            let overdue = sqlx::query_scalar(OVERDUE).bind(MOST_COUNTED).bind(now.unix_ms());
            let overdue: i64 = overdue.fetch_one(&mut *conn).await?;
            let oldest: Option<i64> = sqlx::query_scalar(OLDEST).bind(now.unix_ms()).fetch_one(&mut *conn).await?;
            let held: i64 = sqlx::query_scalar(HELD).bind(MOST_COUNTED).fetch_one(&mut *conn).await?;
            let received = sqlx::query_scalar(RECEIVED).bind(MOST_COUNTED).bind(since);
            let received: i64 = received.fetch_one(&mut *conn).await?;
            Workload {
                waiting: tally(waiting),
                overdue: tally(overdue),
                oldest_due: oldest.map(Timestamp::from_unix_ms),
                held: tally(held),
                events_last_hour: tally(received),
            }
        }))
    }
}

fn tally(n: i64) -> Tally {
    Tally { n: n.unsigned_abs(), is_exact: n < MOST_COUNTED }
}
