//! A secret for an authenticator.

use anyhook_rpc::tenants::v1::BeginSecondFactorRequest;
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
pub(crate) struct BeginSecondFactor {
    /// The user's.
    password: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct BegunSecondFactor {
    /// In base32, for whoever types it into an authenticator.
    #[schema(examples("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"))]
    secret: String,
    /// The same for whoever scans it, as a QR code.
    #[schema(examples(
        "otpauth://totp/AnyHook:you%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=AnyHook"
    ))]
    uri: String,
}

/// Begin a second factor
///
/// Draws a secret, in the place of one that was not confirmed. Nothing is asked for yet: that begins once a code of it was
/// shown with `PUT`. Needs a session and a verified e-mail address.
#[utoipa::path(
    post, path = "/api/v1/account/second-factor", tag = "Account",
    request_body = BeginSecondFactor,
    responses(
        (status = 200, description = "For the authenticator", body = BegunSecondFactor),
        (
            status = "default",
            description = "Among others `invalid_field` for a wrong password, `forbidden`, `second_factor_on`, `too_many_attempts`",
            body = ProblemBody
        ),
    )
)]
pub(crate) async fn begin_second_factor(
    State(api): State<Api>,
    Editor(caller): Editor,
    from: ClientAddress,
    Body(body): Body<BeginSecondFactor>,
) -> Result<Json<BegunSecondFactor>, Problem> {
    let (user_id, _) = caller.person()?;
    let request = BeginSecondFactorRequest { user_id, password: body.password, client_address: from.text() };
    let begun = ask(api.sign_in().begin_second_factor(request)).await?;
    Ok(Json(BegunSecondFactor { secret: begun.secret, uri: begun.uri }))
}
