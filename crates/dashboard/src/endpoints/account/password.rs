//! Changing the password.

use anyhook_rpc::tenants::v1::ChangePasswordRequest;
use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    api::{Api, ask},
    auth::Editor,
    client_address::ClientAddress,
    extract::Body,
    problem::{Problem, ProblemBody},
    shapes::Done,
};

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewPassword {
    /// The present one.
    #[serde(alias = "current_password")]
    current_password: String,
    /// Of 8 to 256 characters.
    #[serde(alias = "new_password")]
    new_password: String,
}

/// Change the password
///
/// Ends all other sessions of the user. Needs a session.
#[utoipa::path(
    post, path = "/api/v1/account/password", tag = "Account",
    request_body(
        content = NewPassword,
        example = json!({ "currentPassword": "correct horse battery", "newPassword": "staple correct horse" })
    ),
    responses(
        (status = 200, description = "Changed", body = Done),
        (status = "default", description = "Among others `invalid_field`, `too_many_attempts`", body = ProblemBody),
    )
)]
pub(crate) async fn change_password(
    State(api): State<Api>,
    Editor(caller): Editor,
    from: ClientAddress,
    Body(body): Body<NewPassword>,
) -> Result<Json<Done>, Problem> {
    let (user_id, session_id) = caller.person()?;
    let request = ChangePasswordRequest {
        user_id,
        tenant_id: caller.tenant_id(),
        session_id,
        current_password: body.current_password,
        new_password: body.new_password,
        client_address: from.text(),
    };
    ask(api.accounts().change_password(request)).await?;
    Ok(Json(Done::new()))
}
