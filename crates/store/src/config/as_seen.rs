//! Changing what is still as somebody saw it, and nothing else.

use super::{
    apps::AppRow,
    audit::{AuditEntry, insert_audits},
    destinations::{DestinationChange, DestinationRow, delete_destination, destination_columns, update_destination},
};
use crate::{Store, StoreError, pools::write_of};

/// An app as somebody saw it.
#[derive(Clone, PartialEq)]
pub struct AppAsSeen {
    pub app: AppRow,
    /// Oldest first.
    pub destinations: Vec<DestinationRow>,
}

/// Whether it still is as it was seen. Nobody else changes it before the transaction ends: the first two statements change
/// nothing and lock the rows.
macro_rules! is_as_seen {
    ($tx:ident, $seen:expr) => {{
        let seen: &$crate::config::as_seen::AppAsSeen = $seen;
        for statement in [
            "-- lock_app\nUPDATE apps SET name = name WHERE tenant_id = $1 AND id = $2",
            "-- lock_destinations\nUPDATE destinations SET url = url WHERE tenant_id = $1 AND app_id = $2",
        ] {
            sqlx::query(statement).bind(seen.app.tenant_id.0).bind(seen.app.id.0).execute(&mut *$tx).await?;
        }
        let app: Option<$crate::config::AppRow> = sqlx::query_as(concat!(
            "-- app_as_it_is\nSELECT ",
            $crate::config::apps::app_columns!(),
            " FROM apps a WHERE a.tenant_id = $1 AND a.id = $2"
        ))
        .bind(seen.app.tenant_id.0)
        .bind(seen.app.id.0)
        .fetch_optional(&mut *$tx)
        .await?;
        let destinations: Vec<$crate::config::DestinationRow> = sqlx::query_as(concat!(
            "-- destinations_as_they_are\nSELECT ",
            $crate::config::destinations::destination_columns!(),
            " FROM destinations WHERE tenant_id = $1 AND app_id = $2 ORDER BY id"
        ))
        .bind(seen.app.tenant_id.0)
        .bind(seen.app.id.0)
        .fetch_all(&mut *$tx)
        .await?;
        app.as_ref() == Some(&seen.app) && destinations == seen.destinations
    }};
}
pub(super) use is_as_seen;

/// The same of a destination.
macro_rules! is_destination_as_seen {
    ($tx:ident, $seen:expr) => {{
        let now: Option<DestinationRow> = sqlx::query_as(concat!(
            "-- destination_as_it_is
             UPDATE destinations SET url = url WHERE tenant_id = $1 AND app_id = $2 AND id = $3
             RETURNING ",
            destination_columns!()
        ))
        .bind($seen.tenant_id.0)
        .bind($seen.app_id.0)
        .bind($seen.id.0)
        .fetch_optional(&mut *$tx)
        .await?;
        now.as_ref() == Some($seen)
    }};
}

impl Store {
    /// Deletes an app that still is as it was seen, and writes that down; whether it was.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn delete_app_as_seen(&self, seen: &AppAsSeen, records: &[AuditEntry<'_>]) -> Result<bool, StoreError> {
        let (tenant, id) = (seen.app.tenant_id, seen.app.id);
        write_of!(self, tenant, |tx| {
            if !is_as_seen!(tx, seen) {
                return Ok(false);
            }
            sqlx::query("-- delete_app_as_seen\nDELETE FROM apps WHERE tenant_id = $1 AND id = $2")
                .bind(tenant.0)
                .bind(id.0)
                .execute(&mut *tx)
                .await?;
            insert_audits!(tx, records);
        });
        Ok(true)
    }

    /// Changes a destination that still is as it was seen, and writes that down; `None` when it is not.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn update_destination_as_seen(
        &self,
        seen: &DestinationRow,
        change: &DestinationChange,
        records: &[AuditEntry<'_>],
    ) -> Result<Option<DestinationRow>, StoreError> {
        Ok(write_of!(self, seen.tenant_id, |tx| {
            if !is_destination_as_seen!(tx, seen) {
                return Ok(None);
            }
            insert_audits!(tx, records);
            update_destination!(tx, seen.tenant_id, seen.app_id, seen.id, change)
        }))
    }

    /// Deletes a destination that still is as it was seen, and writes that down; whether it was.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn delete_destination_as_seen(
        &self,
        seen: &DestinationRow,
        records: &[AuditEntry<'_>],
    ) -> Result<bool, StoreError> {
        write_of!(self, seen.tenant_id, |tx| {
            if !is_destination_as_seen!(tx, seen) {
                return Ok(false);
            }
            delete_destination!(tx, seen.tenant_id, seen.app_id, seen.id);
            insert_audits!(tx, records);
        });
        Ok(true)
    }
}
