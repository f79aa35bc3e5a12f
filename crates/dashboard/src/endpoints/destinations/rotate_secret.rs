//! Changing a destination's signing secret.

use anyhook_rpc::tenants::v1::RotateSecretRequest;
use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    api::{Api, ask},
    auth::Editor,
    extract::{OptionalBody, PathPart},
    problem::{Problem, ProblemBody},
    shapes::destination::Destination,
};

#[derive(Default, Deserialize, ToSchema)]
pub(crate) struct Rotation {
    /// For how long the old secret signs beside the new one; 24 hours by default.
    #[schema(examples(86400))]
    overlap_seconds: Option<u32>,
}

/// Rotate a signing secret
///
/// The answer shows the new secret, this once. Needs no body.
#[utoipa::path(
    post, path = "/api/v1/apps/{slug}/destinations/{id}/rotate-secret", tag = "Destinations",
    params(
        ("slug" = String, Path, description = "The app's slug, a former slug, or its id"),
        ("id" = String, Path, description = "The destination's id"),
    ),
    request_body = Option<Rotation>,
    responses(
        (status = 200, description = "The destination with its new secret", body = Destination),
        (status = "default", description = "Among others `not_found`, `rotation_running`", body = ProblemBody),
    )
)]
pub(crate) async fn rotate_secret(
    State(api): State<Api>,
    Editor(caller): Editor,
    PathPart((app, destination_id)): PathPart<(String, String)>,
    OptionalBody(body): OptionalBody<Rotation>,
) -> Result<Json<Destination>, Problem> {
    let overlap_seconds = body.overlap_seconds;
    let request = RotateSecretRequest {
        tenant_id: caller.tenant_id(),
        app,
        destination_id,
        overlap_seconds,
        actor: caller.actor(),
    };
    Ok(Json(Destination::created(ask(api.apps().rotate_secret(request)).await?)?))
}
