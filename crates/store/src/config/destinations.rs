//! Destinations and their signing secrets.

use anyhook_domain::{AppId, DestinationId, TenantId, Timestamp};
use uuid::Uuid;

use super::{
    audit::{AuditEntry, insert_audits},
    mails::{NewMail, insert_mail},
};
use crate::{
    Store, StoreError,
    log::{Once, take_key},
    pools::{read_of, write_of, write_tx},
};

/// A destination as it stands in its table.
#[derive(Clone, PartialEq, sqlx::FromRow)]
pub struct DestinationRow {
    #[sqlx(try_from = "Uuid")]
    pub id: DestinationId,
    #[sqlx(try_from = "Uuid")]
    pub tenant_id: TenantId,
    #[sqlx(try_from = "Uuid")]
    pub app_id: AppId,
    pub url: String,
    pub is_paused: bool,
    /// Why it was paused by its handler; none when a person did it.
    pub paused_reason: Option<String>,
    pub timeout_seconds: i64,
    pub max_attempts: i64,
    pub signature_mode: String,
    pub sealed_secret: Vec<u8>,
    pub key_version: i64,
    pub secret_hint: String,
    /// The secret before the last rotation; it must not be used from `former_until` on.
    pub former_sealed_secret: Option<Vec<u8>>,
    pub former_key_version: Option<i64>,
    pub former_until: Option<i64>,
    pub created_at: i64,
    #[sqlx(flatten)]
    pub options: DestinationOptions,
}

/// What a destination may have besides; `None`: the default.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct DestinationOptions {
    /// As [`anyhook_domain::retry::Delays`] writes them.
    pub retry_policy: Option<String>,
    pub rate_limit_per_second: Option<i64>,
    pub max_concurrency: Option<i64>,
    /// A JSON list.
    pub event_types: Option<String>,
    pub filter: Option<String>,
    /// A JSON list of the added headers' names, with what may be shown of each value.
    pub header_hints: Option<String>,
    pub sealed_headers: Option<Vec<u8>>,
    pub headers_key_version: Option<i64>,
}

/// What `None` leaves as it is.
#[derive(Clone, Debug, Default)]
pub struct DestinationChange {
    pub url: Option<String>,
    pub is_paused: Option<bool>,
    pub timeout_seconds: Option<i64>,
    pub max_attempts: Option<i64>,
    pub signature_mode: Option<&'static str>,
    pub options: OptionsChange,
}

/// What `None` leaves as it is; an empty text and 0 take what there is away.
#[derive(Clone, Debug, Default)]
pub struct OptionsChange {
    pub retry_policy: Option<String>,
    pub rate_limit_per_second: Option<i64>,
    pub max_concurrency: Option<i64>,
    pub event_types: Option<String>,
    pub filter: Option<String>,
    pub headers: Option<HeadersChange>,
}

/// The headers that a destination has from now on; none where the hints are empty.
#[derive(Clone, Debug)]
pub struct HeadersChange {
    pub hints: String,
    pub sealed: Vec<u8>,
    pub key_version: i64,
    /// The sealed headers that values were kept from: where there are others by now, nothing is changed.
    pub kept_from: Option<Vec<u8>>,
}

impl OptionsChange {
    /// What a new destination has.
    #[must_use]
    pub fn into_options(self) -> DestinationOptions {
        let text = |text: Option<String>| text.filter(|text| !text.is_empty());
        let number = |number: Option<i64>| number.filter(|number| *number != 0);
        let headers = self.headers.filter(|headers| !headers.hints.is_empty());
        DestinationOptions {
            retry_policy: text(self.retry_policy),
            rate_limit_per_second: number(self.rate_limit_per_second),
            max_concurrency: number(self.max_concurrency),
            event_types: text(self.event_types),
            filter: text(self.filter),
            headers_key_version: headers.as_ref().map(|headers| headers.key_version),
            header_hints: headers.as_ref().map(|headers| headers.hints.clone()),
            sealed_headers: headers.map(|headers| headers.sealed),
        }
    }
}

