//! Replays of all events that a filter takes: a row says what and how far, and any process goes on with it.

mod advance;
mod row;

use std::time::Duration;

use anyhook_domain::{AppId, DestinationId, EventId, ReplayId, TenantId, Timestamp};
use uuid::Uuid;

use self::row::{COLUMNS, Row};
use super::{
    EventFilter, Once, TRY_SOON,
    list::{Range, SEARCH_BATCH},
    once::take_key,
};
use crate::{
    Store, StoreError,
    batched::{Batched, execute},
    config::{AuditEntry, insert_audits, lock_tenant},
    pools::{read, read_of, write_of, write_tx},
};
use anyhook_domain::event::EventStatus;
use sqlx::AssertSqlSafe;

pub use advance::ReplayStep;

/// Finished ones are remembered for so long.
const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Parts of the walk that are looked at before counting stops.
const MOST_COUNTED: usize = 40;
/// Of one tenant, at once.
pub const MOST_RUNNING: i64 = 20;

/// What is to be replayed.
#[derive(Clone, Debug)]
pub struct NewReplay<'a> {
    pub id: ReplayId,
    /// Of those received until `at`; limit and cursor do not count.
    pub filter: &'a EventFilter,
    /// To this destination only.
    pub destination: Option<DestinationId>,
    /// What `destination` stands for, where it is no destination but a URL.
    pub url: Option<&'a str>,
    /// Where the events of each app go.
    pub targets: &'a [ReplayTarget],
    pub rate_per_second: u32,
    pub count: Count,
    pub at: Timestamp,
}

/// Where a replay sends the events of an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayTarget {
    pub app: AppId,
    pub destination: DestinationId,
    /// It wants only some events: those that went there before.
    pub is_choosy: bool,
}

/// How many events there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub n: u64,
    /// False where there were too many to look at all of them.
    pub is_whole: bool,
}

/// What became of the wish for a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartReplay {
    Started,
    /// Its key was taken before: nothing was written.
    Repeat,
    /// As many of the tenant's run as may run at once.
    TooMany,
}

/// How far a replay has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplayState {
    Running,
    Done,
    Canceled,
}

/// A replay of many events.
#[derive(Clone, Debug)]
pub struct Replay {
    pub id: ReplayId,
    pub state: ReplayState,
    pub filter: EventFilter,
    pub destination: Option<DestinationId>,
    /// As [`NewReplay`] has it.
    pub url: Option<String>,
    pub rate_per_second: u32,
    pub count: Count,
    pub n_replayed: u64,
    /// They cannot be sent: rejected, forgotten, over the quota, or of an app without a destination.
    pub n_skipped: u64,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    looked_at: Uuid,
    ends_before: Uuid,
}

const N_RUNNING: &str = "-- running replays\nSELECT count(*) FROM replays WHERE tenant_id = $1 AND due_at IS NOT NULL";
static TARGETS: Batched = Batched::new(
    "-- replay targets\nINSERT INTO replay_targets (replay_id, tenant_id, app_id, destination_id, is_choosy) VALUES ",
    5,
    "",
);

