//! One of all tenants.

use anyhook_domain::Month;
use anyhook_rpc::tenants::v1::{GetAnyTenantRequest, TenantSummary};
use axum::{Json, extract::State};

use super::summary::{self, OperatedTenant};
use crate::{
    api::{Api, ask},
    extract::PathPart,
    operator::Operator,
    problem::{Problem, ProblemBody},
};

/// Get any tenant
#[utoipa::path(
    get, path = "/api/v1/operator/tenants/{id}", tag = "Operator",
    params(("id" = String, Path, description = "The tenant's id", example = "ten_01h455vb4pex5vsknk084sn02q")),
    responses(
        (status = 200, description = "The tenant", body = OperatedTenant),
        (status = "default", description = "`not_found`, also for whoever is no operator", body = ProblemBody),
    )
)]
pub(crate) async fn get_any_tenant(
    State(api): State<Api>,
    _: Operator,
    PathPart(tenant_id): PathPart<String>,
) -> Result<Json<OperatedTenant>, Problem> {
    let found = ask(api.operator().get_any_tenant(GetAnyTenantRequest { tenant_id })).await?;
    shown(&api, found).await
}

pub(super) async fn shown(api: &Api, tenant: TenantSummary) -> Result<Json<OperatedTenant>, Problem> {
    let month = Month::of(api.now());
    let mut with_usage = summary::with_usage(api, vec![tenant], month).await?;
    let (tenant, used) = with_usage.pop().ok_or_else(|| Problem::internal("a tenant was given and is gone"))?;
    Ok(Json(OperatedTenant::of(tenant, used)))
}
