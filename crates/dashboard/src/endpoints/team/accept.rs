//! Accepting an invitation.

use anyhook_rpc::tenants::v1::AcceptInvitationRequest;
use axum::{Json, extract::State, response::IntoResponse};
use http::{HeaderMap, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    api::{Api, ask},
    auth::{refuse_foreign, session_of_own_page, user_agent},
    client_address::ClientAddress,
    cookie::SessionCookie,
    extract::Body,
    problem::{Problem, ProblemBody},
    shapes::account::{Tenant, User, account},
};

#[derive(Deserialize, ToSchema)]
pub(crate) struct Acceptance {
    #[schema(examples("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"))]
    token: String,
    /// That of the account with the invitation's e-mail address, or that which a new account is to have. Not needed by
    /// whoever is signed in with that address.
    password: Option<String>,
    /// Beside the password of an account with a second factor: what the authenticator shows now, or a recovery code.
    code: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Joined {
    tenant: Tenant,
    user: User,
}

/// Accept an invitation
///
/// Makes the account where there is none yet, and sets a session cookie for the tenant. Works once.
#[utoipa::path(
    post, path = "/api/v1/invitations/accept", tag = "Team", security(()),
    request_body = Acceptance,
    responses(
        (status = 200, description = "Who has joined", body = Joined),
        (
            status = "default",
            description = "Among others `not_found`, `wrong_credentials`, `second_factor_needed`, and `forbidden` for whoever is signed in with \
                           another address",
            body = ProblemBody
        ),
    )
)]
pub(crate) async fn accept_invitation(
    State(api): State<Api>,
    from: ClientAddress,
    headers: HeaderMap,
    Body(body): Body<Acceptance>,
) -> Result<impl IntoResponse, Problem> {
    refuse_foreign(&headers, &api)?;
    let request = AcceptInvitationRequest {
        token: body.token,
        password: body.password,
        session_token: session_of_own_page(&headers, &api),
        user_agent: user_agent(&headers),
        client_address: from.text(),
        code: body.code,
    };
    let answer = ask(api.team().accept_invitation(request)).await?;
    let cookie = SessionCookie::of(&api.config().public_dashboard_url).set(answer.session.as_ref(), api.now())?;
    let (tenant, user) = account(answer.tenant, answer.user)?;
    Ok(([(header::SET_COOKIE, cookie)], Json(Joined { tenant, user })))
}
