//! Tenants, every slug that they have or had, and the wrapped keys.

use anyhook_domain::{TenantId, Timestamp, slug::Slug};
use uuid::Uuid;

use super::audit::{AuditEntry, insert_audits};
use crate::{
    Store, StoreError,
    pools::{read_of, write_of, write_tx},
};

pub struct NewTenant<'a> {
    pub id: TenantId,
    pub slug: &'a Slug,
    pub name: &'a str,
    pub plan: &'a str,
    /// Its first key, version 1.
    pub wrapped_key: &'a [u8],
    pub master_version: i64,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct TenantRow {
    #[sqlx(try_from = "Uuid")]
    pub id: TenantId,
    pub slug: String,
    pub name: String,
    pub plan: String,
    pub created_at: i64,
    /// Pages show what an event holds only once somebody asks for it.
    pub hides_payloads: bool,
}

/// What `None` leaves as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct TenantChange<'a> {
    pub name: Option<&'a str>,
    pub slug: Option<NewSlug<'a>>,
    pub hides_payloads: Option<bool>,
    /// Only if it still is as it was seen.
    pub only_if: Option<&'a TenantRow>,
}

/// A tenant key under the master key.
#[derive(sqlx::FromRow)]
pub struct WrappedKey {
    pub version: i64,
    pub master_version: i64,
    pub wrapped: Vec<u8>,
}

/// The slug that a tenant or an app is to have from now on.
#[derive(Clone, Copy, Debug)]
pub struct NewSlug<'a> {
    pub slug: &'a Slug,
    /// Slugs that it may have had in all; one that it had before can always be taken back.
    pub most: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateTenant {
    Done,
    NotFound,
    /// It is not as it was seen.
    Changed,
    SlugTaken,
    TooManySlugs,
}

/// Changes nothing; on PostgreSQL it makes whoever else counts what this tenant has wait.
macro_rules! lock_tenant {
    ($tx:ident, $tenant:expr) => {
        sqlx::query("-- lock_tenant\nUPDATE tenants SET name = name WHERE id = $1")
            .bind($tenant.0)
            .execute(&mut *$tx)
            .await?
            .rows_affected()
    };
}

