//! Listing apps.

use anyhook_rpc::tenants::v1::ListAppsRequest;
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::{Api, ask},
    auth::Caller,
    problem::{Problem, ProblemBody},
    shapes::app::App,
};

#[derive(Serialize, ToSchema)]
pub(crate) struct AppList {
    apps: Vec<App>,
}

/// List apps
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
    let apps = answer.apps.into_iter().filter(|app| !app.routes.is_empty());
    let apps = apps.map(|app| App::of(app, &api.config().public_ingress_url));
    Ok(Json(AppList { apps: apps.collect::<Result<_, _>>()? }))
}
