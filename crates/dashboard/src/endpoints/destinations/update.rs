//! Changing a destination.

use anyhook_rpc::tenants::v1::UpdateDestinationRequest;
use axum::{Json, extract::State};

use super::get::as_seen;
use crate::{
    api::{Api, ask},
    auth::Editor,
    etag::IfMatch,
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
        ("If-Match" = Option<String>, Header, description = "Only if it still has this `ETag`"),
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
    if_match: IfMatch,
    PathPart((app, destination_id)): PathPart<(String, String)>,
    Body(body): Body<DestinationSettings>,
) -> Result<Json<Destination>, Problem> {
    body.refuse_zero("")?;
    let settings = Some(body.into());
    let expected = as_seen(&api, &caller, &app, &destination_id, &if_match).await?;
    let request = UpdateDestinationRequest {
        tenant_id: caller.tenant_id(),
        app,
        destination_id,
        settings,
        expected,
        actor: caller.actor(),
    };
    Ok(Json(Destination::of(ask(api.apps().update_destination(request)).await?, None)))
}
