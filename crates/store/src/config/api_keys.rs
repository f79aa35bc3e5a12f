//! API keys: found by their public id, compared by their hash.

use anyhook_domain::{ApiKeyId, TenantId, Timestamp, api_key::StoredKey};
use uuid::Uuid;

use crate::{
    Store, StoreError,
    pools::{read, write_of},
};

#[derive(Debug)]
pub struct NewApiKey<'a> {
    pub id: ApiKeyId,
    pub tenant: TenantId,
    pub name: &'a str,
    pub stored: &'a StoredKey,
}

/// A key that was not revoked, and the tenant that it speaks for.
#[derive(sqlx::FromRow)]
pub struct ApiKeyRow {
    #[sqlx(try_from = "Uuid")]
    pub id: ApiKeyId,
    #[sqlx(try_from = "Uuid")]
    pub tenant_id: TenantId,
    pub tenant_slug: String,
    pub hash: Vec<u8>,
}

macro_rules! insert_api_key {
    ($tx:ident, $key:expr, $at:expr) => {
        sqlx::query(
            "-- insert_api_key
             INSERT INTO api_keys (id, tenant_id, name, public_id, hash, last4, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind($key.id.0)
        .bind($key.tenant.0)
        .bind($key.name)
        .bind($key.stored.public_id.as_str())
        .bind(&$key.stored.hash[..])
        .bind($key.stored.last4.as_str())
        .bind($at.unix_ms())
        .execute(&mut *$tx)
        .await?
    };
}

pub(super) use insert_api_key;

impl Store {
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn api_key(&self, public_id: &str) -> Result<Option<ApiKeyRow>, StoreError> {
        Ok(read!(self, |conn| {
            sqlx::query_as(
                "-- api_key
                 SELECT k.id, k.tenant_id, t.slug AS tenant_slug, k.hash
                 FROM api_keys k JOIN tenants t ON t.id = k.tenant_id
                 WHERE k.public_id = $1 AND k.revoked_at IS NULL",
            )
            .bind(public_id)
            .fetch_optional(&mut *conn)
            .await?
        }))
    }

    /// Whether the key existed and was not revoked before.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn revoke_api_key(&self, tenant: TenantId, key: ApiKeyId, at: Timestamp) -> Result<bool, StoreError> {
        let n_revoked = write_of!(self, tenant, |tx| {
            sqlx::query(
                "-- revoke_api_key
                 UPDATE api_keys SET revoked_at = $3 WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL",
            )
            .bind(tenant.0)
            .bind(key.0)
            .bind(at.unix_ms())
            .execute(&mut *tx)
            .await?
            .rows_affected()
        });
        Ok(n_revoked > 0)
    }
}
