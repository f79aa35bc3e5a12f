//! Having the mail for verifying the address sent once more.

use anyhook_rpc::tenants::v1::SendVerificationRequest;
use axum::{Json, extract::State};
use http::StatusCode;

use crate::{
    api::{Api, ask},
    auth::Editor,
    problem::{Problem, ProblemBody},
    shapes::account::Sent,
};

/// Send the verification again
///
/// Links that were sent before go on working. Needs a session.
#[utoipa::path(
    post, path = "/api/v1/account/verify-email", tag = "Account",
    responses(
        (status = 202, description = "Whether a mail is sent: not, if the address is verified", body = Sent),
        (status = "default", description = "Among others `forbidden`, `too_many_attempts`", body = ProblemBody),
    )
)]
pub(crate) async fn send_verification(
    State(api): State<Api>,
    Editor(caller): Editor,
) -> Result<(StatusCode, Json<Sent>), Problem> {
    let (user_id, _) = caller.person()?;
    let answer = ask(api.accounts().send_verification(SendVerificationRequest { user_id })).await?;
    Ok((StatusCode::ACCEPTED, Json(Sent { sent: answer.is_sent })))
}
