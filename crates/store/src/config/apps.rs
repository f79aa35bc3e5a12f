//! Apps and every slug that they have or had.

use anyhook_domain::{AppId, DestinationId, TenantId, Timestamp, slug::Slug};
use uuid::Uuid;

use super::{
    as_seen::{AppAsSeen, is_as_seen},
    audit::{AuditEntry, insert_audits},
    destinations::{
        DestinationList, DestinationRow, delete_destination, destination_columns, insert_destination,
        update_destination,
    },
    tenants::{NewSlug, lock_tenant},
};
use crate::{
    Store, StoreError,
    log::{Once, take_key},
    pools::{read_of, write_of},
};

/// An app as it stands in its table.
#[derive(Clone, PartialEq, sqlx::FromRow)]
pub struct AppRow {
    #[sqlx(try_from = "Uuid")]
    pub id: AppId,
    #[sqlx(try_from = "Uuid")]
    pub tenant_id: TenantId,
    pub slug: String,
    pub name: String,
    pub source: String,
    /// A JSON object.
    pub source_config: String,
    pub sealed_secret: Option<Vec<u8>>,
    pub key_version: i64,
    pub is_active: bool,
    pub is_paused: bool,
    pub created_at: i64,
    /// A JSON list.
    pub indexed_fields: String,
}

/// What `None` leaves as it is.
#[derive(Default)]
pub struct AppChange<'a> {
    pub name: Option<&'a str>,
    pub slug: Option<NewSlug<'a>>,
    pub is_active: Option<bool>,
    pub is_paused: Option<bool>,
    /// A JSON list.
    pub indexed_fields: Option<&'a str>,
    pub destinations: Option<&'a DestinationList>,
    /// Only if it still is so.
    pub only_if: Option<&'a AppAsSeen>,
    /// Written down together with the change.
    pub records: &'a [AuditEntry<'a>],
}

