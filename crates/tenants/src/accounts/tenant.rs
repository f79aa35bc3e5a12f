//! A tenant and its name.

use anyhook_domain::{TenantId, slug::Slug};
use anyhook_rpc::tenants::v1::{GetTenantRequest, Tenant, UpdateTenantRequest};
use anyhook_store::config::{TenantRow, UpdateTenant};

use crate::{Service, check, problem::Problem, slugs};

pub(super) async fn get_tenant(service: &Service, request: GetTenantRequest) -> Result<Tenant, Problem> {
    read(service, check::tenant(&request.tenant_id)?).await
}

pub(super) async fn update_tenant(service: &Service, request: UpdateTenantRequest) -> Result<Tenant, Problem> {
    let tenant = check::tenant(&request.tenant_id)?;
    let name = request.name.as_deref().map(|name| check::name("name", name)).transpose()?;
    let slug: Option<Slug> = request.slug.as_deref().map(str::parse).transpose().map_err(Problem::bad_slug("slug"))?;
    slugs::refuse_more(&service.store.tenant_slugs(tenant).await?, slug.as_ref())?;
    let mut pending = slug.is_some().then(|| service.changes.pending(tenant, None));
    match service.store.update_tenant(tenant, name.as_deref(), slug.as_ref(), service.now()).await? {
        UpdateTenant::NotFound => return Err(Problem::NotFound("tenant")),
        UpdateTenant::SlugTaken => return Err(Problem::SlugTaken),
        UpdateTenant::Done => {}
    }
    if let Some(pending) = &mut pending {
        pending.routes = slugs::all_routes(&service.store, tenant, None).await.unwrap_or_default();
    }
    drop(pending);
    read(service, tenant).await
}

async fn read(service: &Service, tenant: TenantId) -> Result<Tenant, Problem> {
    let row = service.store.tenant(tenant).await?.ok_or(Problem::NotFound("tenant"))?;
    of_row(service, row).await
}

pub(super) async fn of_row(service: &Service, row: TenantRow) -> Result<Tenant, Problem> {
    let slugs = service.store.tenant_slugs(row.id).await?;
    Ok(Tenant {
        id: row.id.to_string(),
        former_slugs: slugs.into_iter().filter(|slug| *slug != row.slug).collect(),
        slug: row.slug,
        name: row.name,
        plan: row.plan,
        created_at: row.created_at,
    })
}
