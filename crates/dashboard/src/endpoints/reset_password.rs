//! Choosing another password.

use anyhook_rpc::tenants::v1::ResetPasswordRequest;
use axum::{Json, extract::State};
use http::HeaderMap;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    api::{Api, ask},
    auth::refuse_foreign,
    extract::Body,
    problem::{Problem, ProblemBody},
    shapes::account::UserOfToken,
};

#[derive(Deserialize, ToSchema)]
pub(crate) struct Reset {
    /// The part of the mail's link behind the `#`.
    #[schema(examples("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"))]
    token: String,
    /// The new one, of 8 to 256 characters.
    #[schema(examples("staple correct horse"))]
    password: String,
}

/// Reset the password
///
/// With the token of a mail. Ends all sessions of the user and opens none: sign in with the new password. The address
/// counts as verified; if it was not before, the second factor is off, and the API keys and invitations of tenants that the
/// user alone belongs to are gone.
#[utoipa::path(
    post, path = "/api/v1/reset-password", tag = "Accounts", security(()),
    request_body = Reset,
    responses(
        (status = 200, description = "Whose password it is", body = UserOfToken),
        (status = "default", description = "Among others `invalid_field` for a token that works no more", body = ProblemBody),
    )
)]
pub(crate) async fn reset_password(
    State(api): State<Api>,
    headers: HeaderMap,
    Body(body): Body<Reset>,
) -> Result<Json<UserOfToken>, Problem> {
    refuse_foreign(&headers, &api)?;
    let request = ResetPasswordRequest { token: body.token, new_password: body.password };
    let user = ask(api.accounts().reset_password(request)).await?.into();
    Ok(Json(UserOfToken { user }))
}
