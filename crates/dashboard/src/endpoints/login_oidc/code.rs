//! The code of an account that asks for one, after the issuer.

use anyhook_rpc::tenants::v1::PassOpenIdRequest;
use axum::{
    Json,
    extract::State,
    response::{AppendHeaders, IntoResponse},
};
use http::{HeaderMap, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ticket_cookie;
use crate::{
    api::{Api, ask},
    auth::{refuse_foreign, user_agent},
    cookie::SessionCookie,
    extract::Body,
    problem::{Problem, ProblemBody},
    shapes::account::{Tenant, User, account},
};

#[derive(Deserialize, ToSchema)]
pub(crate) struct OidcCode {
    /// What the authenticator shows now, or a recovery code.
    #[schema(examples("123456"))]
    code: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OidcLoggedIn {
    tenant: Tenant,
    user: User,
    /// The page to go on with, as a path.
    #[schema(examples("/apps"))]
    return_to: String,
}

/// Give the code after OpenID Connect
///
/// For a browser that was sent to `/login#second_factor=needed`: sets a session cookie.
#[utoipa::path(
    post, path = "/api/v1/login/oidc/code", tag = "Accounts", security(()),
    request_body = OidcCode,
    responses(
        (status = 200, description = "Who signed in", body = OidcLoggedIn),
        (
            status = "default",
            description = "Among others `wrong_code`, `too_many_attempts`, and `oidc_expired`: start again",
            body = ProblemBody
        ),
    )
)]
pub(crate) async fn pass_oidc(
    State(api): State<Api>,
    headers: HeaderMap,
    Body(body): Body<OidcCode>,
) -> Result<impl IntoResponse, Problem> {
    refuse_foreign(&headers, &api)?;
    let cookie = ticket_cookie(&api);
    let ticket = cookie.read(&headers).unwrap_or_default().to_owned();
    let request = PassOpenIdRequest { ticket, code: body.code, user_agent: user_agent(&headers) };
    let answer = ask(api.sign_in().pass_open_id(request)).await?;
    let session = SessionCookie::of(&api.config().public_dashboard_url).set(answer.session.as_ref(), api.now())?;
    let (tenant, user) = account(answer.tenant, answer.user)?;
    let cookies = AppendHeaders([(header::SET_COOKIE, session), (header::SET_COOKIE, cookie.clear())]);
    Ok((cookies, Json(OidcLoggedIn { tenant, user, return_to: answer.return_to })))
}
