//! Making a further tenant.

use anyhook_rpc::tenants::v1::CreateTenantRequest;
use axum::{Json, extract::State};
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    api::{Api, ask},
    auth::Editor,
    extract::Body,
    idempotency::IdempotencyKey,
    problem::{Problem, ProblemBody},
    shapes::account::Tenant,
};

#[derive(Deserialize, ToSchema)]
pub(crate) struct FurtherTenant {
    #[schema(examples("Acme Labs"))]
    name: String,
    /// Made from the name when left out.
    #[schema(examples("acme-labs"))]
    slug: Option<String>,
}

/// Create a tenant
///
/// The user owns it. The session stays with the present one: `POST /api/v1/session/tenant` turns it. Needs a session.
/// With an `Idempotency-Key`, the same request sent again within 24 hours gives the same answer and makes nothing new.
#[utoipa::path(
    post, path = "/api/v1/tenants", tag = "Account",
    params(("Idempotency-Key" = Option<String>, Header, description = "Any text of your own, new for each tenant")),
    request_body = FurtherTenant,
    responses(
        (status = 201, description = "The new tenant", body = Tenant),
        (status = "default", description = "Among others `slug_taken`, `too_many`, `idempotency_key_reused`", body = ProblemBody),
    )
)]
pub(crate) async fn create_tenant(
    State(api): State<Api>,
    Editor(caller): Editor,
    key: IdempotencyKey,
    Body(body): Body<FurtherTenant>,
) -> Result<(StatusCode, Json<Tenant>), Problem> {
    let (user_id, _) = caller.person()?;
    let request = CreateTenantRequest {
        user_id,
        name: body.name,
        slug: body.slug,
        tenant_id: caller.tenant_id(),
        idempotency_key: key.text(),
    };
    let made = ask(api.accounts().create_tenant(request)).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}
