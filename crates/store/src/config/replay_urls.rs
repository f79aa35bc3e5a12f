//! URLs that events are replayed to: no destinations of their app, and gone some time after their last replay.

use std::time::Duration;

use anyhook_domain::{AppId, DestinationId, TenantId, Timestamp};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::audit::{AuditEntry, insert_audits};
use crate::{
    Store, StoreError,
    pools::{read, read_of, write_of, write_tx},
};

/// Longer than any delivery goes on after the replay that made it.
pub const REPLAY_URLS_LIVE_FOR: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// Such a URL as it stands in its table.
#[derive(Clone, sqlx::FromRow)]
pub struct ReplayUrlRow {
    #[sqlx(try_from = "Uuid")]
    pub id: DestinationId,
    #[sqlx(try_from = "Uuid")]
    pub tenant_id: TenantId,
    #[sqlx(try_from = "Uuid")]
    pub app_id: AppId,
    pub url: String,
    pub sealed_secret: Vec<u8>,
    pub key_version: i64,
    pub created_at: i64,
    pub expires_at: i64,
}

/// What became of the wish for a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakeReplayUrl {
    Made,
    /// The row of this id lives on.
    Renewed,
    /// The app has another row with this URL, or none of this id any more: look again.
    Changed,
    NoApp,
    TooMany,
}

/// Whether a row is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    No,
    Yes {
        /// It gets the secret that is given.
        changes_secret: bool,
    },
}

const COLUMNS: &str = "id, tenant_id, app_id, url, sealed_secret, key_version, created_at, expires_at";
const INSERT: &str = "-- insert_replay_url
    INSERT INTO replay_urls (id, tenant_id, app_id, url, sealed_secret, key_version, created_at, expires_at)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8
    WHERE NOT EXISTS (SELECT 1 FROM replay_urls WHERE app_id = $3 AND url = $4)";
const RENEW: &str = "-- renew_replay_url
    UPDATE replay_urls SET expires_at = $3, sealed_secret = CASE WHEN $4 THEN $5 ELSE sealed_secret END,
        key_version = CASE WHEN $4 THEN $6 ELSE key_version END
    WHERE tenant_id = $1 AND id = $2";

