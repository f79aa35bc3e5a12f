//! Signing in.

use anyhook_rpc::tenants::v1::LogInRequest;
use axum::{Json, extract::State, response::IntoResponse};
use http::{HeaderMap, header};
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
pub(crate) struct LogIn {
    #[schema(examples("you@example.com"))]
    email: String,
    password: String,
    /// For an account with a second factor: what the authenticator shows now, or a recovery code.
    #[schema(examples("123456"))]
    code: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct LoggedIn {
    tenant: Tenant,
    user: User,
}

/// Sign in
///
/// Sets a session cookie. `second_factor_needed` says that the password was right, and that the account asks for `code`.
#[utoipa::path(
    post, path = "/api/v1/login", tag = "Accounts", security(()),
    request_body = LogIn,
    responses(
        (status = 200, description = "Who signed in", body = LoggedIn),
        (status = "default", description = "Among others `wrong_credentials`, `second_factor_needed`, `wrong_code`, \
                                                 `too_many_attempts`", body = ProblemBody),
    )
)]
pub(crate) async fn log_in(
    State(api): State<Api>,
    from: ClientAddress,
    headers: HeaderMap,
    Body(body): Body<LogIn>,
) -> Result<impl IntoResponse, Problem> {
    refuse_foreign(&headers, &api)?;
    let request = LogInRequest {
        email: body.email,
        password: body.password,
        user_agent: user_agent(&headers),
        client_address: from.text(),
        code: body.code,
    };
    let answer = ask(api.accounts().log_in(request)).await?;
    let cookie = SessionCookie::of(&api.config().public_dashboard_url).set(answer.session.as_ref(), api.now())?;
    let (tenant, user) = account(answer.tenant, answer.user)?;
    Ok(([(header::SET_COOKIE, cookie)], Json(LoggedIn { tenant, user })))
}
