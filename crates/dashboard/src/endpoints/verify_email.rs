//! Verifying an e-mail address.

use anyhook_rpc::tenants::v1::VerifyEmailRequest;
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
pub(crate) struct Verification {
    /// The part of the mail's link behind the `#`.
    #[schema(examples("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"))]
    token: String,
}

/// Verify an e-mail address
///
/// With the token of the mail that is sent on signing up. Works once.
#[utoipa::path(
    post, path = "/api/v1/verify-email", tag = "Accounts", security(()),
    request_body = Verification,
    responses(
        (status = 200, description = "Whose address it is", body = UserOfToken),
        (status = "default", description = "Among others `invalid_field` for a token that works no more", body = ProblemBody),
    )
)]
pub(crate) async fn verify_email(
    State(api): State<Api>,
    headers: HeaderMap,
    Body(body): Body<Verification>,
) -> Result<Json<UserOfToken>, Problem> {
    refuse_foreign(&headers, &api)?;
    let user = ask(api.accounts().verify_email(VerifyEmailRequest { token: body.token })).await?.into();
    Ok(Json(UserOfToken { user }))
}
