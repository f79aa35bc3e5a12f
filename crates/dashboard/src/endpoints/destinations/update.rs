//! Changing a destination.

use anyhook_rpc::tenants::v1::UpdateDestinationRequest;
use axum::{Json, extract::State};

use crate::{
    api::{Api, ask},
    auth::Editor,
    extract::{Body, PathPart},
    problem::{Problem, ProblemBody},
    shapes::destination::{Destination, DestinationSettings},
};

/// Change a destination
///
/// Pausing it holds its deliveries back; resuming it releases them.
#[utoipa::path(
    patch, path = "/api/v1/apps/{slug}/destinations/{id}", tag = "Destinations",
    params(
        ("slug" = String, Path, description = "The app's slug, a former slug, or its id"),
        ("id" = String, Path, description = "The destination's id"),
    ),
    request_body = DestinationSettings,
    responses(
        (status = 200, description = "The destination as it is now", body = Destination),
        (status = "default", description = "Among others `not_found`, `destination_refused`", body = ProblemBody),
    )
)]
pub(crate) async fn update_destination(
    State(api): State<Api>,
    Editor(caller): Editor,
    PathPart((app, destination_id)): PathPart<(String, String)>,
    Body(body): Body<DestinationSettings>,
) -> Result<Json<Destination>, Problem> {
    let settings = Some(body.into());
    let request = UpdateDestinationRequest { tenant_id: caller.tenant_id(), app, destination_id, settings };
    Ok(Json(Destination::of(ask(api.apps().update_destination(request)).await?, None)))
}
