//! The replays of a tenant.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::configured;
use crate::{
    api::Api,
    auth::Caller,
    problem::{Problem, ProblemBody},
    shapes::replay::Replay,
};

const MOST: u32 = 100;

#[derive(Serialize, ToSchema)]
pub(crate) struct ReplayList {
    replays: Vec<Replay>,
}

/// List replays
///
/// The newest 100, newest first; one that has ended is remembered for 30 days.
#[utoipa::path(
    get, path = "/api/v1/replays", tag = "Events",
    responses(
        (status = 200, description = "Replays of many events", body = ReplayList),
        (status = "default", description = "Among others `unauthenticated`", body = ProblemBody),
    )
)]
pub(crate) async fn list_replays(State(api): State<Api>, caller: Caller) -> Result<Json<ReplayList>, Problem> {
    let replays = api.store().replays(caller.tenant, MOST).await?;
    let configured = configured(&api, &caller).await?;
    Ok(Json(ReplayList { replays: replays.into_iter().map(|replay| Replay::of(replay, &configured)).collect() }))
}
