//! Letting somebody in who lost the second factor.

use anyhook_rpc::tenants::v1::ResetSecondFactorRequest;
use axum::{Json, extract::State};

use crate::{
    api::{Api, ask},
    extract::PathPart,
    operator::Operator,
    problem::{Problem, ProblemBody},
    shapes::Done,
};

/// Reset a user's second factor
///
/// Whoever signs in as the user is asked for no code any more, until another second factor is set up. Make sure first who
/// asks for this: the password, or the account at the issuer, is all that is needed afterwards. Written into the audit log
/// of the tenant that the user joined first; the user is told by mail.
#[utoipa::path(
    delete, path = "/api/v1/operator/users/{email}/second-factor", tag = "Operator",
    params(("email" = String, Path, description = "The user's e-mail address", example = "you@example.com")),
    responses(
        (status = 200, description = "It is off", body = Done),
        (status = "default", description = "`not_found`, also for whoever is no operator", body = ProblemBody),
    )
)]
pub(crate) async fn reset_second_factor(
    State(api): State<Api>,
    operator: Operator,
    PathPart(email): PathPart<String>,
) -> Result<Json<Done>, Problem> {
    let request = ResetSecondFactorRequest { email, user_id: operator.user_id };
    ask(api.sign_in().reset_second_factor(request)).await?;
    Ok(Json(Done::new()))
}
