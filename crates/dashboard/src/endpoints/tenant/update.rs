//! Changing the tenant.

use anyhook_rpc::tenants::v1::{GetTenantRequest, UpdateTenantRequest};
use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    api::{Api, ask},
    auth::Editor,
    etag::IfMatch,
    extract::Body,
    problem::{Problem, ProblemBody},
    shapes::account::Tenant,
};

#[derive(Deserialize, ToSchema)]
pub(crate) struct TenantChange {
    name: Option<String>,
    #[schema(examples("acme"))]
    slug: Option<String>,
    /// Pages show what an event holds only once somebody asks for it.
    #[serde(rename = "hidesPayloads", alias = "hides_payloads")]
    hides_payloads: Option<bool>,
}

/// Change the tenant
///
/// Inbound URLs with a former slug go on routing.
#[utoipa::path(
    patch, path = "/api/v1/tenant", tag = "Accounts",
    params(("If-Match" = Option<String>, Header, description = "Only if it still has this `ETag`")),
    request_body = TenantChange,
    responses(
        (status = 200, description = "The tenant as it is now", body = Tenant),
        (status = "default", description = "Among others `slug_taken`", body = ProblemBody),
    )
)]
pub(crate) async fn update_tenant(
    State(api): State<Api>,
    Editor(caller): Editor,
    if_match: IfMatch,
    Body(body): Body<TenantChange>,
) -> Result<Json<Tenant>, Problem> {
    let expected = if if_match.is_given() {
        let tenant = ask(api.accounts().get_tenant(GetTenantRequest { tenant_id: caller.tenant_id() })).await?;
        if_match.check(&Tenant::from(tenant.clone()))?;
        Some(tenant)
    } else {
        None
    };
    let request = UpdateTenantRequest {
        tenant_id: caller.tenant_id(),
        name: body.name,
        slug: body.slug,
        hides_payloads: body.hides_payloads,
        expected,
        actor: caller.actor(),
    };
    Ok(Json(ask(api.accounts().update_tenant(request)).await?.into()))
}