impl Store {
    /// How many events a filter takes now, as far as 20,000 of those that an index proposes tell.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_events(&self, filter: &EventFilter) -> Result<Count, StoreError> {
        let (mut after, before) = filter.narrowing.bounds();
        let mut n = 0;
        for _ in 0..MOST_COUNTED {
            let range = Range { after, before, is_oldest_first: true };
            let stretch = self.stretch(filter, range, SEARCH_BATCH).await?;
            n += stretch.events.len() as u64;
            let Some(last) = stretch.last else { return Ok(Count { n, is_whole: true }) };
            after = last.0;
        }
        Ok(Count { n, is_whole: false })
    }

    /// Makes a replay's row and writes down who wanted it; it begins at once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn start_replay(
        &self,
        new: &NewReplay<'_>,
        once: Option<&Once<'_>>,
        records: &[AuditEntry<'_>],
    ) -> Result<StartReplay, StoreError> {
        let (tenant, narrowing) = (new.filter.tenant, &new.filter.narrowing);
        let (after, before) = narrowing.bounds();
        let ends_before = before.min(EventId::new(new.at + Duration::from_millis(1), [0; 10]).0);
        Ok(write_of!(self, tenant, |tx| {
            // Whoever starts one at the same time waits, and counts this one, too.
            lock_tenant!(tx, tenant);
            if let Some(once) = once
                && !take_key!(tx, tenant, once, new.at)
            {
                return Ok(StartReplay::Repeat);
            }
            sqlx::query(
                "-- start replay\nINSERT INTO replays (id, tenant_id, state, app_id, status, source, event_type, \
                 provider_id, outbound_status, search_text, since, until, destination_id, rate_per_second, total, \
                 is_total_whole, n_replayed, n_skipped, looked_at_id, ends_before_id, due_at, created_at, url, fields) \
                 VALUES ($1, $2, 'running', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 0, 0, $16, $17, \
                 $18, $18, $19, $20)",
            )
            .bind(new.id.0)
            .bind(tenant.0)
            .bind(new.filter.app.map(|app| app.0))
            .bind(new.filter.wanted.status().map(EventStatus::as_str))
            .bind(&narrowing.source)
            .bind(&narrowing.event_type)
            .bind(&narrowing.provider_id)
            .bind(narrowing.outbound_status.map(i64::from))
            .bind(&narrowing.text)
            .bind(narrowing.since.map(Timestamp::unix_ms))
            .bind(narrowing.until.map(Timestamp::unix_ms))
            .bind(new.destination.map(|destination| destination.0))
            .bind(i64::from(new.rate_per_second))
            .bind(i64::try_from(new.count.n).unwrap_or(i64::MAX))
            .bind(new.count.is_whole)
            .bind(after)
            .bind(ends_before)
            .bind(new.at.unix_ms())
            .bind(new.url)
            .bind(row::fields_text(&narrowing.fields))
            .execute(&mut *tx)
            .await?;
            let n_running: i64 = sqlx::query_scalar(N_RUNNING).bind(tenant.0).fetch_one(&mut *tx).await?;
            if n_running > MOST_RUNNING {
                return Ok(StartReplay::TooMany);
            }
            execute!(tx, TARGETS, new.targets, |it| [new.id.0, tenant.0, it.app.0, it.destination.0, it.is_choosy]);
            execute!(tx, TRY_SOON, new.targets, |it| [it.destination.0]);
            insert_audits!(tx, records);
            StartReplay::Started
        }))
    }

    /// A tenant's newest replays, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn replays(&self, tenant: TenantId, most: u32) -> Result<Vec<Replay>, StoreError> {
        let rows: Vec<Row> = read_of!(self, tenant, |conn| {
            let text =
                format!("-- replays\nSELECT {COLUMNS} FROM replays WHERE tenant_id = $1 ORDER BY id DESC LIMIT $2");
            sqlx::query_as(AssertSqlSafe(text)).bind(tenant.0).bind(i64::from(most)).fetch_all(conn).await?
        });
        rows.into_iter().map(Replay::try_from).collect()
    }

    /// One replay; `None` when the tenant has no such replay.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn replay(&self, tenant: TenantId, id: ReplayId) -> Result<Option<Replay>, StoreError> {
        let row: Option<Row> = read_of!(self, tenant, |conn| {
            let text = format!("-- replay\nSELECT {COLUMNS} FROM replays WHERE id = $1 AND tenant_id = $2");
            sqlx::query_as(AssertSqlSafe(text)).bind(id.0).bind(tenant.0).fetch_optional(conn).await?
        });
        row.map(Replay::try_from).transpose()
    }

    /// Ends a replay where it is and writes that down; one that has ended stays as it is. What it has made is delivered all
    /// the same.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn cancel_replay(
        &self,
        tenant: TenantId,
        id: ReplayId,
        now: Timestamp,
        records: &[AuditEntry<'_>],
    ) -> Result<(), StoreError> {
        write_of!(self, tenant, |tx| {
            let canceled = sqlx::query(
                "-- cancel replay\nUPDATE replays SET state = 'canceled', due_at = NULL, finished_at = $3 \
                 WHERE id = $1 AND tenant_id = $2 AND state = 'running'",
            )
            .bind(id.0)
            .bind(tenant.0)
            .bind(now.unix_ms())
            .execute(&mut *tx)
            .await?;
            if canceled.rows_affected() > 0 {
                insert_audits!(tx, records);
            }
        });
        Ok(())
    }

    /// The replays, of all tenants, whose next batch may be made; those that wait longest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn due_replays(&self, now: Timestamp, most: u32) -> Result<Vec<Replay>, StoreError> {
        let rows: Vec<Row> = read!(self, |conn| {
            let text =
                format!("-- due replays\nSELECT {COLUMNS} FROM replays WHERE due_at <= $1 ORDER BY due_at LIMIT $2");
            sqlx::query_as(AssertSqlSafe(text)).bind(now.unix_ms()).bind(i64::from(most)).fetch_all(conn).await?
        });
        rows.into_iter().map(Replay::try_from).collect()
    }

    /// Removes replays that ended long ago; how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_replays(&self, now: Timestamp) -> Result<u64, StoreError> {
        let before = (now - KEPT_FOR).unix_ms();
        Ok(write_tx!(self, |tx| {
            sqlx::query(
                "-- forget targets\nDELETE FROM replay_targets WHERE replay_id IN (SELECT id FROM replays \
                 WHERE finished_at < $1)",
            )
            .bind(before)
            .execute(&mut *tx)
            .await?;
            let forget = sqlx::query("-- forget replays\nDELETE FROM replays WHERE finished_at < $1").bind(before);
            forget.execute(&mut *tx).await?.rows_affected()
        }))
    }
}

impl ReplayState {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Canceled => "canceled",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Running, Self::Done, Self::Canceled].into_iter().find(|state| state.as_str() == word)
    }
}