/// An app's whole list of destinations: what it takes to get there from the list that was seen.
pub struct DestinationList {
    /// What the app had, in any order; when it has others by now, nothing is done.
    pub seen: Vec<DestinationId>,
    pub changed: Vec<(DestinationId, DestinationChange)>,
    pub made: Vec<DestinationRow>,
    pub deleted: Vec<DestinationId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreateDestination {
    Made,
    NoApp,
    TooMany,
    /// Its key was taken before: nothing was written.
    Repeat,
}

macro_rules! destination_columns {
    () => {
        "id, tenant_id, app_id, url, is_paused, paused_reason, timeout_seconds, max_attempts, signature_mode, \
         sealed_secret, key_version, secret_hint, former_sealed_secret, former_key_version, former_until, created_at, \
         retry_policy, rate_limit_per_second, max_concurrency, event_types, filter, header_hints, sealed_headers, \
         headers_key_version"
    };
}

macro_rules! insert_destination {
    ($tx:ident, $row:expr) => {
        sqlx::query(
            "-- insert_destination
             INSERT INTO destinations (id, tenant_id, app_id, url, is_paused, timeout_seconds, max_attempts,
                 signature_mode, sealed_secret, key_version, secret_hint, created_at, retry_policy,
                 rate_limit_per_second, max_concurrency, event_types, filter, header_hints, sealed_headers,
                 headers_key_version)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)",
        )
        .bind($row.id.0)
        .bind($row.tenant_id.0)
        .bind($row.app_id.0)
        .bind($row.url.as_str())
        .bind($row.is_paused)
        .bind($row.timeout_seconds)
        .bind($row.max_attempts)
        .bind($row.signature_mode.as_str())
        .bind(&$row.sealed_secret[..])
        .bind($row.key_version)
        .bind($row.secret_hint.as_str())
        .bind($row.created_at)
        .bind($row.options.retry_policy.as_deref())
        .bind($row.options.rate_limit_per_second)
        .bind($row.options.max_concurrency)
        .bind($row.options.event_types.as_deref())
        .bind($row.options.filter.as_deref())
        .bind($row.options.header_hints.as_deref())
        .bind($row.options.sealed_headers.as_deref())
        .bind($row.options.headers_key_version)
        .execute(&mut *$tx)
        .await?
    };
}

/// A reason is kept only while the destination stays paused. Whatever its breaker waited for may be mended now. `None`: it
/// is gone, or its headers are not those that values were kept from.
macro_rules! update_destination {
    ($tx:ident, $tenant:expr, $app:expr, $id:expr, $change:expr) => {{
        $crate::batched::execute!($tx, $crate::log::TRY_SOON, &[$id], |id| [id.0]);
        sqlx::query_as::<_, DestinationRow>(concat!(
            "-- update_destination
             UPDATE destinations SET url = COALESCE($4, url), is_paused = COALESCE($5, is_paused),
                 timeout_seconds = COALESCE($6, timeout_seconds), max_attempts = COALESCE($7, max_attempts),
                 signature_mode = COALESCE($8, signature_mode),
                 retry_policy = NULLIF(COALESCE($9, retry_policy), ''),
                 rate_limit_per_second = NULLIF(COALESCE($10, rate_limit_per_second), 0),
                 max_concurrency = NULLIF(COALESCE($11, max_concurrency), 0),
                 event_types = NULLIF(COALESCE($12, event_types), ''),
                 filter = NULLIF(COALESCE($13, filter), ''),
                 header_hints = NULLIF(COALESCE($14, header_hints), ''),
                 sealed_headers = CASE WHEN $14 = '' THEN NULL ELSE COALESCE($15, sealed_headers) END,
                 headers_key_version = CASE WHEN $14 = '' THEN NULL ELSE COALESCE($16, headers_key_version) END,
                 paused_reason = CASE WHEN COALESCE($5, is_paused) AND is_paused THEN paused_reason END
             WHERE tenant_id = $1 AND app_id = $2 AND id = $3 AND (sealed_headers = $17 OR $17 IS NULL)
             RETURNING ",
            destination_columns!()
        ))
        .bind($tenant.0)
        .bind($app.0)
        .bind($id.0)
        .bind($change.url.as_deref())
        .bind($change.is_paused)
        .bind($change.timeout_seconds)
        .bind($change.max_attempts)
        .bind($change.signature_mode)
        .bind($change.options.retry_policy.as_deref())
        .bind($change.options.rate_limit_per_second)
        .bind($change.options.max_concurrency)
        .bind($change.options.event_types.as_deref())
        .bind($change.options.filter.as_deref())
        .bind($change.options.headers.as_ref().map(|headers| headers.hints.as_str()))
        .bind($change.options.headers.as_ref().map(|headers| &headers.sealed[..]))
        .bind($change.options.headers.as_ref().map(|headers| headers.key_version))
        .bind($change.options.headers.as_ref().and_then(|headers| headers.kept_from.as_deref()))
        .fetch_optional(&mut *$tx)
        .await?
    }};
}

macro_rules! delete_destination {
    ($tx:ident, $tenant:expr, $app:expr, $id:expr) => {
        sqlx::query("-- delete_destination\nDELETE FROM destinations WHERE tenant_id = $1 AND app_id = $2 AND id = $3")
            .bind($tenant.0)
            .bind($app.0)
            .bind($id.0)
            .execute(&mut *$tx)
            .await?
            .rows_affected()
    };
}

