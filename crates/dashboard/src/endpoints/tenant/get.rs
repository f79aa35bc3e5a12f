//! Looking at the tenant.

use anyhook_rpc::tenants::v1::GetTenantRequest;
use axum::{Json, extract::State};

use crate::{
    api::{Api, ask},
    auth::Caller,
    problem::{Problem, ProblemBody},
    shapes::account::Tenant,
};

/// Get the tenant
#[utoipa::path(
    get, path = "/api/v1/tenant", tag = "Accounts",
    responses(
        (status = 200, description = "The caller's tenant", body = Tenant),
        (status = "default", description = "An error", body = ProblemBody),
    )
)]
pub(crate) async fn get_tenant(State(api): State<Api>, caller: Caller) -> Result<Json<Tenant>, Problem> {
    let request = GetTenantRequest { tenant_id: caller.tenant_id() };
    Ok(Json(ask(api.accounts().get_tenant(request)).await?.into()))
}
