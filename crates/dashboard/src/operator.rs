//! Requests of whoever operates the installation. Everybody else finds nothing there.

use anyhook_rpc::tenants::v1::{AuthenticateOperatorRequest, authenticate_operator_request, authenticate_request};
use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::{
    api::{Api, ask},
    auth::{self, foreign},
    limits, origin,
    problem::Problem,
};

/// An operator of the installation.
pub(crate) struct Operator {
    /// `None` for a program, which has the operator's token.
    pub(crate) user_id: Option<String>,
}

impl FromRequestParts<Api> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let url = &api.config().public_dashboard_url;
        let credential = match auth::credential(&parts.headers, url)? {
            authenticate_request::Credential::ApiKey(bearer) => {
                authenticate_operator_request::Credential::Bearer(bearer)
            }
            authenticate_request::Credential::SessionToken(token) => {
                if !parts.method.is_safe() && !origin::is_ours(&parts.headers, url) {
                    return Err(foreign());
                }
                authenticate_operator_request::Credential::SessionToken(token)
            }
        };
        let request = AuthenticateOperatorRequest { credential: Some(credential) };
        match ask(api.operator().authenticate_operator(request)).await {
            Ok(operator) => {
                limits::count_operator(api, &parts.extensions, operator.user_id.as_deref()).await?;
                Ok(Self { user_id: operator.user_id })
            }
            Err(problem) if problem.is_not_found() => Err(Problem::unknown_path()),
            Err(problem) => Err(problem),
        }
    }
}
