//! How far a replay has come.

use axum::{Json, extract::State};

use super::{configured, no_such_replay, replay_id};
use crate::{
    api::Api,
    auth::Caller,
    extract::PathPart,
    problem::{Problem, ProblemBody},
    shapes::replay::Replay,
};

/// Get a replay
///
/// With how many events it has replayed and skipped so far.
#[utoipa::path(
    get, path = "/api/v1/replays/{id}", tag = "Events",
    params(("id" = String, Path, description = "The replay's id", example = "rpl_01h455vb4pex5vsknk084sn02q")),
    responses(
        (status = 200, description = "The replay", body = Replay),
        (status = "default", description = "Among others `not_found`", body = ProblemBody),
    )
)]
pub(crate) async fn get_replay(
    State(api): State<Api>,
    caller: Caller,
    PathPart(id): PathPart<String>,
) -> Result<Json<Replay>, Problem> {
    let replay = api.store().replay(caller.tenant, replay_id(&id)?).await?.ok_or_else(no_such_replay)?;
    Ok(Json(Replay::of(replay, &configured(&api, &caller).await?)))
}
