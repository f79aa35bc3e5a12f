//! Deleting a destination.

use anyhook_rpc::tenants::v1::DeleteDestinationRequest;
use axum::{Json, extract::State};

use super::get::as_seen;
use crate::{
    api::{Api, ask},
    auth::Editor,
    etag::IfMatch,
    extract::PathPart,
    problem::{Problem, ProblemBody},
    shapes::Done,
};

/// Delete a destination
#[utoipa::path(
    delete, path = "/api/v1/apps/{slug}/destinations/{id}", tag = "Destinations",
    params(
        ("slug" = String, Path, description = "The app's slug, a former slug, or its id"),
        ("id" = String, Path, description = "The destination's id"),
        ("If-Match" = Option<String>, Header, description = "Only if it still has this `ETag`"),
    ),
    responses(
        (status = 200, description = "Deleted", body = Done),
        (status = "default", description = "Among others `not_found`", body = ProblemBody),
    )
)]
pub(crate) async fn delete_destination(
    State(api): State<Api>,
    Editor(caller): Editor,
    if_match: IfMatch,
    PathPart((app, destination_id)): PathPart<(String, String)>,
) -> Result<Json<Done>, Problem> {
    let expected = as_seen(&api, &caller, &app, &destination_id, &if_match).await?;
    let request = DeleteDestinationRequest {
        tenant_id: caller.tenant_id(),
        app,
        destination_id,
        expected,
        actor: caller.actor(),
    };
    ask(api.apps().delete_destination(request)).await?;
    Ok(Json(Done::new()))
}
