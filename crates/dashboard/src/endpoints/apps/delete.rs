//! Deleting an app.

use anyhook_rpc::tenants::v1::DeleteAppRequest;
use axum::{Json, extract::State};

use super::shown::as_seen;
use crate::{
    api::{Api, ask},
    auth::Editor,
    etag::IfMatch,
    extract::PathPart,
    problem::{Problem, ProblemBody},
    shapes::Done,
};

/// Delete an app
///
/// Its inbound URLs and its destinations are gone with it; its events stay in the log for as long as they are kept.
#[utoipa::path(
    delete, path = "/api/v1/apps/{slug}", tag = "Apps",
    params(
        ("slug" = String, Path, description = "The app's slug, a former slug, or its id"),
        ("If-Match" = Option<String>, Header, description = "Only if it still has this `ETag`"),
    ),
    responses(
        (status = 200, description = "Deleted", body = Done),
        (status = "default", description = "Among others `not_found`", body = ProblemBody),
    )
)]
pub(crate) async fn delete_app(
    State(api): State<Api>,
    Editor(caller): Editor,
    if_match: IfMatch,
    PathPart(app): PathPart<String>,
) -> Result<Json<Done>, Problem> {
    let expected = as_seen(&api, &caller, &app, &if_match).await?;
    let request = DeleteAppRequest { tenant_id: caller.tenant_id(), app, expected, actor: caller.actor() };
    ask(api.apps().delete_app(request)).await?;
    Ok(Json(Done::new()))
}
