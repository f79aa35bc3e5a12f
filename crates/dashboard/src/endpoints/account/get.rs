//! Who is asking.

use anyhook_rpc::tenants::v1::{GetTenantRequest, GetUserRequest};
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::{Api, ask},
    auth::Caller,
    problem::{Problem, ProblemBody},
    shapes::account::{Tenant, User},
};

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Account {
    /// Null for an API key.
    user: Option<User>,
    /// The user's in this tenant: `owner`, `admin`, `member` or `viewer`; null for an API key.
    #[schema(examples("owner"))]
    role: Option<String>,
    /// Null for a session.
    #[schema(examples("key_01h455vb4pex5vsknk084sn02q"))]
    api_key_id: Option<String>,
    /// Of an API key: `read`, `write` or `admin`; null for a session.
    #[schema(examples("admin"))]
    scope: Option<String>,
    /// Whether the user operates this installation: `/api/v1/operator/…` is open to it.
    is_operator: bool,
    tenant: Tenant,
}

/// Get the account
///
/// Who the session or the key speaks for, and in which tenant.
#[utoipa::path(
    get, path = "/api/v1/account", tag = "Account",
    responses(
        (status = 200, description = "Who is asking", body = Account),
        (status = "default", description = "An error", body = ProblemBody),
    )
)]
pub(crate) async fn get_account(State(api): State<Api>, caller: Caller) -> Result<Json<Account>, Problem> {
    let tenant = ask(api.accounts().get_tenant(GetTenantRequest { tenant_id: caller.tenant_id() })).await?;
    let principal = caller.principal;
    let user = match principal.user_id {
        Some(user_id) => Some(ask(api.accounts().get_user(GetUserRequest { user_id })).await?.into()),
        None => None,
    };
    let role = user.is_some().then_some(principal.role);
    Ok(Json(Account {
        user,
        role,
        api_key_id: principal.api_key_id,
        scope: principal.scope,
        is_operator: principal.is_operator,
        tenant: tenant.into(),
    }))
}
