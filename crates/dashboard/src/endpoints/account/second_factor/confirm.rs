//! Turning the second factor on.

use anyhook_rpc::tenants::v1::ConfirmSecondFactorRequest;
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    api::{Api, ask},
    auth::Editor,
    extract::Body,
    problem::{Problem, ProblemBody},
};

#[derive(Deserialize, ToSchema)]
pub(crate) struct ConfirmSecondFactor {
    /// What the authenticator shows now.
    #[schema(examples("123456"))]
    code: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RecoveryCodes {
    /// Shown this once. Each is taken once in the place of a code.
    #[schema(examples(json!(["abcd-efgh-ijkl-mnop"])))]
    recovery_codes: Vec<String>,
}

/// Turn the second factor on
///
/// From now on, whoever signs in as the user is asked for a code. Ends all other sessions of the user. Needs a session.
#[utoipa::path(
    put, path = "/api/v1/account/second-factor", tag = "Account",
    request_body = ConfirmSecondFactor,
    responses(
        (status = 200, description = "For whoever loses the authenticator", body = RecoveryCodes),
        (
            status = "default",
            description = "Among others `invalid_field` for a wrong code, `second_factor_on`, `too_many_attempts`",
            body = ProblemBody
        ),
    )
)]
pub(crate) async fn confirm_second_factor(
    State(api): State<Api>,
    Editor(caller): Editor,
    Body(body): Body<ConfirmSecondFactor>,
) -> Result<Json<RecoveryCodes>, Problem> {
    let (user_id, session_id) = caller.person()?;
    let request = ConfirmSecondFactorRequest { user_id, tenant_id: caller.tenant_id(), session_id, code: body.code };
    let confirmed = ask(api.sign_in().confirm_second_factor(request)).await?;
    Ok(Json(RecoveryCodes { recovery_codes: confirmed.recovery_codes }))
}
