//! Making a destination.

use anyhook_rpc::tenants::v1::CreateDestinationRequest;
use axum::{Json, extract::State};
use http::StatusCode;

use crate::{
    api::{Api, ask},
    auth::Editor,
    extract::{Body, PathPart},
    idempotency::IdempotencyKey,
    problem::{Problem, ProblemBody},
    shapes::destination::{Destination, DestinationSettings},
};

/// Create a destination
///
/// The answer shows its signing secret, this once. With an `Idempotency-Key`, the same request sent again within 24 hours
/// gives the same answer and makes nothing new.
#[utoipa::path(
    post, path = "/api/v1/apps/{slug}/destinations", tag = "Destinations",
    params(
        ("slug" = String, Path, description = "The app's slug, a former slug, or its id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Any text of your own, new for each destination"),
    ),
    request_body = DestinationSettings,
    responses(
        (status = 201, description = "The new destination", body = Destination),
        (status = "default", description = "Among others `not_found`, `destination_refused`, `idempotency_key_reused`", body = ProblemBody),
    )
)]
pub(crate) async fn create_destination(
    State(api): State<Api>,
    Editor(caller): Editor,
    PathPart(app): PathPart<String>,
    key: IdempotencyKey,
    Body(body): Body<DestinationSettings>,
) -> Result<(StatusCode, Json<Destination>), Problem> {
    let settings = Some(body.for_new("")?);
    let request = CreateDestinationRequest {
        tenant_id: caller.tenant_id(),
        app,
        settings,
        actor: caller.actor(),
        idempotency_key: key.text(),
    };
    let created = ask(api.apps().create_destination(request)).await?;
    Ok((StatusCode::CREATED, Json(Destination::created(created)?)))
}
