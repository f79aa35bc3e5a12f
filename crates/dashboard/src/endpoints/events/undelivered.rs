//! What has not arrived.

use anyhook_store::log::{EventFilter, Narrowing, Wanted};
use axum::{Json, extract::State};

use super::{app_id, one_app, paging::Paging};
use crate::{
    api::Api,
    auth::Caller,
    extract::{PathPart, Query},
    problem::{Problem, ProblemBody},
    shapes::event::{Configured, EventList},
};

/// List undelivered events
///
/// Events of an app that are queued, retrying, held or failed at one of their destinations; newest first.
#[utoipa::path(
    get, path = "/api/v1/apps/{slug}/events/undelivered", tag = "Events",
    params(("slug" = String, Path, description = "The app's slug, a former slug, or its id"), Paging),
    responses(
        (status = 200, description = "A page of events", body = EventList),
        (status = "default", description = "Among others `not_found`", body = ProblemBody),
    )
)]
pub(crate) async fn list_undelivered(
    State(api): State<Api>,
    caller: Caller,
    PathPart(slug): PathPart<String>,
    Query(paging): Query<Paging>,
) -> Result<Json<EventList>, Problem> {
    let (limit, before) = (paging.limit()?, paging.before()?);
    let app = one_app(&api, &caller, &slug).await?;
    let (app_id, configured) = (Some(app_id(&app)?), Configured::of([app]));
    let (tenant, wanted, narrowing) = (caller.tenant, Wanted::Undelivered, Narrowing::default());
    let filter = EventFilter { tenant, app: app_id, wanted, narrowing, before, limit };
    let page = api.store().list_events(&filter).await?;
    Ok(Json(EventList::of(&page, &configured)))
}
