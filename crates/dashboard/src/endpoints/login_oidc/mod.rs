//! Signing in by way of an OpenID Connect issuer: there, back, and a code where the account asks for one.

pub(super) mod callback;
pub(super) mod code;
pub(super) mod start;

use axum::response::{AppendHeaders, IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use crate::{api::Api, cookie::TicketCookie, problem::Problem};

pub(super) const START: &str = "/api/v1/login/oidc";
/// The issuer must know it, after the dashboard's public URL.
const CALLBACK: &str = "/api/v1/login/oidc/callback";
const LOGIN_PAGE: &str = "/login";

/// Where the issuer sends browsers back to.
pub(super) fn redirect_url(api: &Api) -> String {
    format!("{}{CALLBACK}", api.config().public_dashboard_url)
}

pub(super) fn ticket_cookie(api: &Api) -> TicketCookie {
    TicketCookie::of(&api.config().public_dashboard_url)
}

/// On to another page, with these cookies. INVARIANT: the address is the issuer's, or begins as our own pages do.
fn go_to(url: &str, cookies: Vec<HeaderValue>) -> Result<Response, Problem> {
    let location = HeaderValue::from_str(url).map_err(|_| Problem::internal("an address that is no header value"))?;
    let cookies = cookies.into_iter().map(|cookie| (header::SET_COOKIE, cookie));
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)], AppendHeaders(cookies)).into_response())
}

/// A page of ours, and what it is to say.
fn page(api: &Api, path: &str, fragment: &str) -> String {
    let path = path.split('#').next().unwrap_or_default();
    format!("{}{path}#{fragment}", api.config().public_dashboard_url)
}

/// Back to the page for signing in, which has a sentence for each word.
fn failed(api: &Api, problem: &Problem, cookies: Vec<HeaderValue>) -> Result<Response, Problem> {
    problem.log();
    go_to(&page(api, LOGIN_PAGE, &format!("error={}", problem.word())), cookies)
}
