//! In which ways one may sign in.

use anyhook_rpc::tenants::v1::GetSignInOptionsRequest;
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::login_oidc::START;
use crate::{
    api::{Api, ask},
    problem::{Problem, ProblemBody},
};

#[derive(Serialize, ToSchema)]
pub(crate) struct LoginOptions {
    /// An OpenID Connect issuer; null where there is none.
    oidc: Option<OidcOption>,
    /// Whether anybody may sign up.
    signup: bool,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct OidcOption {
    /// As people know the issuer.
    #[schema(examples("Acme SSO"))]
    name: String,
    /// Where the browser is to go.
    #[schema(examples("/api/v1/login/oidc"))]
    url: &'static str,
}

/// Get the ways to sign in
#[utoipa::path(
    get, path = "/api/v1/login/options", tag = "Accounts", security(()),
    responses(
        (status = 200, description = "In which ways one may sign in", body = LoginOptions),
        (status = "default", description = "An error", body = ProblemBody),
    )
)]
pub(crate) async fn login_options(State(api): State<Api>) -> Result<Json<LoginOptions>, Problem> {
    let options = ask(api.sign_in().get_sign_in_options(GetSignInOptionsRequest {})).await?;
    let oidc = options.open_id_name.map(|name| OidcOption { name, url: START });
    Ok(Json(LoginOptions { oidc, signup: true }))
}
