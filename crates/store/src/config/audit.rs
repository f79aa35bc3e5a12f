//! The audit log: who did or looked at what. Rows are only ever added.

use anyhook_domain::{ApiKeyId, AuditId, TenantId, Timestamp, UserId};
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

/// An entry with the name of whoever did it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct NamedAuditRow {
    #[sqlx(try_from = "Uuid")]
    pub id: AuditId,
    pub user_id: Option<Uuid>,
    pub email: Option<String>,
    pub api_key_id: Option<Uuid>,
    pub key_name: Option<String>,
    pub action: String,
    pub subject: String,
    pub at: i64,
}

/// Which entries are wanted; what is `None` may be anything.
#[derive(Clone, Copy, Debug)]
pub struct AuditFilter<'a> {
    pub tenant: TenantId,
    pub action: Option<&'a str>,
    pub subject: Option<&'a str>,
    /// Older ones than this.
    pub before: Option<AuditId>,
    pub limit: u32,
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

/// All that is to be written down about one change.
macro_rules! insert_audits {
    ($tx:ident, $entries:expr) => {
        for entry in $entries {
            $crate::config::insert_audit!($tx, entry);
        }
    };
}

pub(crate) use {insert_audit, insert_audits};

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

    /// A page of a tenant's entries, newest first.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn audit_page(&self, filter: &AuditFilter<'_>) -> Result<Vec<NamedAuditRow>, StoreError> {
        Ok(read_of!(self, filter.tenant, |conn| {
            sqlx::query_as(
                "-- audit_page
                 SELECT l.id, l.user_id, u.email, l.api_key_id, k.name AS key_name, l.action, l.subject, l.at
                 FROM audit_log l
                 LEFT JOIN users u ON u.id = l.user_id
                 LEFT JOIN api_keys k ON k.id = l.api_key_id AND k.tenant_id = l.tenant_id
                 WHERE l.tenant_id = $1 AND (l.action = $2 OR $2 IS NULL) AND (l.subject = $3 OR $3 IS NULL)
                     AND (l.id < $4 OR $4 IS NULL)
                 ORDER BY l.id DESC LIMIT $5",
            )
            .bind(filter.tenant.0)
            .bind(filter.action)
            .bind(filter.subject)
            .bind(filter.before.map(|id| id.0))
            .bind(i64::from(filter.limit))
            .fetch_all(&mut *conn)
            .await?
        }))
    }
}
