//! A tenant, its name and its settings.

use anyhook_domain::{TenantId, slug::Slug};
use anyhook_rpc::tenants::v1::{GetTenantRequest, Tenant, UpdateTenantRequest};
use anyhook_store::config::{TenantChange, TenantRow, UpdateTenant};

use crate::{Service, audit::Actor, check, keys, plans, problem::Problem, slugs};

pub(super) async fn get_tenant(service: &Service, request: GetTenantRequest) -> Result<Tenant, Problem> {
    read(service, check::tenant(&request.tenant_id)?).await
}

pub(super) async fn update_tenant(service: &Service, request: UpdateTenantRequest) -> Result<Tenant, Problem> {
    let tenant = check::tenant(&request.tenant_id)?;
    let name = request.name.as_deref().map(|name| check::name("name", name)).transpose()?;
    let slug: Option<Slug> = request.slug.as_deref().map(str::parse).transpose().map_err(Problem::bad_slug("slug"))?;
    let row = service.store.tenant(tenant).await?.ok_or(Problem::NotFound("tenant"))?;
    if let Some(expected) = &request.expected
        && of_row(service, row.clone()).await? != *expected
    {
        return Err(Problem::ChangedMeanwhile);
    }
    // The slug that it has is no change: a change of slugs makes callers forget all their routes.
    let slug = slug.filter(|slug| slug.as_str() != row.slug);
    let actor = keys::actor_if_named(request.actor.as_ref())?;
    let wanted = TenantChange {
        name: name.as_deref(),
        slug: slug.as_ref().map(slugs::limited),
        hides_payloads: request.hides_payloads,
        only_if: request.expected.is_some().then_some(&row),
    };
    change(service, (tenant, actor), &wanted).await?;
    read(service, tenant).await
}

async fn change(
    service: &Service,
    (tenant, actor): (TenantId, Actor),
    wanted: &TenantChange<'_>,
) -> Result<(), Problem> {
    let subject = tenant.to_string();
    let records = [service.record(tenant, actor, "tenant.updated", &subject)];
    let pending = wanted.slug.is_some().then(|| service.changes.pending(tenant, None));
    let changed = service.store.update_tenant(tenant, wanted, service.now(), &records).await?;
    let outcome = match changed {
        UpdateTenant::Done => Ok(()),
        UpdateTenant::NotFound => Err(Problem::NotFound("tenant")),
        UpdateTenant::Changed => Err(Problem::ChangedMeanwhile),
        UpdateTenant::SlugTaken => Err(Problem::SlugTaken("slug")),
        UpdateTenant::TooManySlugs => Err(slugs::too_many()),
    };
    if let Some(mut pending) = pending {
        if outcome.is_ok() {
            pending.name_routes(&service.store).await;
        } else {
            pending.nothing_changed();
        }
    }
    outcome
}

async fn read(service: &Service, tenant: TenantId) -> Result<Tenant, Problem> {
    let row = service.store.tenant(tenant).await?.ok_or(Problem::NotFound("tenant"))?;
    of_row(service, row).await
}

pub(crate) async fn of_row(service: &Service, row: TenantRow) -> Result<Tenant, Problem> {
    let slugs = service.store.tenant_slugs(row.id).await?;
    let plan = service.plan_of(&row.plan);
    Ok(Tenant {
        events_per_month: plan.events_per_month,
        kept_for_ms: plans::kept_for_ms(plan),
        id: row.id.to_string(),
        former_slugs: slugs.into_iter().filter(|slug| *slug != row.slug).collect(),
        slug: row.slug,
        name: row.name,
        plan: row.plan,
        created_at: row.created_at,
        hides_payloads: row.hides_payloads,
    })
}
