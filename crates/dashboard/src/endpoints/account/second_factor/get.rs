//! Whether a code is asked for.

use anyhook_rpc::tenants::v1::GetSecondFactorRequest;
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::{Api, ask},
    auth::Caller,
    problem::{Problem, ProblemBody},
};

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SecondFactor {
    /// Whoever signs in as the user is asked for a code.
    is_on: bool,
    /// Of the ten that there were at first.
    #[schema(examples(10))]
    recovery_codes_left: u32,
}

/// Get the second factor
///
/// Needs a session.
#[utoipa::path(
    get, path = "/api/v1/account/second-factor", tag = "Account",
    responses(
        (status = 200, description = "Whether it is on", body = SecondFactor),
        (status = "default", description = "An error", body = ProblemBody),
    )
)]
pub(crate) async fn get_second_factor(State(api): State<Api>, caller: Caller) -> Result<Json<SecondFactor>, Problem> {
    let (user_id, _) = caller.person()?;
    let factor = ask(api.sign_in().get_second_factor(GetSecondFactorRequest { user_id })).await?;
    Ok(Json(SecondFactor { is_on: factor.is_on, recovery_codes_left: factor.recovery_codes_left }))
}
