//! What ingress and delivery ask: which app is behind an inbound URL, and how to reach a destination.

use anyhook_domain::{AppId, DestinationId, TenantId, slug::Slug};
use uuid::Uuid;

use super::destinations::DestinationRow;
use crate::{Store, StoreError, pools::read};

/// The app behind an inbound URL.
#[derive(sqlx::FromRow)]
pub struct RouteRow {
    #[sqlx(try_from = "Uuid")]
    pub tenant_id: TenantId,
    pub plan: String,
    #[sqlx(try_from = "Uuid")]
    pub app_id: AppId,
    pub source: String,
    pub source_config: String,
    pub sealed_secret: Option<Vec<u8>>,
    pub key_version: i64,
    pub is_active: bool,
    pub is_paused: bool,
    /// A JSON list.
    pub indexed_fields: String,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct DestinationOfRoute {
    #[sqlx(try_from = "Uuid")]
    pub id: DestinationId,
    pub is_paused: bool,
    /// A JSON list; `None`: all.
    pub event_types: Option<String>,
    pub filter: Option<String>,
}

/// A destination, whether its app is paused, and its tenant's plan.
#[derive(sqlx::FromRow)]
pub struct RoutedDestination {
    #[sqlx(flatten)]
    pub destination: DestinationRow,
    pub is_app_paused: bool,
    pub plan: String,
}

impl Store {
    /// The app behind a pair of slugs, current or former, and its destinations, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn resolve_route(
        &self,
        tenant: &Slug,
        app: &Slug,
    ) -> Result<Option<(RouteRow, Vec<DestinationOfRoute>)>, StoreError> {
        Ok(read!(self, |conn| {
            let route: Option<RouteRow> = sqlx::query_as(
                "-- resolve_route
                 SELECT t.id AS tenant_id, t.plan, a.id AS app_id, a.source, a.source_config, a.sealed_secret,
                     a.key_version, a.is_active, a.is_paused, a.indexed_fields
                 FROM tenant_slugs ts
                 JOIN tenants t ON t.id = ts.tenant_id
                 JOIN app_slugs s ON s.tenant_id = ts.tenant_id
                 JOIN apps a ON a.id = s.app_id
                 WHERE ts.slug = $1 AND s.slug = $2",
            )
            .bind(tenant.as_str())
            .bind(app.as_str())
            .fetch_optional(&mut *conn)
            .await?;
            let Some(route) = route else { return Ok(None) };
            let destinations = sqlx::query_as(
                "-- destinations_of_route\nSELECT id, is_paused, event_types, filter FROM destinations WHERE app_id = $1 \
                 ORDER BY id",
            )
            .bind(route.app_id.0)
            .fetch_all(&mut *conn)
            .await?;
            Some((route, destinations))
        }))
    }

    /// Whose an app is.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn tenant_of_app(&self, id: AppId) -> Result<Option<TenantId>, StoreError> {
        let tenant: Option<Uuid> = read!(self, |conn| {
            sqlx::query_scalar("-- tenant_of_app\nSELECT tenant_id FROM apps WHERE id = $1")
                .bind(id.0)
                .fetch_optional(&mut *conn)
                .await?
        });
        Ok(tenant.map(TenantId))
    }

    /// A destination of whichever tenant.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn destination_route(&self, id: DestinationId) -> Result<Option<RoutedDestination>, StoreError> {
        Ok(read!(self, |conn| {
            sqlx::query_as(
                "-- destination_route
                 SELECT d.id, d.tenant_id, d.app_id, d.url, d.is_paused, d.paused_reason, d.timeout_seconds,
                     d.max_attempts, d.signature_mode, d.sealed_secret, d.key_version, d.secret_hint,
                     d.former_sealed_secret, d.former_key_version, d.former_until, d.created_at, d.retry_policy,
                     d.rate_limit_per_second, d.max_concurrency, d.event_types, d.filter, d.header_hints,
                     d.sealed_headers, d.headers_key_version,
                     a.is_paused AS is_app_paused, t.plan
                 FROM destinations d JOIN apps a ON a.id = d.app_id JOIN tenants t ON t.id = d.tenant_id
                 WHERE d.id = $1",
            )
            .bind(id.0)
            .fetch_optional(&mut *conn)
            .await?
        }))
    }
}