/// How an app verifies what comes in: the three that make sense only together.
#[derive(Clone, PartialEq, Eq)]
pub struct Verification {
    pub source: String,
    pub source_config: String,
    pub sealed_secret: Option<Vec<u8>>,
    pub key_version: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreateApp {
    Made,
    NoTenant,
    SlugTaken,
    TooMany,
    /// Its key was taken before: nothing was written.
    Repeat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateApp {
    Done,
    SlugTaken,
    TooManySlugs,
    /// It is not as it was seen, or not there any more: look again.
    Changed,
}

macro_rules! app_columns {
    () => {
        "a.id, a.tenant_id, a.slug, a.name, a.source, a.source_config, a.sealed_secret, a.key_version, a.is_active, \
         a.is_paused, a.created_at, a.indexed_fields"
    };
}

macro_rules! insert_app {
    ($tx:ident, $row:expr) => {
        sqlx::query(
            "-- insert_app
             INSERT INTO apps (id, tenant_id, slug, name, source, source_config, sealed_secret, key_version, is_active,
                 is_paused, created_at, indexed_fields)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (tenant_id, slug) DO NOTHING",
        )
        .bind($row.id.0)
        .bind($row.tenant_id.0)
        .bind($row.slug.as_str())
        .bind($row.name.as_str())
        .bind($row.source.as_str())
        .bind($row.source_config.as_str())
        .bind($row.sealed_secret.as_deref())
        .bind($row.key_version)
        .bind($row.is_active)
        .bind($row.is_paused)
        .bind($row.created_at)
        .bind($row.indexed_fields.as_str())
        .execute(&mut *$tx)
        .await?
        .rows_affected()
    };
}

/// INVARIANT: a slug that an app has or had routes to it until the app is deleted.
macro_rules! insert_app_slug {
    ($tx:ident, $tenant:expr, $app:expr, $slug:expr, $at_ms:expr) => {
        sqlx::query(
            "-- insert_app_slug
             INSERT INTO app_slugs (tenant_id, slug, app_id, created_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (tenant_id, slug) DO NOTHING",
        )
        .bind($tenant.0)
        .bind($slug)
        .bind($app.0)
        .bind($at_ms)
        .execute(&mut *$tx)
        .await?
        .rows_affected()
    };
}

/// Sets all that can be set but slug and destinations, if the app verifies as it was seen to: two changes that are
/// sound apart could otherwise meet in an app that needs a secret and has none.
macro_rules! set_app {
    ($tx:ident, $tenant:expr, $id:expr, $seen:expr, $new:expr, $change:expr) => {
        sqlx::query(
            "-- set_app
             UPDATE apps SET name = COALESCE($3, name), is_active = COALESCE($4, is_active),
                 is_paused = COALESCE($5, is_paused), source = $6, source_config = $7, sealed_secret = $8,
                 key_version = $9, indexed_fields = COALESCE($13, indexed_fields)
             WHERE tenant_id = $1 AND id = $2 AND source = $10 AND source_config = $11
                 AND sealed_secret IS NOT DISTINCT FROM $12",
        )
        .bind($tenant.0)
        .bind($id.0)
        .bind($change.name)
        .bind($change.is_active)
        .bind($change.is_paused)
        .bind($new.source.as_str())
        .bind($new.source_config.as_str())
        .bind($new.sealed_secret.as_deref())
        .bind($new.key_version)
        .bind($seen.source.as_str())
        .bind($seen.source_config.as_str())
        .bind($seen.sealed_secret.as_deref())
        .bind($change.indexed_fields)
        .execute(&mut *$tx)
        .await?
        .rows_affected()
    };
}

macro_rules! move_app {
    ($tx:ident, $tenant:expr, $id:expr, $slug:expr) => {
        sqlx::query(
            "-- move_app
             UPDATE apps SET slug = $3
             WHERE tenant_id = $1 AND id = $2
                 AND EXISTS (SELECT 1 FROM app_slugs WHERE tenant_id = $1 AND slug = $3 AND app_id = $2)",
        )
        .bind($tenant.0)
        .bind($id.0)
        .bind($slug)
        .execute(&mut *$tx)
        .await?
        .rows_affected()
    };
}

macro_rules! n_app_slugs {
    ($tx:ident, $id:expr) => {
        sqlx::query_scalar::<_, i64>("-- n_app_slugs\nSELECT COUNT(*) FROM app_slugs WHERE app_id = $1")
            .bind($id.0)
            .fetch_one(&mut *$tx)
            .await?
    };
}

pub(super) use app_columns;

impl Store {
    /// A tenant's apps, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn apps(&self, tenant: TenantId) -> Result<Vec<AppRow>, StoreError> {
        Ok(read_of!(self, tenant, |conn| {
            sqlx::query_as(concat!(
                "-- apps\nSELECT ",
                app_columns!(),
                " FROM apps a WHERE a.tenant_id = $1 ORDER BY a.id"
            ))
            .bind(tenant.0)
            .fetch_all(&mut *conn)
            .await?
        }))
    }

    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn app_by_id(&self, tenant: TenantId, id: AppId) -> Result<Option<AppRow>, StoreError> {
        Ok(read_of!(self, tenant, |conn| {
            sqlx::query_as(concat!(
                "-- app_by_id\nSELECT ",
                app_columns!(),
                " FROM apps a WHERE a.tenant_id = $1 AND a.id = $2"
            ))
            .bind(tenant.0)
            .bind(id.0)
            .fetch_optional(&mut *conn)
            .await?
        }))
    }

    /// By its current or a former slug.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn app_by_slug(&self, tenant: TenantId, slug: &Slug) -> Result<Option<AppRow>, StoreError> {
        Ok(read_of!(self, tenant, |conn| {
            sqlx::query_as(concat!(
                "-- app_by_slug\nSELECT ",
                app_columns!(),
                " FROM app_slugs s JOIN apps a ON a.id = s.app_id WHERE s.tenant_id = $1 AND s.slug = $2"
            ))
            .bind(tenant.0)
            .bind(slug.as_str())
            .fetch_optional(&mut *conn)
            .await?
        }))
    }

    /// The slugs of all apps of a tenant: of each app the current one first, then the former ones, newest first.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn app_slugs(&self, tenant: TenantId) -> Result<Vec<(AppId, String)>, StoreError> {
        let rows: Vec<(Uuid, String)> = read_of!(self, tenant, |conn| {
            sqlx::query_as(
                "-- app_slugs
                 SELECT s.app_id, s.slug FROM app_slugs s JOIN apps a ON a.id = s.app_id WHERE s.tenant_id = $1
                 ORDER BY s.app_id, CASE WHEN s.slug = a.slug THEN 0 ELSE 1 END, s.created_at DESC, s.slug",
            )
            .bind(tenant.0)
            .fetch_all(&mut *conn)
            .await?
        });
        Ok(rows.into_iter().map(|(app, slug)| (AppId(app), slug)).collect())
    }

