//! How things stand now: what waits, and where it fails.

use std::collections::HashMap;

use anyhook_domain::{AppId, DeliveryId, DestinationId, Timestamp};
use uuid::Uuid;

use super::{
    super::small,
    StatsQuestion, of_app, positive,
    statements::{TEXTS, backlog, failing},
};
use crate::{Store, StoreError, batched::fetch, pools::read_of};

/// More are not counted, oldest first.
pub const MOST_BACKLOG: u64 = 100_000;
/// More destinations are not named.
pub const MOST_FAILING: usize = 20;
/// Deliveries of each state that are looked at for those, newest first.
const MOST_LOOKED_AT: i64 = 5_000;

/// Deliveries that are yet to be made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// For their first or next attempt.
    pub waiting: u64,
    /// For somebody to resume, or a new month.
    pub held: u64,
    /// Since when the oldest of both waits.
    pub oldest_at: Option<Timestamp>,
}

/// A destination where deliveries fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failing {
    pub app_id: AppId,
    pub destination_id: DestinationId,
    /// Deliveries that failed, or are between two attempts.
    pub n_deliveries: u64,
    /// Since when the oldest of them has been on its way.
    pub since: Timestamp,
    /// What the newest of them heard last.
    pub url: String,
    pub error: Option<String>,
    pub status_code: Option<u32>,
    newest: (DeliveryId, u32),
}

impl Store {
    /// What waits, whenever it came.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn backlog(&self, question: &StatsQuestion) -> Result<Backlog, StoreError> {
        let mut found = Backlog::default();
        for owner in question.owners() {
            for (word, n) in [("pending", &mut found.waiting), ("held", &mut found.held)] {
                let (count, oldest_at): (i64, Option<i64>) = read_of!(self, question.tenant, |conn| {
                    let query = sqlx::query_as(backlog(owner, word)).bind(owner.tenant.0);
                    let query = query.bind(question.destination.map(|it| it.0)).bind(MOST_BACKLOG.cast_signed());
                    of_app!(query, owner).fetch_one(&mut *conn).await?
                });
                *n = n.saturating_add(positive(count)).min(MOST_BACKLOG);
                let oldest_at = oldest_at.map(Timestamp::from_unix_ms);
                found.oldest_at = found.oldest_at.into_iter().chain(oldest_at).min();
            }
        }
        Ok(found)
    }

    /// The destinations where deliveries of the stretch's events fail, the most failures first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn failing(&self, question: &StatsQuestion) -> Result<Vec<Failing>, StoreError> {
        let mut found = HashMap::new();
        for owner in question.owners() {
            for word in ["failed", "pending"] {
                let rows: Vec<(Uuid, Uuid, Uuid, i64, i64)> = read_of!(self, question.tenant, |conn| {
                    let query = sqlx::query_as(failing(owner, word)).bind(owner.tenant.0);
                    let query = query.bind(question.destination.map(|it| it.0)).bind(MOST_LOOKED_AT);
                    let query = query.bind(question.first_id(0)).bind(question.first_id(question.n_steps));
                    of_app!(query, owner).fetch_all(&mut *conn).await?
                });
                rows.into_iter().for_each(|row| add(&mut found, row));
            }
        }
        let mut found: Vec<_> = found.into_values().collect();
        found.sort_unstable_by_key(|it| (u64::MAX - it.n_deliveries, it.destination_id));
        found.truncate(MOST_FAILING);
        self.say_why(question, &mut found).await?;
        Ok(found)
    }

    async fn say_why(&self, question: &StatsQuestion, found: &mut [Failing]) -> Result<(), StoreError> {
        type Row = (Uuid, i64, Option<i64>, Option<String>, String);
        let ids: Vec<_> = found.iter().map(|it| it.newest.0).collect();
        let rows = read_of!(self, question.tenant, |conn| fetch!(conn, Row, TEXTS, &ids, |id| [id.0]));
        for (delivery, number, status_code, error, url) in rows {
            let newest = (DeliveryId(delivery), small(number));
            if let Some(failing) = found.iter_mut().find(|it| it.newest == newest) {
                (failing.status_code, failing.error, failing.url) = (status_code.map(small), error, url);
            }
        }
        Ok(())
    }
}

/// Rows come newest first: of each state, the first is a destination's newest.
fn add(found: &mut HashMap<Uuid, Failing>, (app, destination, id, attempts, created_at): (Uuid, Uuid, Uuid, i64, i64)) {
    let (id, created_at) = (DeliveryId(id), Timestamp::from_unix_ms(created_at));
    let failing = found.entry(destination).or_insert_with(|| Failing {
        app_id: AppId(app),
        destination_id: DestinationId(destination),
        n_deliveries: 0,
        since: created_at,
        url: String::new(),
        error: None,
        status_code: None,
        newest: (id, small(attempts)),
    });
    failing.n_deliveries += 1;
    failing.since = failing.since.min(created_at);
    if id > failing.newest.0 {
        failing.newest = (id, small(attempts));
    }
}
