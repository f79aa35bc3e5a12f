//! Back from the issuer.

use anyhook_rpc::tenants::v1::{FinishOpenIdRequest, finish_open_id_response::Outcome};
use axum::{extract::State, response::Response};
use http::HeaderMap;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{LOGIN_PAGE, failed, go_to, page, ticket_cookie};
use crate::{
    api::{Api, ask},
    auth::user_agent,
    cookie::SessionCookie,
    extract::Query,
    problem::{Problem, ProblemBody},
};

/// What the issuer adds to the address.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Callback {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    /// As what the issuer answers (RFC 9207).
    iss: Option<String>,
}

/// Come back from OpenID Connect
///
/// For browsers, which the issuer sends here: signs them in and leads to the page that they came from, to
/// `/login#second_factor=needed` where the account asks for a code, or to `/login#error=` and a word.
#[utoipa::path(
    get, path = "/api/v1/login/oidc/callback", tag = "Accounts", security(()),
    params(Callback),
    responses(
        (status = 303, description = "To a page of the dashboard"),
        (status = "default", description = "An error", body = ProblemBody),
    )
)]
pub(crate) async fn finish_oidc(
    State(api): State<Api>,
    headers: HeaderMap,
    Query(query): Query<Callback>,
) -> Result<Response, Problem> {
    let (session, ticket) = (SessionCookie::of(&api.config().public_dashboard_url), ticket_cookie(&api));
    let request = FinishOpenIdRequest {
        ticket: ticket.read(&headers).unwrap_or_default().to_owned(),
        state: query.state.unwrap_or_default(),
        code: query.code,
        error: query.error,
        issuer: query.iss,
        session_token: session.read(&headers).map(str::to_owned),
        user_agent: user_agent(&headers),
    };
    let finished = match ask(api.sign_in().finish_open_id(request)).await {
        Ok(finished) => finished,
        // Somebody else may have made the link: the way that this browser is on goes on.
        Err(problem) => return failed(&api, &problem, Vec::new()),
    };
    let url = format!("{}{}", api.config().public_dashboard_url, finished.return_to);
    match finished.outcome {
        Some(Outcome::SignedIn(signed_in)) => {
            let cookie = session.set(signed_in.session.as_ref(), api.now())?;
            go_to(&url, vec![cookie, ticket.clear()])
        }
        Some(Outcome::NeedsCode(needed)) => {
            let cookie = ticket.set(&needed.ticket, needed.expires_at, api.now())?;
            go_to(&page(&api, LOGIN_PAGE, "second_factor=needed"), vec![cookie])
        }
        Some(Outcome::Linked(_)) => go_to(&url, vec![ticket.clear()]),
        Some(Outcome::Refused(word)) => {
            go_to(&page(&api, &finished.return_to, &format!("error={word}")), vec![ticket.clear()])
        }
        None => Err(Problem::internal("tenants: back from the issuer with nothing")),
    }
}