    /// The slugs of one app, in the same order.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn slugs_of_app(&self, tenant: TenantId, app: AppId) -> Result<Vec<String>, StoreError> {
        Ok(read_of!(self, tenant, |conn| {
            sqlx::query_scalar(
                "-- slugs_of_app
                 SELECT s.slug FROM app_slugs s JOIN apps a ON a.id = s.app_id
                 WHERE s.tenant_id = $1 AND s.app_id = $2
                 ORDER BY CASE WHEN s.slug = a.slug THEN 0 ELSE 1 END, s.created_at DESC, s.slug",
            )
            .bind(tenant.0)
            .bind(app.0)
            .fetch_all(&mut *conn)
            .await?
        }))
    }

    /// Makes an app with its destinations, unless its tenant has `most` already, and writes that down; once for each key.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn create_app(
        &self,
        app: &AppRow,
        destinations: &[DestinationRow],
        most: i64,
        records: &[AuditEntry<'_>],
        once: Option<&Once<'_>>,
    ) -> Result<CreateApp, StoreError> {
        write_of!(self, app.tenant_id, |tx| {
            if lock_tenant!(tx, app.tenant_id) == 0 {
                return Ok(CreateApp::NoTenant);
            }
            if let Some(once) = once
                && !take_key!(tx, app.tenant_id, once, Timestamp::from_unix_ms(app.created_at))
            {
                return Ok(CreateApp::Repeat);
            }
            let n_apps: i64 = sqlx::query_scalar("-- n_apps\nSELECT COUNT(*) FROM apps WHERE tenant_id = $1")
                .bind(app.tenant_id.0)
                .fetch_one(&mut *tx)
                .await?;
            if n_apps >= most {
                return Ok(CreateApp::TooMany);
            }
            if insert_app!(tx, app) == 0
                || insert_app_slug!(tx, app.tenant_id, app.id, app.slug.as_str(), app.created_at) == 0
            {
                return Ok(CreateApp::SlugTaken);
            }
            for row in destinations {
                insert_destination!(tx, row);
            }
            insert_audits!(tx, records);
        });
        Ok(CreateApp::Made)
    }

    /// Changes an app if it is as it was seen; `new` is how it verifies from now on.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn update_app(
        &self,
        (tenant, id): (TenantId, AppId),
        seen: &Verification,
        new: &Verification,
        change: &AppChange<'_>,
        at: Timestamp,
    ) -> Result<UpdateApp, StoreError> {
        write_of!(self, tenant, |tx| {
            if let Some(seen) = change.only_if
                && !is_as_seen!(tx, seen)
            {
                return Ok(UpdateApp::Changed);
            }
            // On PostgreSQL this locks the row: whoever else changes the app or its list of destinations waits.
            if set_app!(tx, tenant, id, seen, new, change) == 0 {
                return Ok(UpdateApp::Changed);
            }
            if let Some(NewSlug { slug, most }) = change.slug {
                let n_new = insert_app_slug!(tx, tenant, id, slug.as_str(), at.unix_ms());
                if move_app!(tx, tenant, id, slug.as_str()) == 0 {
                    return Ok(UpdateApp::SlugTaken);
                }
                if n_new > 0 && n_app_slugs!(tx, id) > most {
                    return Ok(UpdateApp::TooManySlugs);
                }
            }
            if let Some(list) = change.destinations {
                let present: Vec<Uuid> = sqlx::query_scalar(
                    "-- destination_ids\nSELECT id FROM destinations WHERE tenant_id = $1 AND app_id = $2",
                )
                .bind(tenant.0)
                .bind(id.0)
                .fetch_all(&mut *tx)
                .await?;
                if !same_ids(&list.seen, present) {
                    return Ok(UpdateApp::Changed);
                }
                for gone in &list.deleted {
                    delete_destination!(tx, tenant, id, gone);
                }
                for (changed, change) in &list.changed {
                    if update_destination!(tx, tenant, id, changed, change).is_none() {
                        return Ok(UpdateApp::Changed);
                    }
                }
                for row in &list.made {
                    insert_destination!(tx, row);
                }
            }
            insert_audits!(tx, change.records);
        });
        Ok(UpdateApp::Done)
    }

    /// Deletes an app with its slugs and destinations, and writes that down; whether there was one.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn delete_app(
        &self,
        tenant: TenantId,
        id: AppId,
        records: &[AuditEntry<'_>],
    ) -> Result<bool, StoreError> {
        write_of!(self, tenant, |tx| {
            let deleted = sqlx::query("-- delete_app\nDELETE FROM apps WHERE tenant_id = $1 AND id = $2")
                .bind(tenant.0)
                .bind(id.0)
                .execute(&mut *tx)
                .await?;
            if deleted.rows_affected() == 0 {
                return Ok(false);
            }
            insert_audits!(tx, records);
        });
        Ok(true)
    }
}

fn same_ids(seen: &[DestinationId], present: Vec<Uuid>) -> bool {
    let sorted = |mut ids: Vec<Uuid>| {
        ids.sort_unstable();
        ids
    };
    sorted(seen.iter().map(|id| id.0).collect()) == sorted(present)
}
