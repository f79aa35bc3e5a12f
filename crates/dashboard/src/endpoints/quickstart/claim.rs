//! Keeping what was begun without an account.

use anyhook_rpc::tenants::v1::ClaimQuickstartRequest;
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    api::{Api, ask},
    auth::{refuse_foreign, session_of_own_page, user_agent},
    cookie::SessionCookie,
    extract::Body,
    problem::{Problem, ProblemBody},
    shapes::account::{Tenant, User, account},
};

#[derive(Deserialize, ToSchema)]
pub(crate) struct Claim {
    /// What stands behind the `#` of the claim URL.
    #[schema(examples("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"))]
    token: String,
    /// Of the account to make; not needed by whoever is signed in.
    #[schema(examples("you@example.com"))]
    email: Option<String>,
    password: Option<String>,
    tenant: Option<Renaming>,
}

/// What the tenant is called from now on; what is left out stays.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Renaming {
    #[schema(examples("Acme"))]
    name: Option<String>,
    /// The inbound URLs of the former slug go on routing.
    #[schema(examples("acme"))]
    slug: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Claimed {
    tenant: Tenant,
    user: User,
}

/// Claim a quickstart
///
/// Makes whoever is signed in the owner, and turns the session to the tenant; without a session, makes an account and sets a
/// session cookie. The API key and the URLs go on working, and nothing is deleted any more. Works once.
#[utoipa::path(
    post, path = "/api/v1/quickstart/claim", tag = "Accounts", security(()),
    request_body = Claim,
    responses(
        (status = 200, description = "Kept by the account that is signed in", body = Claimed),
        (status = 201, description = "Kept by a new account", body = Claimed),
        (
            status = "default",
            description = "Among others `not_found` for one that has ended, `already_claimed`, `email_taken`, `slug_taken`",
            body = ProblemBody
        ),
    )
)]
pub(crate) async fn claim_quickstart(
    State(api): State<Api>,
    headers: HeaderMap,
    Body(body): Body<Claim>,
) -> Result<Response, Problem> {
    refuse_foreign(&headers, &api)?;
    let (tenant_name, tenant_slug) = body.tenant.map_or((None, None), |tenant| (tenant.name, tenant.slug));
    let request = ClaimQuickstartRequest {
        token: body.token,
        session_token: session_of_own_page(&headers, &api),
        email: body.email,
        password: body.password,
        tenant_name,
        tenant_slug,
        user_agent: user_agent(&headers),
    };
    let answer = ask(api.quickstarts().claim_quickstart(request)).await?;
    let (tenant, user) = account(answer.tenant, answer.user)?;
    let claimed = Json(Claimed { tenant, user });
    let Some(session) = answer.session else { return Ok(claimed.into_response()) };
    let cookie = SessionCookie::of(&api.config().public_dashboard_url).set(Some(&session), api.now())?;
    Ok((StatusCode::CREATED, [(header::SET_COOKIE, cookie)], claimed).into_response())
}
