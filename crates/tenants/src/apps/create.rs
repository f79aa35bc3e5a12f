//! A new app.

use anyhook_domain::{AppId, TenantId, slug::Slug};
use anyhook_rpc::tenants::v1::{CreateAppRequest, CreatedApp, DestinationSettings};
use anyhook_store::config::{AppRow, CreateApp, DestinationRow, Verification};

use super::{
    MAX_APPS,
    draft::{Draft, new_ids, of_each, refuse_too_many},
    read,
    source::{self, Wanted},
};
use crate::{Service, check, problem::Problem, random, slugs};

/// When neither the name nor the source make a slug.
const FALLBACK_SLUG: &str = "hook";

pub(super) async fn create_app(service: &Service, request: CreateAppRequest) -> Result<CreatedApp, Problem> {
    let tenant = check::tenant(&request.tenant_id)?;
    let name = check::name("name", &request.name)?;
    let source = if request.source.is_empty() { source::AUTO } else { request.source.as_str() };
    let near = if source != source::AUTO && source.parse::<Slug>().is_ok() { source } else { FALLBACK_SLUG };
    let slugs = slugs::candidates("slug", request.slug.as_deref(), &name, near)?;
    refuse_too_many(request.destinations.len())?;
    let now = service.now();
    let id = AppId::new(now, random::bytes());
    let wanted = Wanted { source: Some(source.to_owned()), config: request.source_config, secret: request.secret };
    let verification = source::first(service, (tenant, id), &wanted).await?;
    let drafts = draft_all(service, (tenant, id), &request.destinations).await?;
    let app = row(tenant, id, name, verification, now.unix_ms());
    let row = insert(service, app, &drafts, slugs).await?;
    Ok(CreatedApp {
        app: Some(read::with_rest(service, row).await?),
        created: drafts.iter().map(Draft::created).collect(),
    })
}

async fn draft_all(
    service: &Service,
    (tenant, app): (TenantId, AppId),
    settings: &[DestinationSettings],
) -> Result<Vec<Draft>, Problem> {
    let key = &service.vault.secrets_key(tenant, None).await?;
    let ids = new_ids(service, settings.len());
    let drafts = settings.iter().zip(ids);
    of_each(drafts.map(|(settings, id)| Draft::new(service, (tenant, app, id), key, settings))).await
}

fn row(tenant: TenantId, id: AppId, name: String, verification: Verification, now_ms: i64) -> AppRow {
    AppRow {
        id,
        tenant_id: tenant,
        slug: String::new(),
        name,
        source: verification.source,
        source_config: verification.source_config,
        sealed_secret: verification.sealed_secret,
        key_version: verification.key_version,
        is_active: true,
        is_paused: false,
        created_at: now_ms,
    }
}

/// Stores the app under the first slug that is free.
async fn insert(service: &Service, mut app: AppRow, drafts: &[Draft], slugs: Vec<Slug>) -> Result<AppRow, Problem> {
    let destinations: Vec<DestinationRow> = drafts.iter().map(|draft| draft.row.clone()).collect();
    let mut pending = service.changes.pending(app.tenant_id, Some(app.id));
    let mut problem = Problem::SlugTaken("slug");
    for slug in slugs {
        app.slug = slug.to_string();
        problem = match service.store.create_app(&app, &destinations, MAX_APPS).await? {
            CreateApp::Made => {
                pending.name_routes(&service.store).await;
                return Ok(app);
            }
            CreateApp::SlugTaken => continue,
            CreateApp::TooMany => Problem::TooMany(format!("A workspace has at most {MAX_APPS} apps. Delete one.")),
            CreateApp::NoTenant => Problem::NotFound("tenant"),
        };
        break;
    }
    pending.nothing_changed();
    Err(problem)
}
