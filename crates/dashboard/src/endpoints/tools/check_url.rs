//! Whether an address could be a destination.

use anyhook_rpc::tenants::v1::CheckUrlRequest;
use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    api::{Api, ask},
    auth::Editor,
    extract::Body,
    problem::{Problem, ProblemBody},
    shapes::probe::Probe,
};

#[derive(Deserialize, ToSchema)]
pub(crate) struct AddressToCheck {
    #[schema(examples("https://handler.example/webhooks"), max_length = 2048)]
    url: String,
}

/// Check a URL
///
/// As `POST /api/v1/apps/{slug}/destinations/{id}/check` does, before there is a destination.
#[utoipa::path(
    post, path = "/api/v1/tools/check-url", tag = "Tools",
    request_body = AddressToCheck,
    responses(
        (status = 200, description = "What came of it", body = Probe),
        (status = "default", description = "Among others `destination_refused`, `too_many_probes`", body = ProblemBody),
    )
)]
pub(crate) async fn check_url(
    State(api): State<Api>,
    Editor(caller): Editor,
    Body(AddressToCheck { url }): Body<AddressToCheck>,
) -> Result<Json<Probe>, Problem> {
    let request = CheckUrlRequest { tenant_id: caller.tenant_id(), url };
    Ok(Json(Probe::of(ask(api.apps().check_url(request)).await?, false)))
}
