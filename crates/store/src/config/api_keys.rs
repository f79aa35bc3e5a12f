//! API keys: found by their public id, compared by their hash.

use std::collections::HashMap;

use anyhook_domain::{ApiKeyId, AppId, TenantId, Timestamp, access::Scope, api_key::StoredKey};
use uuid::Uuid;

use super::{
    audit::{AuditEntry, insert_audit},
    tenants::lock_tenant,
};
use crate::{
    Store, StoreError,
    log::{Once, take_key},
    pools::{read, read_of, write_of},
};

#[derive(Debug)]
pub struct NewApiKey<'a> {
    pub id: ApiKeyId,
    pub tenant: TenantId,
    pub name: &'a str,
    pub stored: &'a StoredKey,
    pub scope: Scope,
    pub expires_at: Option<Timestamp>,
    /// The only apps that it reaches; all, when there is no list.
    pub apps: Option<&'a [AppId]>,
}

/// A key that is good, and the tenant that it speaks for.
#[derive(sqlx::FromRow)]
pub struct ApiKeyRow {
    #[sqlx(try_from = "Uuid")]
    pub id: ApiKeyId,
    #[sqlx(try_from = "Uuid")]
    pub tenant_id: TenantId,
    pub tenant_slug: String,
    pub hash: Vec<u8>,
    pub scope: String,
    pub is_limited: bool,
    pub last_used_at: Option<i64>,
    /// Of a limited key.
    #[sqlx(skip)]
    pub apps: Vec<AppId>,
}

/// A key as its owner sees it.
#[derive(Debug, sqlx::FromRow)]
pub struct ListedApiKey {
    #[sqlx(try_from = "Uuid")]
    pub id: ApiKeyId,
    pub name: String,
    pub last4: String,
    pub scope: String,
    pub is_limited: bool,
    pub created_at: i64,
    pub expires_at: Option<i64>,
    pub last_used_at: Option<i64>,
    /// Their slugs, where it is limited.
    #[sqlx(skip)]
    pub apps: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreateApiKey {
    Made,
    NoTenant,
    /// One of the apps is not there.
    NoApp,
    TooMany,
    /// Its key was taken before: nothing was written.
    Repeat,
}

macro_rules! insert_api_key {
    ($tx:ident, $key:expr, $at:expr) => {
        sqlx::query(
            "-- insert_api_key
             INSERT INTO api_keys (id, tenant_id, name, public_id, hash, last4, created_at, scope, is_limited, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind($key.id.0)
        .bind($key.tenant.0)
        .bind($key.name)
        .bind($key.stored.public_id.as_str())
        .bind(&$key.stored.hash[..])
        .bind($key.stored.last4.as_str())
        .bind($at.unix_ms())
        .bind($key.scope.as_str())
        .bind($key.apps.is_some())
        .bind($key.expires_at.map(|at| at.unix_ms()))
        .execute(&mut *$tx)
        .await?
    };
}

macro_rules! insert_app_of_key {
    ($tx:ident, $key:expr, $app:expr) => {
        sqlx::query(
            "-- insert_app_of_key
             INSERT INTO api_key_apps (tenant_id, api_key_id, app_id)
             SELECT a.tenant_id, $2, a.id FROM apps a WHERE a.tenant_id = $1 AND a.id = $3",
        )
        .bind($key.tenant.0)
        .bind($key.id.0)
        .bind($app.0)
        .execute(&mut *$tx)
        .await?
        .rows_affected()
    };
}

macro_rules! n_api_keys {
    ($tx:ident, $tenant:expr) => {
        sqlx::query_scalar::<_, i64>(
            "-- n_api_keys\nSELECT COUNT(*) FROM api_keys WHERE tenant_id = $1 AND revoked_at IS NULL",
        )
        .bind($tenant.0)
        .fetch_one(&mut *$tx)
        .await?
    };
}

pub(super) use insert_api_key;

impl Store {
    /// A key that was not revoked and has not expired.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn api_key(&self, public_id: &str, now: Timestamp) -> Result<Option<ApiKeyRow>, StoreError> {
        Ok(read!(self, |conn| {
            let found: Option<ApiKeyRow> = sqlx::query_as(
                "-- api_key
                 SELECT k.id, k.tenant_id, t.slug AS tenant_slug, k.hash, k.scope, k.is_limited, k.last_used_at
                 FROM api_keys k JOIN tenants t ON t.id = k.tenant_id
                 WHERE k.public_id = $1 AND k.revoked_at IS NULL AND (k.expires_at > $2 OR k.expires_at IS NULL)",
            )
            .bind(public_id)
            .bind(now.unix_ms())
            .fetch_optional(&mut *conn)
            .await?;
            let Some(mut key) = found else { return Ok(None) };
            if key.is_limited {
                let apps: Vec<Uuid> = sqlx::query_scalar(
                    "-- apps_of_key\nSELECT app_id FROM api_key_apps WHERE api_key_id = $1 ORDER BY app_id",
                )
                .bind(key.id.0)
                .fetch_all(&mut *conn)
                .await?;
                key.apps = apps.into_iter().map(AppId).collect();
            }
            Some(key)
        }))
    }

    /// Notes that a key was used, unless that was noted since `before`.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn used_api_key(
        &self,
        tenant: TenantId,
        key: ApiKeyId,
        at: Timestamp,
        before: Timestamp,
    ) -> Result<(), StoreError> {
        write_of!(self, tenant, |tx| {
            sqlx::query(
                "-- used_api_key
                 UPDATE api_keys SET last_used_at = $3
                 WHERE tenant_id = $1 AND id = $2 AND (last_used_at <= $4 OR last_used_at IS NULL)",
            )
            .bind(tenant.0)
            .bind(key.0)
            .bind(at.unix_ms())
            .bind(before.unix_ms())
            .execute(&mut *tx)
            .await?;
        });
        Ok(())
    }

    /// The tenant's keys that were not revoked, oldest first; expired ones too.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn api_keys(&self, tenant: TenantId) -> Result<Vec<ListedApiKey>, StoreError> {
        let (mut keys, apps): (Vec<ListedApiKey>, Vec<(Uuid, String)>) = read_of!(self, tenant, |conn| {
            let keys = sqlx::query_as(
                "-- api_keys
                 SELECT id, name, last4, scope, is_limited, created_at, expires_at, last_used_at FROM api_keys
                 WHERE tenant_id = $1 AND revoked_at IS NULL ORDER BY id",
            )
            .bind(tenant.0)
            .fetch_all(&mut *conn)
            .await?;
            let apps = sqlx::query_as(
                "-- slugs_of_keys
                 SELECT k.api_key_id, a.slug FROM api_key_apps k JOIN apps a ON a.id = k.app_id
                 WHERE k.tenant_id = $1 ORDER BY a.slug",
            )
            .bind(tenant.0)
            .fetch_all(&mut *conn)
            .await?;
            (keys, apps)
        });
        let mut slugs: HashMap<Uuid, Vec<String>> = HashMap::new();
        for (key, slug) in apps {
            slugs.entry(key).or_default().push(slug);
        }
        for key in &mut keys {
            key.apps = slugs.remove(&key.id.0).unwrap_or_default();
        }
        Ok(keys)
    }

