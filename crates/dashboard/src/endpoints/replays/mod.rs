//! Replays of all events that a filter takes.

pub(super) mod cancel;
pub(super) mod create;
pub(super) mod get;
pub(super) mod list;

use anyhook_domain::ReplayId;

use super::events::all_apps;
use crate::{api::Api, auth::Caller, problem::Problem, shapes::event::Configured};

/// What is no id is no replay, either.
fn replay_id(text: &str) -> Result<ReplayId, Problem> {
    text.parse().map_err(|_| no_such_replay())
}

async fn configured(api: &Api, caller: &Caller) -> Result<Configured, Problem> {
    all_apps(api, caller).await.map(Configured::of)
}

fn no_such_replay() -> Problem {
    Problem::not_found("There is no such replay; GET /api/v1/replays lists those that there are.")
}
