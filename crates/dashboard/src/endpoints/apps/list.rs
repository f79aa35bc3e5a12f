//! Listing apps.

use anyhook_rpc::tenants::v1::{self, ListAppsRequest};
use axum::{Json, extract::State};
use futures::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use utoipa::ToSchema;

use super::shown::shown;
use crate::{
    api::{Api, ask},
    auth::Caller,
    problem::{Problem, ProblemBody},
    shapes::app::App,
};

/// Of how many apps the log is asked at once.
const AT_ONCE: usize = 4;

#[derive(Serialize, ToSchema)]
pub(crate) struct AppList {
    apps: Vec<App>,
}

/// List apps
///
/// An API key that is limited to some apps sees those.
#[utoipa::path(
    get, path = "/api/v1/apps", tag = "Apps",
    responses(
        (status = 200, description = "The tenant's apps", body = AppList),
        (status = "default", description = "An error", body = ProblemBody),
    )
)]
pub(crate) async fn list_apps(State(api): State<Api>, caller: Caller) -> Result<Json<AppList>, Problem> {
    let answer = ask(api.apps().list_apps(ListAppsRequest { tenant_id: caller.tenant_id() })).await?;
    // One without a route was made or deleted while they were read.
    let reaches = |app: &v1::App| !caller.is_limited() || app.id.parse().is_ok_and(|id| caller.reaches(id));
    let apps = answer.apps.into_iter().filter(|app| !app.routes.is_empty() && reaches(app));
    let apps = stream::iter(apps.map(|app| shown(&api, &caller, app)));
    Ok(Json(AppList { apps: apps.buffered(AT_ONCE).try_collect().await? }))
}
