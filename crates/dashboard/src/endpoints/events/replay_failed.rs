//! Sending everything again that has failed.

use anyhook_domain::DestinationId;
use anyhook_rpc::tenants::v1::App;
use anyhook_store::log::FailedSearch;
use axum::{Json, extract::State};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::{app_id, one_app};
use crate::{
    api::{Api, new_delivery_id},
    auth::{Caller, Editor},
    extract::PathPart,
    problem::{Problem, ProblemBody},
};

/// Deliveries in one transaction, and transactions in one request: a request should end while somebody waits for it.
const BATCH: u32 = 500;
const MOST_BATCHES: usize = 100;

#[derive(Default, Serialize, ToSchema)]
pub(crate) struct ReplayedFailed {
    /// How many events are on their way again.
    #[schema(examples(3))]
    queued: u64,
    /// There are more; send the request again.
    more: bool,
}

/// Replay failed events
///
/// Sends an app's failed events again, oldest first, to those destinations that they failed at and that still exist.
#[utoipa::path(
    post, path = "/api/v1/apps/{slug}/replay-failed", tag = "Events",
    params(("slug" = String, Path, description = "The app's slug, a former slug, or its id")),
    responses(
        (status = 202, description = "On their way", body = ReplayedFailed),
        (status = "default", description = "Among others `not_found`", body = ProblemBody),
    )
)]
pub(crate) async fn replay_failed(
    State(api): State<Api>,
    Editor(caller): Editor,
    PathPart(slug): PathPart<String>,
) -> Result<(StatusCode, Json<ReplayedFailed>), Problem> {
    let app = one_app(&api, &caller, &slug).await?;
    let replayed = replay_all(&api, &caller, &app).await?;
    Ok((StatusCode::ACCEPTED, Json(replayed)))
}

/// Each batch is committed and published for itself: whoever hangs up meanwhile loses none.
async fn replay_all(api: &Api, caller: &Caller, app: &App) -> Result<ReplayedFailed, Problem> {
    let destinations: Vec<DestinationId> = app.destinations.iter().filter_map(|it| it.id.parse().ok()).collect();
    let (tenant, destinations) = (caller.tenant, destinations.as_slice());
    let mut search = FailedSearch { tenant, app: app_id(app)?, destinations, after: None, most: BATCH };
    let mut replayed = ReplayedFailed::default();
    let records = [caller.record(api, "app.failed_replayed", &app.id)?];
    for _ in 0..MOST_BATCHES {
        let times = api.replay_times();
        // Once, with the first that is replayed.
        let records = if replayed.queued == 0 { &records[..] } else { &[] };
        let batch = api.store().replay_failed(&search, times, || new_delivery_id(times.now), records).await?;
        replayed.queued += batch.events.len() as u64;
        api.queue().publish(batch.hints);
        api.cache().announce_events(batch.events.into_iter().map(|event| (tenant, event)));
        search.after = batch.next;
        if batch.next.is_none() {
            return Ok(replayed);
        }
    }
    Ok(ReplayedFailed { more: true, ..replayed })
}
