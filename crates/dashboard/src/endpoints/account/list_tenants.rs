//! The tenants that the user belongs to.

use anyhook_rpc::tenants::v1::ListTenantsRequest;
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::{Api, ask},
    auth::Caller,
    problem::{Problem, ProblemBody},
    shapes::membership::Membership,
};

#[derive(Serialize, ToSchema)]
pub(crate) struct TenantList {
    /// The one that the user joined first comes first.
    tenants: Vec<Membership>,
}

/// List tenants
///
/// Those that the user belongs to. Needs a session.
#[utoipa::path(
    get, path = "/api/v1/tenants", tag = "Account",
    responses(
        (status = 200, description = "The user's tenants", body = TenantList),
        (status = "default", description = "Among others `forbidden`", body = ProblemBody),
    )
)]
pub(crate) async fn list_tenants(State(api): State<Api>, caller: Caller) -> Result<Json<TenantList>, Problem> {
    let (user_id, _) = caller.person()?;
    let answer = ask(api.accounts().list_tenants(ListTenantsRequest { user_id })).await?;
    let current = caller.tenant_id();
    let tenants = answer.tenants.into_iter().map(|it| Membership::of(it, &current)).collect::<Result<_, _>>()?;
    Ok(Json(TenantList { tenants }))
}
