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
use crate::{Service, audit::Actor, check, keys, once::Keyed, problem::Problem, random, slugs, terms};

/// When neither the name nor the source make a slug.
const FALLBACK_SLUG: &str = "hook";

/// An app before it is stored.
struct New<'a> {
    app: AppRow,
    drafts: &'a [Draft],
    actor: Actor,
    keyed: &'a Keyed,
}

pub(crate) async fn create_app(service: &Service, request: CreateAppRequest) -> Result<CreatedApp, Problem> {
    let tenant = check::tenant(&request.tenant_id)?;
    let actor = keys::actor_if_named(request.actor.as_ref())?;
    let keyed = Keyed::new(tenant, request.idempotency_key.as_deref(), "create_app", &request)?;
    if let Some(before) = keyed.answered(service).await? {
        return Ok(before);
    }
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
    let indexed_fields = terms::checked(&request.indexed_fields)?;
    let app = AppRow { indexed_fields, ..row(tenant, id, name, verification, now.unix_ms()) };
    insert(service, New { app, drafts: &drafts, actor, keyed: &keyed }, slugs).await
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
        indexed_fields: String::new(),
    }
}

/// Stores the app under the first slug that is free.
async fn insert(service: &Service, mut new: New<'_>, slugs: Vec<Slug>) -> Result<CreatedApp, Problem> {
    let tenant_slugs = service.store.tenant_slugs(new.app.tenant_id).await?;
    let mut pending = service.changes.pending(new.app.tenant_id, Some(new.app.id));
    for slug in slugs {
        new.app.slug = slug.to_string();
        let made = answer(&new, &tenant_slugs);
        let outcome = store(service, &new, &made).await;
        if matches!(outcome, Ok(CreateApp::SlugTaken)) {
            continue;
        }
        if matches!(outcome, Ok(CreateApp::Made)) {
            pending.name_routes(&service.store).await;
            return Ok(made);
        }
        pending.nothing_changed();
        return match outcome? {
            CreateApp::Repeat => new.keyed.answered_meanwhile(service).await,
            CreateApp::TooMany => {
                Err(Problem::TooMany(format!("A workspace has at most {MAX_APPS} apps. Delete one.")))
            }
            CreateApp::Made | CreateApp::SlugTaken | CreateApp::NoTenant => Err(Problem::NotFound("tenant")),
        };
    }
    pending.nothing_changed();
    Err(Problem::SlugTaken("slug"))
}

fn answer(new: &New<'_>, tenant_slugs: &[String]) -> CreatedApp {
    let destinations = new.drafts.iter().map(|draft| draft.row.clone()).collect();
    let routes = slugs::routes(tenant_slugs, std::slice::from_ref(&new.app.slug));
    CreatedApp {
        app: Some(read::app_of(new.app.clone(), destinations, routes)),
        created: new.drafts.iter().map(Draft::created).collect(),
    }
}

async fn store(service: &Service, new: &New<'_>, answer: &CreatedApp) -> Result<CreateApp, Problem> {
    let destinations: Vec<DestinationRow> = new.drafts.iter().map(|draft| draft.row.clone()).collect();
    let mut done = vec![("app.created", new.app.id.to_string())];
    done.extend(destinations.iter().map(|row| ("destination.created", row.id.to_string())));
    let records = service.records(new.app.tenant_id, new.actor, &done);
    let remembered = new.keyed.remember(service, answer).await?;
    let once = remembered.as_ref().map(|it| it.once());
    Ok(service.store.create_app(&new.app, &destinations, MAX_APPS, &records, once.as_ref()).await?)
}