pub(super) use {delete_destination, destination_columns, insert_destination, update_destination};

impl Store {
    /// The destinations of all apps of a tenant, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn destinations(&self, tenant: TenantId) -> Result<Vec<DestinationRow>, StoreError> {
        Ok(read_of!(self, tenant, |conn| {
            sqlx::query_as(concat!(
                "-- destinations\nSELECT ",
                destination_columns!(),
                " FROM destinations WHERE tenant_id = $1 ORDER BY id"
            ))
            .bind(tenant.0)
            .fetch_all(&mut *conn)
            .await?
        }))
    }

    /// The destinations of one app, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn destinations_of_app(&self, tenant: TenantId, app: AppId) -> Result<Vec<DestinationRow>, StoreError> {
        Ok(read_of!(self, tenant, |conn| {
            sqlx::query_as(concat!(
                "-- destinations_of_app\nSELECT ",
                destination_columns!(),
                " FROM destinations WHERE tenant_id = $1 AND app_id = $2 ORDER BY id"
            ))
            .bind(tenant.0)
            .bind(app.0)
            .fetch_all(&mut *conn)
            .await?
        }))
    }

    /// Adds a destination to an app that has fewer than `most`, and writes that down; once for each key.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn create_destination(
        &self,
        row: &DestinationRow,
        most: i64,
        records: &[AuditEntry<'_>],
        once: Option<&Once<'_>>,
    ) -> Result<CreateDestination, StoreError> {
        write_of!(self, row.tenant_id, |tx| {
            if let Some(once) = once
                && !take_key!(tx, row.tenant_id, once, Timestamp::from_unix_ms(row.created_at))
            {
                return Ok(CreateDestination::Repeat);
            }
            // Changes nothing; on PostgreSQL it makes whoever else changes this app's list wait.
            let app = sqlx::query("-- lock_app\nUPDATE apps SET name = name WHERE tenant_id = $1 AND id = $2")
                .bind(row.tenant_id.0)
                .bind(row.app_id.0)
                .execute(&mut *tx)
                .await?;
            if app.rows_affected() == 0 {
                return Ok(CreateDestination::NoApp);
            }
            let n_present: i64 =
                sqlx::query_scalar("-- n_destinations\nSELECT COUNT(*) FROM destinations WHERE app_id = $1")
                    .bind(row.app_id.0)
                    .fetch_one(&mut *tx)
                    .await?;
            if n_present >= most {
                return Ok(CreateDestination::TooMany);
            }
            insert_destination!(tx, row);
            insert_audits!(tx, records);
        });
        Ok(CreateDestination::Made)
    }

    /// Changes a destination and writes that down; `None` when there is none, or values were kept from headers that it has
    /// no more.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn update_destination(
        &self,
        tenant: TenantId,
        app: AppId,
        id: DestinationId,
        change: &DestinationChange,
        records: &[AuditEntry<'_>],
    ) -> Result<Option<DestinationRow>, StoreError> {
        Ok(write_of!(self, tenant, |tx| {
            let Some(changed) = update_destination!(tx, tenant, app, id, change) else { return Ok(None) };
            insert_audits!(tx, records);
            Some(changed)
        }))
    }

    /// Deletes a destination and writes that down; whether there was one.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn delete_destination(
        &self,
        tenant: TenantId,
        app: AppId,
        id: DestinationId,
        records: &[AuditEntry<'_>],
    ) -> Result<bool, StoreError> {
        write_of!(self, tenant, |tx| {
            if delete_destination!(tx, tenant, app, id) == 0 {
                return Ok(false);
            }
            insert_audits!(tx, records);
        });
        Ok(true)
    }

    /// Pauses a destination of whichever tenant, on its handler's word, puts the mail that tells of it into the outbox, and
    /// writes that down; `false` when there was none that was not paused.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn pause_destination(
        &self,
        id: DestinationId,
        reason: &str,
        mail: &NewMail,
        records: &[AuditEntry<'_>],
    ) -> Result<bool, StoreError> {
        write_tx!(self, |tx| {
            let paused = sqlx::query(
                "-- pause_destination
                 UPDATE destinations SET is_paused = TRUE, paused_reason = $2 WHERE id = $1 AND NOT is_paused",
            )
            .bind(id.0)
            .bind(reason)
            .execute(&mut *tx)
            .await?;
            if paused.rows_affected() == 0 {
                return Ok(false);
            }
            insert_mail!(tx, mail);
            insert_audits!(tx, records);
        });
        Ok(true)
    }
}
