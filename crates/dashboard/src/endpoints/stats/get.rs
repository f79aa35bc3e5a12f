//! Figures about events, step by step.

use std::sync::Arc;

use axum::{Json, extract::State};

use super::{answer::StatsAnswer, question::Asked};
use crate::{
    api::Api,
    auth::Caller,
    extract::Query,
    problem::{Problem, ProblemBody},
};

/// Get figures
///
/// Counted when asked, over at most the newest 200,000 events of the stretch; the same question is answered from memory for
/// three seconds. With `destination_id`, everything is about what went, or is to go, to that destination.
#[utoipa::path(
    get, path = "/api/v1/stats", tag = "Events",
    params(Asked),
    responses(
        (status = 200, description = "The figures", body = StatsAnswer),
        (status = "default", description = "Among others `invalid_field`", body = ProblemBody),
    )
)]
pub(crate) async fn get_stats(
    State(api): State<Api>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<Json<Arc<StatsAnswer>>, Problem> {
    api.answers().get(&api, &caller, asked).await.map(Json)
}
