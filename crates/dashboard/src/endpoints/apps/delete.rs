//! Deleting an app.

use anyhook_rpc::tenants::v1::DeleteAppRequest;
use axum::{Json, extract::State};

use crate::{
    api::{Api, ask},
    auth::Editor,
    extract::PathPart,
    problem::{Problem, ProblemBody},
    shapes::Done,
};

/// Delete an app
///
/// Its inbound URLs and its destinations are gone with it; its events stay in the log for as long as they are kept.
#[utoipa::path(
    delete, path = "/api/v1/apps/{slug}", tag = "Apps",
    params(("slug" = String, Path, description = "The app's slug, a former slug, or its id")),
    responses(
        (status = 200, description = "Deleted", body = Done),
        (status = "default", description = "Among others `not_found`", body = ProblemBody),
    )
)]
pub(crate) async fn delete_app(
    State(api): State<Api>,
    Editor(caller): Editor,
    PathPart(app): PathPart<String>,
) -> Result<Json<Done>, Problem> {
    ask(api.apps().delete_app(DeleteAppRequest { tenant_id: caller.tenant_id(), app })).await?;
    Ok(Json(Done::new()))
}
