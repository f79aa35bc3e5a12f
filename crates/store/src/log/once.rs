//! Requests that carry a key of their sender's: whoever sends one twice gets the first answer, and nothing is done twice.

use std::time::Duration;

use anyhook_domain::{TenantId, Timestamp};

use crate::{
    Store, StoreError,
    pools::{read_of, write_tx},
};

/// For so long, the same key gives the same answer.
pub const REMEMBERED_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// A request that is to be done once. The answer is known before: ids are made by whoever asks.
#[derive(Clone, Copy, Debug)]
pub struct Once<'a> {
    pub key: &'a str,
    /// What is asked for; the same key with something else is a mistake.
    pub request: &'a str,
    pub answer: &'a str,
}

/// What was answered to a key's first request.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Answered {
    pub request: String,
    pub answer: String,
}

/// Takes the key for the rest of the transaction: `take_key!(tx, tenant, once, now)` is false when somebody has it. Whoever
/// comes at the same time waits for the commit.
macro_rules! take_key {
    ($tx:ident, $tenant:expr, $once:expr, $now:expr) => {{
        let now: anyhook_domain::Timestamp = $now;
        sqlx::query(
            "-- forget old key\nDELETE FROM idempotency_keys WHERE tenant_id = $1 AND idempotency_key = $2 \
             AND created_at <= $3",
        )
        .bind($tenant.0)
        .bind($once.key)
        .bind((now - $crate::log::REMEMBERED_FOR).unix_ms())
        .execute(&mut *$tx)
        .await?;
        let taken = sqlx::query(
            "-- take key\nINSERT INTO idempotency_keys (tenant_id, idempotency_key, request, answer, created_at) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant_id, idempotency_key) DO NOTHING",
        )
        .bind($tenant.0)
        .bind($once.key)
        .bind($once.request)
        .bind($once.answer)
        .bind(now.unix_ms())
        .execute(&mut *$tx)
        .await?;
        taken.rows_affected() == 1
    }};
}

pub(crate) use take_key;

impl Store {
    /// What a tenant's request with this key was answered, if there was one lately.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn answered(&self, tenant: TenantId, key: &str, now: Timestamp) -> Result<Option<Answered>, StoreError> {
        Ok(read_of!(self, tenant, |conn| {
            sqlx::query_as(
                "-- answered\nSELECT request, answer FROM idempotency_keys WHERE tenant_id = $1 \
                 AND idempotency_key = $2 AND created_at > $3",
            )
            .bind(tenant.0)
            .bind(key)
            .bind((now - REMEMBERED_FOR).unix_ms())
            .fetch_optional(conn)
            .await?
        }))
    }

    /// Removes keys that nobody has to remember any more; how many.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_keys(&self, now: Timestamp) -> Result<u64, StoreError> {
        Ok(write_tx!(self, |tx| {
            sqlx::query("-- forget keys\nDELETE FROM idempotency_keys WHERE created_at <= $1")
                .bind((now - REMEMBERED_FOR).unix_ms())
                .execute(&mut *tx)
                .await?
                .rows_affected()
        }))
    }
}
