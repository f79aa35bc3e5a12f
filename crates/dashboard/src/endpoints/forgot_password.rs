//! Asking for another password.

use anyhook_rpc::tenants::v1::ForgotPasswordRequest;
use axum::{Json, extract::State};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    api::{Api, ask},
    auth::refuse_foreign,
    client_address::ClientAddress,
    extract::Body,
    problem::{Problem, ProblemBody},
    shapes::account::Sent,
};

#[derive(Deserialize, ToSchema)]
pub(crate) struct Forgotten {
    #[schema(examples("you@example.com"))]
    email: String,
}

/// Forget the password
///
/// Sends a mail with a link for choosing another one, which works once and for an hour, if there is an account of this
/// address; the answer is the same if there is none.
#[utoipa::path(
    post, path = "/api/v1/forgot-password", tag = "Accounts", security(()),
    request_body = Forgotten,
    responses(
        (status = 202, description = "Sent, if there is such an account", body = Sent, example = json!({ "sent": true })),
        (status = "default", description = "Among others `invalid_field`, `too_many_attempts`", body = ProblemBody),
    )
)]
pub(crate) async fn forgot_password(
    State(api): State<Api>,
    from: ClientAddress,
    headers: HeaderMap,
    Body(body): Body<Forgotten>,
) -> Result<(StatusCode, Json<Sent>), Problem> {
    refuse_foreign(&headers, &api)?;
    let request = ForgotPasswordRequest { email: body.email, client_address: from.text() };
    ask(api.accounts().forgot_password(request)).await?;
    Ok((StatusCode::ACCEPTED, Json(Sent { sent: true })))
}
