//! Whether a destination can be reached.

use anyhook_rpc::tenants::v1::CheckDestinationRequest;
use axum::{Json, extract::State};

use crate::{
    api::{Api, ask},
    auth::Editor,
    extract::PathPart,
    problem::{Problem, ProblemBody},
    shapes::probe::Probe,
};

/// Check a destination
///
/// Asks its URL with HEAD, which carries nothing and does nothing, and names what is wrong: the name, the connection, the
/// certificate, a redirect, the path, or that it is slow. It may take 8 seconds; at most 20 tests and checks a minute.
/// Needs no body.
#[utoipa::path(
    post, path = "/api/v1/apps/{slug}/destinations/{id}/check", tag = "Destinations",
    params(
        ("slug" = String, Path, description = "The app's slug, a former slug, or its id"),
        ("id" = String, Path, description = "The destination's id"),
    ),
    responses(
        (status = 200, description = "What came of it", body = Probe),
        (status = "default", description = "Among others `not_found`, `too_many_probes`", body = ProblemBody),
    )
)]
pub(crate) async fn check_destination(
    State(api): State<Api>,
    Editor(caller): Editor,
    PathPart((app, destination_id)): PathPart<(String, String)>,
) -> Result<Json<Probe>, Problem> {
    let request = CheckDestinationRequest { tenant_id: caller.tenant_id(), app, destination_id };
    Ok(Json(Probe::of(ask(api.apps().check_destination(request)).await?, false)))
}
