//! Which tenants come near what their plan gives, and which of them were told.

use anyhook_domain::{Month, TenantId, Timestamp};
use uuid::Uuid;

use super::mails::{NewMail, insert_mail};
use crate::{
    Store, StoreError,
    pools::{read, write_of},
};

/// Where a tenant stands in a month.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct MonthlyUse {
    #[sqlx(try_from = "Uuid")]
    pub tenant_id: TenantId,
    /// None: the tenant is gone.
    pub plan: Option<String>,
    pub n_events: i64,
    /// The largest share, in percent, that its people were told of; zero: none.
    pub told_percent: i64,
}

/// A share of its plan's events that a tenant has used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaNotice<'a> {
    pub tenant: TenantId,
    /// The one that it was seen to be on.
    pub plan: &'a str,
    pub month: Month,
    pub percent: i64,
}

/// On another plan, what was said of the former one's number is said anew of its own.
macro_rules! forget_notices {
    ($tx:ident, $tenant:expr, $at:expr) => {
        sqlx::query("-- forget_notices\nDELETE FROM quota_notices WHERE tenant_id = $1 AND month = $2")
            .bind($tenant.0)
            .bind(anyhook_domain::Month::of($at).number())
            .execute(&mut *$tx)
            .await?
    };
}

pub(super) use forget_notices;

impl Store {
    /// The next tenants behind one, in the order of their ids, that had any event accepted in a month.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn monthly_use(&self, month: Month, after: TenantId, limit: u32) -> Result<Vec<MonthlyUse>, StoreError> {
        Ok(read!(self, |conn| {
            sqlx::query_as(
                "-- monthly_use
                 SELECT s.tenant_id, t.plan, s.n_events,
                     COALESCE(
                         (SELECT MAX(q.percent) FROM quota_notices q
                          WHERE q.tenant_id = s.tenant_id AND q.month = $1), 0
                     ) AS told_percent
                 FROM (
                     SELECT tenant_id, CAST(SUM(n_events) AS BIGINT) AS n_events FROM usage
                     WHERE month = $1 AND tenant_id > $2 GROUP BY tenant_id ORDER BY tenant_id LIMIT $3
                 ) s LEFT JOIN tenants t ON t.id = s.tenant_id
                 ORDER BY s.tenant_id",
            )
            .bind(month.number())
            .bind(after.0)
            .bind(i64::from(limit))
            .fetch_all(&mut *conn)
            .await?
        }))
    }

    /// Notes that a tenant's people are told, and puts the mail into the outbox; `false`, and none of it, when they were
    /// told of as much already, or the tenant is on another plan by now.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn note_quota(&self, notice: QuotaNotice<'_>, mail: &NewMail, at: Timestamp) -> Result<bool, StoreError> {
        write_of!(self, notice.tenant, |tx| {
            // On PostgreSQL, whoever sets another plan waits, and forgets what is noted here.
            let held = sqlx::query("-- hold_plan\nUPDATE tenants SET plan = plan WHERE id = $1 AND plan = $2")
                .bind(notice.tenant.0)
                .bind(notice.plan)
                .execute(&mut *tx)
                .await?;
            if held.rows_affected() == 0 {
                return Ok(false);
            }
            let noted = sqlx::query(
                "-- note_quota
                 INSERT INTO quota_notices (tenant_id, month, percent, created_at) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (tenant_id, month, percent) DO NOTHING",
            )
            .bind(notice.tenant.0)
            .bind(notice.month.number())
            .bind(notice.percent)
            .bind(at.unix_ms())
            .execute(&mut *tx)
            .await?;
            if noted.rows_affected() == 0 {
                return Ok(false);
            }
            insert_mail!(tx, mail);
        });
        Ok(true)
    }
}
