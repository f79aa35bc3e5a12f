//! Linking an account at the issuer.

use anyhook_rpc::tenants::v1::StartOpenIdRequest;
use axum::{Json, extract::State, response::IntoResponse};
use http::header;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    api::{Api, ask},
    auth::Editor,
    client_address::ClientAddress,
    endpoints::login_oidc::{redirect_url, ticket_cookie},
    extract::OptionalBody,
    problem::{Problem, ProblemBody},
    return_to::own_path,
};

#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LinkIdentity {
    /// The page to go on with: a path of the dashboard's own.
    #[serde(alias = "return_to")]
    #[schema(examples("/settings"))]
    return_to: Option<String>,
    /// The user's, where it has one.
    password: Option<String>,
    /// What the authenticator shows now, or a recovery code; for users with a second factor.
    #[schema(examples("123456"))]
    code: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct LinkUrl {
    /// The issuer's, where the browser is to go.
    #[schema(examples("https://login.example.com/authorize?…"))]
    url: String,
}

/// Link an identity
///
/// The issuer leads back to the page, with `#error=` and a word when it was not linked. Needs a session, the same in the
/// end, a verified e-mail address, the password where the user has one, and a code where it has a second factor. The user
/// is told by mail.
#[utoipa::path(
    post, path = "/api/v1/account/identities/oidc", tag = "Account",
    request_body = Option<LinkIdentity>,
    responses(
        (status = 200, description = "Where the browser is to go", body = LinkUrl),
        (
            status = "default",
            description = "Among others `oidc_off`, `oidc_unavailable`, `forbidden`, `invalid_field` for a missing or \
                           wrong password or code, `too_many_attempts`",
            body = ProblemBody
        ),
    )
)]
pub(crate) async fn link_identity(
    State(api): State<Api>,
    Editor(caller): Editor,
    from: ClientAddress,
    OptionalBody(body): OptionalBody<LinkIdentity>,
) -> Result<impl IntoResponse, Problem> {
    let (user_id, _) = caller.person()?;
    let return_to = own_path(body.return_to.as_deref()).to_owned();
    let request = StartOpenIdRequest {
        redirect_url: redirect_url(&api),
        return_to,
        user_id: Some(user_id),
        password: body.password,
        code: body.code,
        client_address: from.text(),
    };
    let started = ask(api.sign_in().start_open_id(request)).await?;
    let cookie = ticket_cookie(&api).set(&started.ticket, started.expires_at, api.now())?;
    Ok(([(header::SET_COOKIE, cookie)], Json(LinkUrl { url: started.url })))
}
