//! Looking at an app.

use anyhook_rpc::tenants::v1::GetAppRequest;
use axum::{Json, extract::State};

use super::shown::shown;
use crate::{
    api::{Api, ask},
    auth::Caller,
    extract::PathPart,
    problem::{Problem, ProblemBody},
    shapes::app::App,
};

/// Get an app
#[utoipa::path(
    get, path = "/api/v1/apps/{slug}", tag = "Apps",
    params(("slug" = String, Path, description = "The app's slug, a former slug, or its id")),
    responses(
        (status = 200, description = "The app", body = App),
        (status = "default", description = "Among others `not_found`", body = ProblemBody),
    )
)]
pub(crate) async fn get_app(
    State(api): State<Api>,
    caller: Caller,
    PathPart(app): PathPart<String>,
) -> Result<Json<App>, Problem> {
    let app = ask(api.apps().get_app(GetAppRequest { tenant_id: caller.tenant_id(), app })).await?;
    Ok(Json(shown(&api, &caller, app).await?))
}
