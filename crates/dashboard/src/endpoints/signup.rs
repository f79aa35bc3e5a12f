//! Signing up.

use anyhook_rpc::tenants::v1::SignUpRequest;
use axum::{Json, extract::State, response::IntoResponse};
use http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    api::{Api, ask},
    auth::{refuse_foreign, user_agent},
    client_address::ClientAddress,
    cookie::SessionCookie,
    extract::Body,
    problem::{Problem, ProblemBody},
    shapes::account::{Tenant, User, account},
};

#[derive(Deserialize, ToSchema)]
pub(crate) struct SignUp {
    #[schema(examples("you@example.com"))]
    email: String,
    password: String,
    tenant: NewTenant,
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct NewTenant {
    #[schema(examples("Acme"))]
    name: String,
    /// Made from the name when left out.
    #[schema(examples("acme"))]
    slug: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SignedUp {
    tenant: Tenant,
    user: User,
    /// The first API key, in plain text this once.
    #[schema(examples("ahk_live_…"))]
    api_key: String,
}

/// Sign up
///
/// Makes a user, a tenant of which the user is the owner, and a first API key; sets a session cookie.
#[utoipa::path(
    post, path = "/api/v1/signup", tag = "Accounts", security(()),
    request_body = SignUp,
    responses(
        (status = 201, description = "The new account", body = SignedUp),
        (status = "default", description = "Among others `email_taken`, `slug_taken`, `too_many_attempts`", body = ProblemBody),
    )
)]
pub(crate) async fn sign_up(
    State(api): State<Api>,
    headers: HeaderMap,
    from: ClientAddress,
    Body(body): Body<SignUp>,
) -> Result<impl IntoResponse, Problem> {
    refuse_foreign(&headers, &api)?;
    let request = SignUpRequest {
        email: body.email,
        password: body.password,
        tenant_name: body.tenant.name,
        tenant_slug: body.tenant.slug,
        user_agent: user_agent(&headers),
        client_address: from.text(),
    };
    let answer = ask(api.accounts().sign_up(request)).await?;
    let cookie = SessionCookie::of(&api.config().public_dashboard_url).set(answer.session.as_ref(), api.now())?;
    let (tenant, user) = account(answer.tenant, answer.user)?;
    let body = SignedUp { tenant, user, api_key: answer.api_key };
    Ok((StatusCode::CREATED, [(header::SET_COOKIE, cookie)], Json(body)))
}
