//! All tenants.

use anyhook_domain::TenantId;
use anyhook_rpc::tenants::v1::{
    GetAnyTenantRequest, GetStatusResponse, ListAllTenantsRequest, ListAllTenantsResponse, TenantSummary,
};
use anyhook_store::config::{self, TenantFilter};

use crate::{Service, check, problem::Problem};

const MOST_AT_ONCE: u32 = 200;

pub(super) async fn list_all_tenants(
    service: &Service,
    request: &ListAllTenantsRequest,
) -> Result<ListAllTenantsResponse, Problem> {
    let before = request.before.as_deref().map(str::parse::<TenantId>).transpose();
    let before = before.map_err(|_| Problem::invalid("cursor", "cursor must be the nextCursor of the page before."))?;
    let filter = TenantFilter {
        text: request.text.as_deref(),
        plan: request.plan.as_deref(),
        before,
        limit: request.limit.clamp(1, MOST_AT_ONCE),
    };
    let found = service.store.tenant_summaries(&filter).await?;
    Ok(ListAllTenantsResponse { tenants: found.into_iter().map(|row| shown(service, row)).collect() })
}

pub(super) async fn get_any_tenant(service: &Service, request: &GetAnyTenantRequest) -> Result<TenantSummary, Problem> {
    read(service, check::tenant(&request.tenant_id)?).await
}

pub(super) async fn read(service: &Service, tenant: TenantId) -> Result<TenantSummary, Problem> {
    let row = service.store.tenant_summary(tenant).await?.ok_or(Problem::NotFound("tenant"))?;
    Ok(shown(service, row))
}

fn shown(service: &Service, row: config::TenantSummary) -> TenantSummary {
    TenantSummary {
        id: row.id.to_string(),
        events_per_month: service.plan_of(&row.plan).events_per_month,
        slug: row.slug,
        name: row.name,
        plan: row.plan,
        created_at: row.created_at,
        n_members: row.n_members.unsigned_abs(),
        n_apps: row.n_apps.unsigned_abs(),
        expires_at: row.expires_at,
    }
}

pub(super) async fn get_status(service: &Service) -> Result<GetStatusResponse, Problem> {
    let counts = service.store.tenant_counts().await?;
    Ok(GetStatusResponse {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        n_tenants: counts.n_tenants.unsigned_abs(),
        n_quickstarts: counts.n_unclaimed.unsigned_abs(),
    })
}
