//! Listing events.

use anyhook_domain::event::EventStatus;
use anyhook_store::log::{EventFilter, Wanted};
use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    all_apps, app_id, one_app,
    paging::{Paging, given},
};
use crate::{
    api::Api,
    auth::Caller,
    extract::Query,
    problem::{Problem, ProblemBody},
    shapes::event::{Configured, EventList},
};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// Events of this app only.
    #[serde(alias = "appSlug")]
    #[param(example = "replicate")]
    app_slug: Option<String>,
    /// `success`, `queued`, `held`, `retrying`, `failed` or `rejected`.
    #[param(example = "failed")]
    status: Option<String>,
    /// How many events to answer at most; 50 by default.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<String>,
    /// The `nextCursor` of the page before.
    #[param(example = "evt_01h455vb4pex5vsknk084sn02q")]
    cursor: Option<String>,
}

/// List events
///
/// Newest first; those of apps that were deleted, too.
#[utoipa::path(
    get, path = "/api/v1/events", tag = "Events",
    params(Filter),
    responses(
        (status = 200, description = "A page of events", body = EventList),
        (status = "default", description = "Among others `invalid_field`", body = ProblemBody),
    )
)]
pub(crate) async fn list_events(
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<Filter>,
) -> Result<Json<EventList>, Problem> {
    let wanted = wanted(query.status.as_deref())?;
    let paging = Paging::new(query.limit, query.cursor);
    let (limit, before) = (paging.limit()?, paging.before()?);
    let (app, apps) = match given(query.app_slug.as_deref()) {
        Some(slug) => one_app(&api, &caller, slug).await.and_then(|app| Ok((Some(app_id(&app)?), vec![app])))?,
        None => (None, all_apps(&api, &caller).await?),
    };
    let configured = Configured::of(apps);
    let filter = EventFilter { tenant: caller.tenant, app, wanted, before, limit };
    let page = api.store().list_events(&filter).await?;
    Ok(Json(EventList::of(&page, &configured)))
}

fn wanted(status: Option<&str>) -> Result<Wanted, Problem> {
    let Some(word) = given(status) else { return Ok(Wanted::Any) };
    EventStatus::parse(word).map(Wanted::Status).ok_or_else(|| {
        let words = EventStatus::ALL.map(EventStatus::as_str).join(", ");
        Problem::bad_field("status", format!("status must be one of {words}."))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses() {
        assert_eq!(wanted(None).unwrap(), Wanted::Any);
        assert_eq!(wanted(Some("failed")).unwrap(), Wanted::Status(EventStatus::Failed));
        let problem = wanted(Some("Failed")).expect_err("words are lower case");
        let text = "status must be one of success, queued, held, retrying, failed, rejected.";
        assert_eq!(problem.seen(), (400, "invalid_field", text, Some("status")));
    }
}