    /// Makes a key and writes that down, or neither; once for each idempotency key.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn create_api_key(
        &self,
        new: &NewApiKey<'_>,
        most: i64,
        record: &AuditEntry<'_>,
        once: Option<&Once<'_>>,
    ) -> Result<CreateApiKey, StoreError> {
        write_of!(self, new.tenant, |tx| {
            if lock_tenant!(tx, new.tenant) == 0 {
                return Ok(CreateApiKey::NoTenant);
            }
            if let Some(once) = once
                && !take_key!(tx, new.tenant, once, record.at)
            {
                return Ok(CreateApiKey::Repeat);
            }
            if n_api_keys!(tx, new.tenant) >= most {
                return Ok(CreateApiKey::TooMany);
            }
            insert_api_key!(tx, new, record.at);
            for app in new.apps.unwrap_or_default() {
                if insert_app_of_key!(tx, new, app) == 0 {
                    return Ok(CreateApiKey::NoApp);
                }
            }
            insert_audit!(tx, record);
        });
        Ok(CreateApiKey::Made)
    }

    /// Revokes a key and writes that down; `false` when it was not there, or revoked before.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn revoke_api_key(
        &self,
        tenant: TenantId,
        key: ApiKeyId,
        record: &AuditEntry<'_>,
    ) -> Result<bool, StoreError> {
        write_of!(self, tenant, |tx| {
            let revoked = sqlx::query(
                "-- revoke_api_key
                 UPDATE api_keys SET revoked_at = $3 WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL",
            )
            .bind(tenant.0)
            .bind(key.0)
            .bind(record.at.unix_ms())
            .execute(&mut *tx)
            .await?;
            if revoked.rows_affected() == 0 {
                return Ok(false);
            }
            insert_audit!(tx, record);
        });
        Ok(true)
    }
}
