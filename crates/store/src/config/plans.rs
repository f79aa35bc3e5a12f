//! Which plans tenants are on.

use anyhook_domain::TenantId;

use super::{
    audit::{AuditEntry, insert_audit},
    quota_notices::forget_notices,
};
use crate::{
    Store, StoreError,
    pools::{read, write_of},
};

impl Store {
    /// The plans that tenants are on, and how many are on each.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn plans_in_use(&self) -> Result<Vec<(String, i64)>, StoreError> {
        Ok(read!(self, |conn| {
            sqlx::query_as("-- plans_in_use\nSELECT plan, COUNT(*) FROM tenants GROUP BY plan ORDER BY plan")
                .fetch_all(&mut *conn)
                .await?
        }))
    }

    /// Puts a tenant on another plan, of whose number its people are told anew, and writes that down; `false` when it is on that one already, or not there.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn set_plan(&self, tenant: TenantId, plan: &str, record: &AuditEntry<'_>) -> Result<bool, StoreError> {
        write_of!(self, tenant, |tx| {
            let set = sqlx::query("-- set_plan\nUPDATE tenants SET plan = $2 WHERE id = $1 AND plan <> $2")
                .bind(tenant.0)
                .bind(plan)
                .execute(&mut *tx)
                .await?;
            if set.rows_affected() == 0 {
                return Ok(false);
            }
            forget_notices!(tx, tenant, record.at);
            insert_audit!(tx, record);
        });
        Ok(true)
    }
}