macro_rules! insert_tenant {
    ($tx:ident, $tenant:expr, $at:expr) => {
        sqlx::query(
            "-- insert_tenant
             INSERT INTO tenants (id, slug, name, plan, created_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (slug) DO NOTHING",
        )
        .bind($tenant.id.0)
        .bind($tenant.slug.as_str())
        .bind($tenant.name)
        .bind($tenant.plan)
        .bind($at.unix_ms())
        .execute(&mut *$tx)
        .await?
        .rows_affected()
    };
}

/// INVARIANT: the primary key of `tenant_slugs` gives a slug to one tenant for ever: its inbound URLs may still be in use.
macro_rules! insert_tenant_slug {
    ($tx:ident, $tenant:expr, $slug:expr, $at:expr) => {
        sqlx::query(
            "-- insert_tenant_slug
             INSERT INTO tenant_slugs (slug, tenant_id, created_at) VALUES ($1, $2, $3) ON CONFLICT (slug) DO NOTHING",
        )
        .bind($slug)
        .bind($tenant.0)
        .bind($at.unix_ms())
        .execute(&mut *$tx)
        .await?
        .rows_affected()
    };
}

macro_rules! insert_tenant_key {
    ($tx:ident, $tenant:expr, $at:expr) => {
        sqlx::query(
            "-- insert_tenant_key
             INSERT INTO tenant_keys (tenant_id, version, master_version, wrapped, created_at)
             VALUES ($1, 1, $2, $3, $4)",
        )
        .bind($tenant.id.0)
        .bind($tenant.master_version)
        .bind($tenant.wrapped_key)
        .bind($at.unix_ms())
        .execute(&mut *$tx)
        .await?
    };
}

macro_rules! move_tenant {
    ($tx:ident, $tenant:expr, $slug:expr) => {
        sqlx::query(
            "-- move_tenant
             UPDATE tenants SET slug = $2
             WHERE id = $1 AND EXISTS (SELECT 1 FROM tenant_slugs WHERE slug = $2 AND tenant_id = $1)",
        )
        .bind($tenant.0)
        .bind($slug)
        .execute(&mut *$tx)
        .await?
        .rows_affected()
    };
}

macro_rules! n_tenant_slugs {
    ($tx:ident, $tenant:expr) => {
        sqlx::query_scalar::<_, i64>("-- n_tenant_slugs\nSELECT COUNT(*) FROM tenant_slugs WHERE tenant_id = $1")
            .bind($tenant.0)
            .fetch_one(&mut *$tx)
            .await?
    };
}

pub(crate) use lock_tenant;
pub(super) use {insert_tenant, insert_tenant_key, insert_tenant_slug, move_tenant, n_tenant_slugs};

impl Store {
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn tenant(&self, tenant: TenantId) -> Result<Option<TenantRow>, StoreError> {
        Ok(read_of!(self, tenant, |conn| {
            sqlx::query_as(
                "-- tenant\nSELECT id, slug, name, plan, created_at, hides_payloads FROM tenants WHERE id = $1",
            )
            .bind(tenant.0)
            .fetch_optional(&mut *conn)
            .await?
        }))
    }

    /// The tenant's slugs: the current one, then the former ones, newest first. Empty when there is no such tenant.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn tenant_slugs(&self, tenant: TenantId) -> Result<Vec<String>, StoreError> {
        Ok(read_of!(self, tenant, |conn| {
            sqlx::query_scalar(
                "-- tenant_slugs
                 SELECT s.slug FROM tenant_slugs s JOIN tenants t ON t.id = s.tenant_id WHERE s.tenant_id = $1
                 ORDER BY CASE WHEN s.slug = t.slug THEN 0 ELSE 1 END, s.created_at DESC, s.slug",
            )
            .bind(tenant.0)
            .fetch_all(&mut *conn)
            .await?
        }))
    }

    /// Changes a tenant and writes that down. Former slugs stay the tenant's own, and it may take one back.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn update_tenant(
        &self,
        tenant: TenantId,
        change: &TenantChange<'_>,
        at: Timestamp,
        records: &[AuditEntry<'_>],
    ) -> Result<UpdateTenant, StoreError> {
        write_of!(self, tenant, |tx| {
            // On PostgreSQL this locks the row: the count below is of all that others have committed.
            let found = sqlx::query(
                "-- change_tenant
                 UPDATE tenants SET name = COALESCE($2, name), hides_payloads = COALESCE($3, hides_payloads)
                 WHERE id = $1 AND ($4 IS NULL OR (name = $4 AND slug = $5 AND plan = $6 AND hides_payloads = $7))",
            )
            .bind(tenant.0)
            .bind(change.name)
            .bind(change.hides_payloads)
            .bind(change.only_if.map(|seen| seen.name.as_str()))
            .bind(change.only_if.map(|seen| seen.slug.as_str()))
            .bind(change.only_if.map(|seen| seen.plan.as_str()))
            .bind(change.only_if.map(|seen| seen.hides_payloads))
            .execute(&mut *tx)
            .await?;
            if found.rows_affected() == 0 {
                return Ok(if change.only_if.is_some() { UpdateTenant::Changed } else { UpdateTenant::NotFound });
            }
            if let Some(NewSlug { slug, most }) = change.slug {
                let n_new = insert_tenant_slug!(tx, tenant, slug.as_str(), at);
                if move_tenant!(tx, tenant, slug.as_str()) == 0 {
                    return Ok(UpdateTenant::SlugTaken);
                }
                if n_new > 0 && n_tenant_slugs!(tx, tenant) > most {
                    return Ok(UpdateTenant::TooManySlugs);
                }
            }
            insert_audits!(tx, records);
        });
        Ok(UpdateTenant::Done)
    }

    /// A tenant's key of a version, or its newest.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn tenant_key(&self, tenant: TenantId, version: Option<i64>) -> Result<Option<WrappedKey>, StoreError> {
        Ok(read_of!(self, tenant, |conn| {
            sqlx::query_as(
                "-- tenant_key
                 SELECT version, master_version, wrapped FROM tenant_keys
                 WHERE tenant_id = $1 AND (version = $2 OR $2 IS NULL) ORDER BY version DESC LIMIT 1",
            )
            .bind(tenant.0)
            .bind(version)
            .fetch_optional(&mut *conn)
            .await?
        }))
    }

    /// Writes down a master key's fingerprint where none is yet; returns the one that stands there.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn master_fingerprint(
        &self,
        version: i64,
        fingerprint: &[u8; 32],
        at: Timestamp,
    ) -> Result<Vec<u8>, StoreError> {
        Ok(write_tx!(self, |tx| {
            sqlx::query(
                "-- insert_master_key
                 INSERT INTO master_keys (version, fingerprint, created_at) VALUES ($1, $2, $3)
                 ON CONFLICT (version) DO NOTHING",
            )
            .bind(version)
            .bind(&fingerprint[..])
            .bind(at.unix_ms())
            .execute(&mut *tx)
            .await?;
            sqlx::query_scalar("-- master_fingerprint\nSELECT fingerprint FROM master_keys WHERE version = $1")
                .bind(version)
                .fetch_one(&mut *tx)
                .await?
        }))
    }
}
