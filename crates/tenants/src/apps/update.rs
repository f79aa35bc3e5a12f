//! Changing and deleting an app.

use anyhook_domain::{AppId, slug::Slug};
use anyhook_rpc::tenants::v1::{CreatedApp, DeleteAppRequest, DeleteAppResponse, UpdateAppRequest};
use anyhook_store::config::{AppChange, AppRow, UpdateApp};

use super::{
    draft::Draft,
    list::{self, Plan},
    read::{self, find},
    source::{self, Wanted},
};
use crate::{Service, audit::Actor, check, keys, problem::Problem, slugs, terms};

/// How often an app may change between looking at it and writing.
const MAX_TRIES: usize = 3;

/// A request after what can be checked without the app was.
struct Checked {
    name: Option<String>,
    slug: Option<Slug>,
    wanted: Wanted,
    indexed_fields: Option<String>,
    actor: Actor,
    request: UpdateAppRequest,
}

pub(super) async fn update_app(service: &Service, mut request: UpdateAppRequest) -> Result<CreatedApp, Problem> {
    let tenant = check::tenant(&request.tenant_id)?;
    let wanted =
        Wanted { source: request.source.take(), config: request.source_config.take(), secret: request.secret.take() };
    let checked = Checked {
        name: request.name.as_deref().map(|name| check::name("name", name)).transpose()?,
        slug: request.slug.as_deref().map(str::parse).transpose().map_err(Problem::bad_slug("slug"))?,
        wanted,
        actor: keys::actor_if_named(request.actor.as_ref())?,
        indexed_fields: request.indexed_fields.as_ref().map(|it| terms::checked(&it.items)).transpose()?,
        request,
    };
    for _ in 0..MAX_TRIES {
        let app = find(service, tenant, &checked.request.app).await?;
        let id = app.id;
        if let Some(drafts) = try_update(service, app, &checked).await? {
            let row = service.store.app_by_id(tenant, id).await?.ok_or(Problem::NotFound("app"))?;
            return Ok(CreatedApp {
                app: Some(read::with_rest(service, row).await?),
                created: drafts.iter().map(Draft::created).collect(),
            });
        }
    }
    Err(Problem::Busy)
}

/// `None` when the app changed meanwhile; otherwise the destinations that were made.
async fn try_update(service: &Service, app: AppRow, checked: &Checked) -> Result<Option<Vec<Draft>>, Problem> {
    let place = (app.tenant_id, app.id);
    let seen = source::seen(&app);
    let next = source::next(service, place, &seen, &checked.wanted).await?;
    let plan = plan_destinations(service, &app, checked).await?;
    let expected = read::as_expected(service, &app, checked.request.expected.as_ref()).await?;
    let is_other = is_other(&app, checked) || next != seen;
    let done = done(is_other.then_some(app.id), plan.as_ref());
    let records = service.records(app.tenant_id, checked.actor, &done);
    let change = AppChange {
        name: checked.name.as_deref(),
        slug: checked.slug.as_ref().map(slugs::limited),
        is_active: checked.request.is_active,
        is_paused: checked.request.is_paused,
        indexed_fields: checked.indexed_fields.as_deref(),
        destinations: plan.as_ref().map(|plan| &plan.list),
        only_if: expected.as_ref(),
        records: &records,
    };
    let mut pending = service.changes.pending(app.tenant_id, Some(app.id));
    let refused = match service.store.update_app(place, &seen, &next, &change, service.now()).await? {
        UpdateApp::Done => {
            pending.name_routes(&service.store).await;
            return Ok(Some(plan.map(|plan| plan.drafts).unwrap_or_default()));
        }
        UpdateApp::Changed => Ok(None),
        UpdateApp::SlugTaken => Err(Problem::SlugTaken("slug")),
        UpdateApp::TooManySlugs => Err(slugs::too_many()),
    };
    pending.nothing_changed();
    refused
}

/// Whether the request makes something else of the app itself, besides how it verifies.
fn is_other(app: &AppRow, checked: &Checked) -> bool {
    let request = &checked.request;
    checked.name.as_ref().is_some_and(|name| *name != app.name)
        || checked.slug.as_ref().is_some_and(|slug| slug.as_str() != app.slug)
        || checked.indexed_fields.as_ref().is_some_and(|fields| *fields != app.indexed_fields)
        || request.is_active.is_some_and(|is_active| is_active != app.is_active)
        || request.is_paused.is_some_and(|is_paused| is_paused != app.is_paused)
}

fn done(changed: Option<AppId>, plan: Option<&Plan>) -> Vec<(&'static str, String)> {
    let mut done: Vec<_> = changed.map(|id| ("app.updated", id.to_string())).into_iter().collect();
    let Some(plan) = plan else { return done };
    done.extend(plan.list.made.iter().map(|row| ("destination.created", row.id.to_string())));
    done.extend(plan.differing.iter().map(|id| ("destination.updated", id.to_string())));
    done.extend(plan.list.deleted.iter().map(|id| ("destination.deleted", id.to_string())));
    done
}

async fn plan_destinations(service: &Service, app: &AppRow, checked: &Checked) -> Result<Option<Plan>, Problem> {
    let Some(wanted) = &checked.request.destinations else { return Ok(None) };
    let present = service.store.destinations_of_app(app.tenant_id, app.id).await?;
    list::plan(service, (app.tenant_id, app.id), &present, &wanted.items).await.map(Some)
}

pub(super) async fn delete_app(service: &Service, request: DeleteAppRequest) -> Result<DeleteAppResponse, Problem> {
    let tenant = check::tenant(&request.tenant_id)?;
    let app = find(service, tenant, &request.app).await?;
    let expected = read::as_expected(service, &app, request.expected.as_ref()).await?;
    let subject = app.id.to_string();
    let actor = keys::actor_if_named(request.actor.as_ref())?;
    let records = [service.record(tenant, actor, "app.deleted", &subject)];
    let mut pending = service.changes.pending(tenant, Some(app.id));
    // Afterwards it has none.
    pending.name_routes(&service.store).await;
    let (is_deleted, otherwise) = match &expected {
        Some(seen) => (service.store.delete_app_as_seen(seen, &records).await?, Problem::ChangedMeanwhile),
        None => (service.store.delete_app(tenant, app.id, &records).await?, Problem::NotFound("app")),
    };
    if !is_deleted {
        pending.nothing_changed();
        return Err(otherwise);
    }
    Ok(DeleteAppResponse {})
}