impl Store {
    /// The URLs that an app's events were replayed to lately.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn replay_urls(&self, tenant: TenantId, app: AppId) -> Result<Vec<ReplayUrlRow>, StoreError> {
        Ok(read_of!(self, tenant, |conn| {
            let text = format!(
                "-- replay_urls\nSELECT {COLUMNS} FROM replay_urls WHERE tenant_id = $1 AND app_id = $2 ORDER BY id"
            );
            sqlx::query_as(AssertSqlSafe(text)).bind(tenant.0).bind(app.0).fetch_all(&mut *conn).await?
        }))
    }

    /// One of whichever tenant.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn replay_url(&self, id: DestinationId) -> Result<Option<ReplayUrlRow>, StoreError> {
        Ok(read!(self, |conn| {
            let text = format!("-- replay_url\nSELECT {COLUMNS} FROM replay_urls WHERE id = $1");
            sqlx::query_as(AssertSqlSafe(text)).bind(id.0).fetch_optional(&mut *conn).await?
        }))
    }

    /// Makes a URL's row, if its app has fewer than `most`, or lets the one that was seen live on, and writes that down.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn take_replay_url(
        &self,
        row: &ReplayUrlRow,
        seen: Seen,
        most: i64,
        records: &[AuditEntry<'_>],
    ) -> Result<TakeReplayUrl, StoreError> {
        let n_done = write_of!(self, row.tenant_id, |tx| {
            // Changes nothing; on PostgreSQL it makes whoever takes one of this app at the same time wait.
            let app = sqlx::query("-- lock_app\nUPDATE apps SET name = name WHERE tenant_id = $1 AND id = $2")
                .bind(row.tenant_id.0)
                .bind(row.app_id.0)
                .execute(&mut *tx)
                .await?;
            if app.rows_affected() == 0 {
                return Ok(TakeReplayUrl::NoApp);
            }
            let n_present: i64 =
                sqlx::query_scalar("-- n_replay_urls\nSELECT COUNT(*) FROM replay_urls WHERE app_id = $1")
                    .bind(row.app_id.0)
                    .fetch_one(&mut *tx)
                    .await?;
            let take = match seen {
                Seen::No if n_present >= most => return Ok(TakeReplayUrl::TooMany),
                Seen::No => sqlx::query(INSERT)
                    .bind(row.id.0)
                    .bind(row.tenant_id.0)
                    .bind(row.app_id.0)
                    .bind(row.url.as_str())
                    .bind(&row.sealed_secret[..])
                    .bind(row.key_version)
                    .bind(row.created_at)
                    .bind(row.expires_at),
                Seen::Yes { changes_secret } => sqlx::query(RENEW)
                    .bind(row.tenant_id.0)
                    .bind(row.id.0)
                    .bind(row.expires_at)
                    .bind(changes_secret)
                    .bind(&row.sealed_secret[..])
                    .bind(row.key_version),
            };
            let n_done = take.execute(&mut *tx).await?.rows_affected();
            if n_done > 0 {
                insert_audits!(tx, records);
            }
            n_done
        });
        Ok(match (n_done, seen) {
            (0, _) => TakeReplayUrl::Changed,
            (_, Seen::No) => TakeReplayUrl::Made,
            (_, Seen::Yes { .. }) => TakeReplayUrl::Renewed,
        })
    }

    /// Removes one of whichever tenant, so that nothing more is sent there, and writes that down.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn delete_replay_url(&self, id: DestinationId, records: &[AuditEntry<'_>]) -> Result<bool, StoreError> {
        write_tx!(self, |tx| {
            let deleted = sqlx::query("-- delete_replay_url\nDELETE FROM replay_urls WHERE id = $1")
                .bind(id.0)
                .execute(&mut *tx)
                .await?;
            if deleted.rows_affected() == 0 {
                return Ok(false);
            }
            insert_audits!(tx, records);
        });
        Ok(true)
    }

    /// Removes one that was made just now, unless somebody has used it since, and writes that down.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn give_back_replay_url(
        &self,
        tenant: TenantId,
        id: DestinationId,
        records: &[AuditEntry<'_>],
    ) -> Result<bool, StoreError> {
        write_of!(self, tenant, |tx| {
            let deleted = sqlx::query(
                "-- give_back_replay_url
                 DELETE FROM replay_urls WHERE tenant_id = $1 AND id = $2 AND expires_at - created_at <= $3
                     AND NOT EXISTS (SELECT 1 FROM replays r WHERE r.tenant_id = $1 AND r.destination_id = $2)",
            )
            .bind(tenant.0)
            .bind(id.0)
            .bind(lives_for_ms())
            .execute(&mut *tx)
            .await?;
            if deleted.rows_affected() == 0 {
                return Ok(false);
            }
            insert_audits!(tx, records);
        });
        Ok(true)
    }

    /// Removes those whose time is over, unless a replay of many events goes there still, or has ended not as long ago;
    /// how many.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn forget_replay_urls(&self, now: Timestamp) -> Result<u64, StoreError> {
        Ok(write_tx!(self, |tx| {
            sqlx::query(
                "-- forget_replay_urls
                 DELETE FROM replay_urls WHERE expires_at <= $1 AND NOT EXISTS (SELECT 1 FROM replays r
                     WHERE r.tenant_id = replay_urls.tenant_id AND r.destination_id = replay_urls.id
                     AND (r.due_at IS NOT NULL OR r.finished_at > $2))",
            )
            .bind(now.unix_ms())
            .bind((now - REPLAY_URLS_LIVE_FOR).unix_ms())
            .execute(&mut *tx)
            .await?
            .rows_affected()
        }))
    }
}

fn lives_for_ms() -> i64 {
    i64::try_from(REPLAY_URLS_LIVE_FOR.as_millis()).expect("two weeks are not that long")
}
