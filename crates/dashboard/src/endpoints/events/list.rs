//! Listing events.

use anyhook_store::log::EventFilter;
use axum::{Json, extract::State};
use serde::Deserialize;

use super::{filter::Members, paging::Paging};
use crate::{
    api::Api,
    auth::Caller,
    extract::TextQuery,
    problem::{Problem, ProblemBody},
    shapes::event::{Configured, EventList},
};

#[derive(Deserialize)]
pub(crate) struct Filter {
    #[serde(flatten)]
    members: Members,
    #[serde(flatten)]
    paging: Paging,
}

/// List events
///
/// Newest first; those of apps that were deleted, too. A page looks at a bounded part of the log: where few events fit the
/// filter it may hold fewer than asked for, or none, and `nextCursor` says where to go on. Times lead through an index, as
/// do the app, every `status` but `success`, every `outbound_status` but 200 to 299, the provider's id, and fields.
#[utoipa::path(
    get, path = "/api/v1/events", tag = "Events",
    params(Members, Paging),
    responses(
        (status = 200, description = "A page of events", body = EventList),
        (status = "default", description = "Among others `invalid_field`", body = ProblemBody),
    )
)]
pub(crate) async fn list_events(
    State(api): State<Api>,
    caller: Caller,
    TextQuery(query): TextQuery<Filter>,
) -> Result<Json<EventList>, Problem> {
    let (limit, before) = (query.paging.limit()?, query.paging.before()?);
    let (filter, apps) = query.members.filter(&api, &caller).await?;
    let page = api.store().list_events(&EventFilter { before, limit, ..filter }).await?;
    Ok(Json(EventList::of(&page, &Configured::of(apps))))
}
