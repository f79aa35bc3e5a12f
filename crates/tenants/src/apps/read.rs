//! Apps as callers see them.

use anyhook_domain::{AppId, TenantId, slug::Slug};
use anyhook_rpc::tenants::v1::{App, Destination, GetAppRequest, ListAppsRequest, ListAppsResponse};
use anyhook_store::config::{AppAsSeen, AppRow, DestinationRow};

use super::{options, replay_url};
use crate::{Service, check, problem::Problem, slugs, terms};

pub(super) async fn list_apps(service: &Service, request: ListAppsRequest) -> Result<ListAppsResponse, Problem> {
    let tenant = check::tenant(&request.tenant_id)?;
    // Slugs last: an app that still has some then was there with its destinations when those were read.
    let rows = service.store.apps(tenant).await?;
    let destinations = service.store.destinations(tenant).await?;
    let mut destinations = slugs::by_app(destinations.into_iter().map(|row| (row.app_id, row)));
    let tenant_slugs = service.store.tenant_slugs(tenant).await?;
    if tenant_slugs.is_empty() {
        return Err(Problem::NotFound("tenant"));
    }
    let mut app_slugs = slugs::by_app(service.store.app_slugs(tenant).await?);
    let apps = rows.into_iter().filter_map(|row| {
        let routes = slugs::routes(&tenant_slugs, &app_slugs.remove(&row.id)?);
        let destinations = destinations.remove(&row.id).unwrap_or_default();
        Some(app_of(row, destinations, routes))
    });
    Ok(ListAppsResponse { apps: apps.collect() })
}

pub(super) async fn get_app(service: &Service, request: GetAppRequest) -> Result<App, Problem> {
    let row = find(service, check::tenant(&request.tenant_id)?, &request.app).await?;
    with_rest(service, row).await
}

/// The app by its current or a former slug or by its id, under the caller's tenant.
pub(crate) async fn find(service: &Service, tenant: TenantId, app: &str) -> Result<AppRow, Problem> {
    let found = match (app.parse::<AppId>(), app.parse::<Slug>()) {
        (Ok(id), _) => service.store.app_by_id(tenant, id).await?,
        (_, Ok(slug)) => service.store.app_by_slug(tenant, &slug).await?,
        _ => None,
    };
    found.ok_or(Problem::NotFound("app"))
}

/// The app with its destinations and routes; one without routes was deleted since it was read.
pub(super) async fn with_rest(service: &Service, row: AppRow) -> Result<App, Problem> {
    let destinations = service.store.destinations_of_app(row.tenant_id, row.id).await?;
    joined(service, row, destinations).await
}

/// The rows, if they say what somebody expects; `None` where nothing is expected.
pub(super) async fn as_expected(
    service: &Service,
    row: &AppRow,
    expected: Option<&App>,
) -> Result<Option<AppAsSeen>, Problem> {
    let Some(expected) = expected else { return Ok(None) };
    let destinations = service.store.destinations_of_app(row.tenant_id, row.id).await?;
    let seen = AppAsSeen { app: row.clone(), destinations: destinations.clone() };
    let app = joined(service, row.clone(), destinations).await?;
    if app == *expected { Ok(Some(seen)) } else { Err(Problem::ChangedMeanwhile) }
}

async fn joined(service: &Service, row: AppRow, destinations: Vec<DestinationRow>) -> Result<App, Problem> {
    let routes = slugs::all_routes(&service.store, row.tenant_id, Some(row.id)).await?;
    if routes.is_empty() {
        return Err(Problem::NotFound("app"));
    }
    let replay_urls = service.store.replay_urls(row.tenant_id, row.id).await?;
    let replay_urls = replay_urls.into_iter().map(replay_url::shown).collect();
    Ok(App { replay_urls, ..app_of(row, destinations, routes) })
}

pub(super) fn app_of(row: AppRow, destinations: Vec<DestinationRow>, routes: Vec<String>) -> App {
    App {
        id: row.id.to_string(),
        slug: row.slug,
        name: row.name,
        source: row.source,
        source_config: row.source_config,
        has_secret: row.sealed_secret.is_some(),
        is_active: row.is_active,
        is_paused: row.is_paused,
        destinations: destinations.into_iter().map(destination_of).collect(),
        routes,
        created_at: row.created_at,
        indexed_fields: terms::listed(&row.indexed_fields),
        replay_urls: Vec::new(),
    }
}

pub(super) fn destination_of(row: DestinationRow) -> Destination {
    let mut shown = Destination {
        id: row.id.to_string(),
        url: row.url,
        is_paused: row.is_paused,
        paused_reason: row.paused_reason,
        timeout_seconds: check::small(row.timeout_seconds),
        max_attempts: check::small(row.max_attempts),
        signature_mode: row.signature_mode,
        has_signing_secret: true,
        secret_hint: row.secret_hint,
        created_at: row.created_at,
        ..Destination::default()
    };
    options::show(&mut shown, row.options);
    shown
}
