//! Destinations and their signing secrets.

use anyhook_domain::{AppId, DestinationId, TenantId};
use uuid::Uuid;

use crate::{
    Store, StoreError,
    pools::{read_of, write_of, write_tx},
};

/// A destination as it stands in its table.
#[derive(Clone, sqlx::FromRow)]
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
}

/// What `None` leaves as it is.
#[derive(Clone, Debug, Default)]
pub struct DestinationChange {
    pub url: Option<String>,
    pub is_paused: Option<bool>,
    pub timeout_seconds: Option<i64>,
    pub max_attempts: Option<i64>,
    pub signature_mode: Option<&'static str>,
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
}

macro_rules! destination_columns {
    () => {
        "id, tenant_id, app_id, url, is_paused, paused_reason, timeout_seconds, max_attempts, signature_mode, \
         sealed_secret, key_version, secret_hint, former_sealed_secret, former_key_version, former_until, created_at"
    };
}

macro_rules! insert_destination {
    ($tx:ident, $row:expr) => {
        sqlx::query(
            "-- insert_destination
             INSERT INTO destinations (id, tenant_id, app_id, url, is_paused, timeout_seconds, max_attempts,
                 signature_mode, sealed_secret, key_version, secret_hint, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
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
        .execute(&mut *$tx)
        .await?
    };
}

/// A reason is kept only while the destination stays paused.
macro_rules! update_destination {
    ($tx:ident, $tenant:expr, $app:expr, $id:expr, $change:expr) => {
        sqlx::query_as::<_, DestinationRow>(concat!(
            "-- update_destination
             UPDATE destinations SET url = COALESCE($4, url), is_paused = COALESCE($5, is_paused),
                 timeout_seconds = COALESCE($6, timeout_seconds), max_attempts = COALESCE($7, max_attempts),
                 signature_mode = COALESCE($8, signature_mode),
                 paused_reason = CASE WHEN COALESCE($5, is_paused) AND is_paused THEN paused_reason END
             WHERE tenant_id = $1 AND app_id = $2 AND id = $3
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
        .fetch_optional(&mut *$tx)
        .await?
    };
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

    /// Adds a destination to an app that has fewer than `most`.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn create_destination(&self, row: &DestinationRow, most: i64) -> Result<CreateDestination, StoreError> {
        write_of!(self, row.tenant_id, |tx| {
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
        });
        Ok(CreateDestination::Made)
    }

    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn update_destination(
        &self,
        tenant: TenantId,
        app: AppId,
        id: DestinationId,
        change: &DestinationChange,
    ) -> Result<Option<DestinationRow>, StoreError> {
        Ok(write_of!(self, tenant, |tx| update_destination!(tx, tenant, app, id, change)))
    }

    /// Whether there was such a destination.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn delete_destination(
        &self,
        tenant: TenantId,
        app: AppId,
        id: DestinationId,
    ) -> Result<bool, StoreError> {
        Ok(write_of!(self, tenant, |tx| delete_destination!(tx, tenant, app, id)) > 0)
    }

    /// Pauses a destination of whichever tenant, on its handler's word; whether there was one that was not paused.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn pause_destination(&self, id: DestinationId, reason: &str) -> Result<bool, StoreError> {
        let n_paused = write_tx!(self, |tx| {
            sqlx::query(
                "-- pause_destination
                 UPDATE destinations SET is_paused = TRUE, paused_reason = $2 WHERE id = $1 AND NOT is_paused",
            )
            .bind(id.0)
            .bind(reason)
            .execute(&mut *tx)
            .await?
            .rows_affected()
        });
        Ok(n_paused > 0)
    }
}
