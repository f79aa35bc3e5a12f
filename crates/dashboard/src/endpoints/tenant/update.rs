//! Renaming the tenant.

use anyhook_rpc::tenants::v1::UpdateTenantRequest;
use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    api::{Api, ask},
    auth::Editor,
    extract::Body,
    problem::{Problem, ProblemBody},
    shapes::account::Tenant,
};

#[derive(Deserialize, ToSchema)]
pub(crate) struct TenantChange {
    name: Option<String>,
    #[schema(examples("acme"))]
    slug: Option<String>,
}

/// Change the tenant
///
/// Inbound URLs with a former slug go on routing.
#[utoipa::path(
    patch, path = "/api/v1/tenant", tag = "Accounts",
    request_body = TenantChange,
    responses(
        (status = 200, description = "The tenant as it is now", body = Tenant),
        (status = "default", description = "Among others `slug_taken`", body = ProblemBody),
    )
)]
pub(crate) async fn update_tenant(
    State(api): State<Api>,
    Editor(caller): Editor,
    Body(body): Body<TenantChange>,
) -> Result<Json<Tenant>, Problem> {
    let request =
        UpdateTenantRequest { tenant_id: caller.tenant_id(), name: body.name, slug: body.slug, actor: caller.actor() };
    Ok(Json(ask(api.accounts().update_tenant(request)).await?.into()))
}
