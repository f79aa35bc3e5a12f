//! Signing out.

use anyhook_rpc::tenants::v1::LogOutRequest;
use axum::{Json, extract::State, response::IntoResponse};
use http::header;

use crate::{
    api::{Api, ask},
    auth::Caller,
    cookie::SessionCookie,
    problem::{Problem, ProblemBody},
    shapes::Done,
};

/// Sign out
///
/// Ends the session and clears its cookie; an API key stays as it is.
#[utoipa::path(
    post, path = "/api/v1/logout", tag = "Accounts",
    responses(
        (status = 200, description = "Signed out", body = Done),
        (status = "default", description = "An error", body = ProblemBody),
    )
)]
pub(crate) async fn log_out(State(api): State<Api>, caller: Caller) -> Result<impl IntoResponse, Problem> {
    if let Some(session_token) = caller.session_token() {
        ask(api.accounts().log_out(LogOutRequest { session_token })).await?;
    }
    let cookie = SessionCookie::of(&api.config().public_dashboard_url).clear();
    Ok(([(header::SET_COOKIE, cookie)], Json(Done::new())))
}
