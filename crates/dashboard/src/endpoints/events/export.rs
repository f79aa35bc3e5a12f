//! All events that a filter takes, one a line.

mod lines;

use anyhook_store::log::EventFilter;
use axum::{
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use http::header;
use serde::Deserialize;
use utoipa::IntoParams;

use self::lines::Lines;
use super::{filter::Members, paging::flag};
use crate::{
    api::Api,
    auth::Caller,
    extract::TextQuery,
    problem::{Problem, ProblemBody},
    shapes::{event::Configured, exported::ExportedEvent},
};

/// Events in one page of the log.
const PAGE: u32 = 200;

#[derive(Deserialize)]
pub(crate) struct Export {
    #[serde(flatten)]
    members: Members,
    #[serde(flatten)]
    options: Options,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Options {
    /// With the request's headers and body, which is written into the audit log for each event; without, when left out.
    #[param(value_type = Option<bool>, example = false)]
    content: Option<String>,
}

/// Export events
///
/// One JSON object a line, newest first, without end of page: as fast as they are read. An answer that breaks off without
/// its last chunk is not whole: so does one whose large bodies wait 30 seconds for those that others read slowly. A tenant
/// may have 50 exports and streams open.
#[utoipa::path(
    get, path = "/api/v1/events/export", tag = "Events",
    params(Members, Options),
    responses(
        (status = 200, description = "An event a line", body = ExportedEvent, content_type = "application/x-ndjson"),
        (status = "default", description = "Among others `invalid_field`, `too_many_streams`", body = ProblemBody),
    )
)]
pub(crate) async fn export_events(
    State(api): State<Api>,
    caller: Caller,
    TextQuery(query): TextQuery<Export>,
) -> Result<Response, Problem> {
    let with_content = flag("content", query.options.content.as_deref(), false)?;
    let (filter, apps) = query.members.filter(&api, &caller).await?;
    let place = api.streams().enter(caller.tenant)?;
    let filter = EventFilter { limit: PAGE, ..filter };
    let lines = Lines::new(api, caller, filter, Configured::of(apps), with_content, place);
    let body = Body::from_stream(futures::stream::unfold(Some(lines), Lines::next));
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"events.ndjson\""),
    ];
    Ok((headers, body).into_response())
}
