//! Sending a destination an example.

use anyhook_rpc::tenants::v1::TestDestinationRequest;
use axum::{Json, extract::State};

use crate::{
    api::{Api, ask},
    auth::Editor,
    extract::PathPart,
    problem::{Problem, ProblemBody},
    shapes::probe::Probe,
};

/// Test a destination
///
/// Sends it one example now, signed as a delivery would be and with the header `Anyhook-Test: true`: an example event of
/// the app's source, or `{"type":"anyhook.test"}`. Nothing of it is kept, and it is not tried again. It may take 8 seconds;
/// at most 20 tests and checks a minute. Needs no body.
#[utoipa::path(
    post, path = "/api/v1/apps/{slug}/destinations/{id}/test", tag = "Destinations",
    params(
        ("slug" = String, Path, description = "The app's slug, a former slug, or its id"),
        ("id" = String, Path, description = "The destination's id"),
    ),
    responses(
        (status = 200, description = "What came of it", body = Probe),
        (status = "default", description = "Among others `not_found`, `too_many_probes`", body = ProblemBody),
    )
)]
pub(crate) async fn test_destination(
    State(api): State<Api>,
    Editor(caller): Editor,
    PathPart((app, destination_id)): PathPart<(String, String)>,
) -> Result<Json<Probe>, Problem> {
    let public_ingress_url = api.config().public_ingress_url.clone();
    let request = TestDestinationRequest { tenant_id: caller.tenant_id(), app, destination_id, public_ingress_url };
    Ok(Json(Probe::of(ask(api.apps().test_destination(request)).await?, true)))
}
