//! Turning the second factor off.

use anyhook_rpc::tenants::v1::EndSecondFactorRequest;
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    api::{Api, ask},
    auth::Editor,
    client_address::ClientAddress,
    extract::Body,
    problem::{Problem, ProblemBody},
};

#[derive(Deserialize, ToSchema)]
pub(crate) struct EndSecondFactor {
    /// The user's.
    password: String,
    /// What the authenticator shows now, or a recovery code.
    #[schema(examples("123456"))]
    code: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EndedSecondFactor {
    /// `false`.
    is_on: bool,
}

/// Turn the second factor off
///
/// Needs a session, the password and a code. Its recovery codes are worthless from now on.
#[utoipa::path(
    delete, path = "/api/v1/account/second-factor", tag = "Account",
    request_body = EndSecondFactor,
    responses(
        (status = 200, description = "It is off", body = EndedSecondFactor),
        (
            status = "default",
            description = "Among others `invalid_field` for a wrong password or code, `too_many_attempts`",
            body = ProblemBody
        ),
    )
)]
pub(crate) async fn end_second_factor(
    State(api): State<Api>,
    Editor(caller): Editor,
    from: ClientAddress,
    Body(body): Body<EndSecondFactor>,
) -> Result<Json<EndedSecondFactor>, Problem> {
    let (user_id, _) = caller.person()?;
    let request = EndSecondFactorRequest {
        user_id,
        tenant_id: caller.tenant_id(),
        password: body.password,
        code: body.code,
        client_address: from.text(),
    };
    ask(api.sign_in().end_second_factor(request)).await?;
    Ok(Json(EndedSecondFactor { is_on: false }))
}
