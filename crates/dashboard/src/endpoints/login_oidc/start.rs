//! To the issuer.

use anyhook_rpc::tenants::v1::StartOpenIdRequest;
use axum::{extract::State, response::Response};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{failed, go_to, redirect_url, ticket_cookie};
use crate::{
    api::{Api, ask},
    extract::Query,
    problem::{Problem, ProblemBody},
    return_to::own_path,
};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Start {
    /// The page to go on with: a path of the dashboard's own.
    #[param(example = "/apps")]
    return_to: Option<String>,
}

/// Sign in with OpenID Connect
///
/// For browsers: leads to the issuer, which leads back. If that cannot be, it leads to `/login#error=` and a word.
#[utoipa::path(
    get, path = "/api/v1/login/oidc", tag = "Accounts", security(()),
    params(Start),
    responses(
        (status = 303, description = "To the issuer"),
        (status = "default", description = "An error", body = ProblemBody),
    )
)]
pub(crate) async fn start_oidc(State(api): State<Api>, Query(query): Query<Start>) -> Result<Response, Problem> {
    let return_to = own_path(query.return_to.as_deref()).to_owned();
    let request = StartOpenIdRequest { redirect_url: redirect_url(&api), return_to, ..StartOpenIdRequest::default() };
    match ask(api.sign_in().start_open_id(request)).await {
        Ok(started) => {
            let cookie = ticket_cookie(&api).set(&started.ticket, started.expires_at, api.now())?;
            go_to(&started.url, vec![cookie])
        }
        Err(problem) => failed(&api, &problem, Vec::new()),
    }
}
