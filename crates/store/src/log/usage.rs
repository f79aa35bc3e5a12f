//! What tenants have used of their plans: an event counts once, with the transaction that stores it.

use std::collections::{BTreeMap, HashMap};

use anyhook_domain::{Month, TenantId};
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::NewEvent;
use crate::{
    Store, StoreError,
    batched::Batched,
    pools::{Pools, read, read_of},
};

/// Rows that a month's figure is spread over: transactions that commit at the same time seldom meet in one.
const N_SLOTS: i64 = 16;

/// The last statement of its transaction: whoever comes to the same row waits for no more than the commit.
pub(super) static COUNT: Batched = Batched::new(
    "-- append usage\nINSERT INTO usage (tenant_id, month, slot, n_events) VALUES ",
    4,
    " ON CONFLICT (tenant_id, month, slot) DO UPDATE SET n_events = usage.n_events + excluded.n_events",
);

impl Store {
    /// How many events a tenant had accepted in a month. Exact: repeats and rejected ones are not among them, those that
    /// were removed since are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn usage(&self, tenant: TenantId, month: Month) -> Result<u64, StoreError> {
        let n_events: i64 = read_of!(self, tenant, |conn| {
            sqlx::query_scalar(
                "-- usage\nSELECT CAST(COALESCE(SUM(n_events), 0) AS BIGINT) FROM usage \
                 WHERE tenant_id = $1 AND month = $2",
            )
            .bind(tenant.0)
            .bind(month.number())
            .fetch_one(&mut *conn)
            .await?
        });
        Ok(u64::try_from(n_events).unwrap_or(0))
    }

    /// The same for each month that has any, newest first: the last 24.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn usage_by_month(&self, tenant: TenantId) -> Result<Vec<(Month, u64)>, StoreError> {
        let rows: Vec<(i64, i64)> = read_of!(self, tenant, |conn| {
            sqlx::query_as(
                "-- usage by month\nSELECT month, CAST(SUM(n_events) AS BIGINT) FROM usage \
                 WHERE tenant_id = $1 GROUP BY month ORDER BY month DESC LIMIT 24",
            )
            .bind(tenant.0)
            .fetch_all(&mut *conn)
            .await?
        });
        let month = |(number, n_events)| Some((Month::of_number(number)?, u64::try_from(n_events).unwrap_or(0)));
        Ok(rows.into_iter().filter_map(month).collect())
    }

    /// How many events each of some tenants had accepted in a month; those without any are left out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn usage_of_each(
        &self,
        tenants: &[TenantId],
        month: Month,
    ) -> Result<HashMap<TenantId, u64>, StoreError> {
        if tenants.is_empty() {
            return Ok(HashMap::new());
        }
        let rows: Vec<(Uuid, i64)> = read!(self, |conn| {
            let mut query = QueryBuilder::new(
                "-- usage of each\nSELECT tenant_id, CAST(SUM(n_events) AS BIGINT) FROM usage WHERE month = ",
            );
            query.push_bind(month.number()).push(" AND tenant_id IN (");
            let mut list = query.separated(", ");
            for tenant in tenants {
                list.push_bind(tenant.0);
            }
            query.push(") GROUP BY tenant_id");
            query.build_query_as().fetch_all(&mut *conn).await?
        });
        Ok(rows.into_iter().map(|(tenant, n)| (TenantId(tenant), u64::try_from(n).unwrap_or(0))).collect())
    }

    /// Where a transaction counts; SQLite has one writer, who waits for nobody.
    pub(super) fn slot(&self) -> i64 {
        match &*self.pools {
            Pools::Postgres(_) => rand::random_range(0..N_SLOTS),
            Pools::Sqlite { .. } => 0,
        }
    }
}

/// What the accepted ones among new events add. In one order everywhere, so that two transactions never wait for each
/// other's rows.
pub(super) fn added<'a>(stored: impl IntoIterator<Item = &'a NewEvent>) -> Vec<((TenantId, Month), i64)> {
    let mut added = BTreeMap::new();
    for event in stored.into_iter().filter(|event| event.rejection.is_none()) {
        *added.entry((event.tenant_id, Month::of(event.received_at))).or_default() += 1;
    }
    added.into_iter().collect()
}
