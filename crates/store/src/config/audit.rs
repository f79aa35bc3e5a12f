//! The audit log: who did or looked at what. Rows are only ever added.

use anyhook_domain::{ApiKeyId, TenantId, Timestamp, UserId};
use uuid::Uuid;

use crate::{
    Store, StoreError,
    pools::{read_of, write_of},
};

#[derive(Clone, Copy, Debug)]
pub struct AuditEntry<'a> {
    pub id: Uuid,
    pub tenant: TenantId,
    pub user: Option<UserId>,
    pub api_key: Option<ApiKeyId>,
    /// What was done, as `event.opened`.
    pub action: &'a str,
    /// The id of what it was done to.
    pub subject: &'a str,
    pub at: Timestamp,
}

/// An entry as it stands in its table.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AuditRow {
    pub user_id: Option<Uuid>,
    pub api_key_id: Option<Uuid>,
    pub action: String,
    pub subject: String,
    pub at: i64,
}

macro_rules! insert_audit {
    ($tx:ident, $entry:expr) => {
        sqlx::query(
            "-- insert_audit
             INSERT INTO audit_log (id, tenant_id, user_id, api_key_id, action, subject, at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind($entry.id)
        .bind($entry.tenant.0)
        .bind($entry.user.map(|user| user.0))
        .bind($entry.api_key.map(|key| key.0))
        .bind($entry.action)
        .bind($entry.subject)
        .bind($entry.at.unix_ms())
        .execute(&mut *$tx)
        .await?
    };
}

impl Store {
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn audit(&self, entry: &AuditEntry<'_>) -> Result<(), StoreError> {
        write_of!(self, entry.tenant, |tx| {
            insert_audit!(tx, entry);
        });
        Ok(())
    }

    /// A tenant's newest entries, newest first.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn audited(&self, tenant: TenantId, most: i64) -> Result<Vec<AuditRow>, StoreError> {
        Ok(read_of!(self, tenant, |conn| {
            sqlx::query_as(
                "-- audited
                 SELECT user_id, api_key_id, action, subject, at FROM audit_log
                 WHERE tenant_id = $1 ORDER BY id DESC LIMIT $2",
            )
            .bind(tenant.0)
            .bind(most)
            .fetch_all(&mut *conn)
            .await?
        }))
    }
}
