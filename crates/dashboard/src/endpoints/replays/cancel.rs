//! Ending a replay before its time.

use axum::{Json, extract::State};

use super::{configured, no_such_replay, replay_id};
use crate::{
    api::Api,
    auth::Editor,
    extract::PathPart,
    problem::{Problem, ProblemBody},
    shapes::replay::Replay,
};

/// Cancel a replay
///
/// Nothing more is replayed; what is on its way already is delivered. One that has ended stays as it is. Needs no body.
#[utoipa::path(
    post, path = "/api/v1/replays/{id}/cancel", tag = "Events",
    params(("id" = String, Path, description = "The replay's id", example = "rpl_01h455vb4pex5vsknk084sn02q")),
    responses(
        (status = 200, description = "The replay as it is now", body = Replay),
        (status = "default", description = "Among others `not_found`", body = ProblemBody),
    )
)]
pub(crate) async fn cancel_replay(
    State(api): State<Api>,
    Editor(caller): Editor,
    PathPart(id): PathPart<String>,
) -> Result<Json<Replay>, Problem> {
    let id = replay_id(&id)?;
    let subject = id.to_string();
    let records = [caller.record(&api, "replay.canceled", &subject)?];
    api.store().cancel_replay(caller.tenant, id, api.now(), &records).await?;
    let replay = api.store().replay(caller.tenant, id).await?.ok_or_else(no_such_replay)?;
    Ok(Json(Replay::of(replay, &configured(&api, &caller).await?)))
}
