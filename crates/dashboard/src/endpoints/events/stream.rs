//! Events as they arrive and move.

mod feed;

use std::time::Duration;

use axum::{
    extract::State,
    response::{
        IntoResponse,
        sse::{KeepAlive, Sse},
    },
};
use http::{HeaderMap, HeaderName, header};
use serde::Deserialize;
use utoipa::IntoParams;

use self::feed::Feed;
use super::{app_id, one_app, paging::given};
use crate::{
    api::Api,
    auth::Caller,
    extract::Query,
    problem::{Problem, ProblemBody},
    shapes::event::Event,
};

/// Nothing on the way may take the stream for dead, and a viewer that has gone is noticed.
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(15);
/// A proxy that gathers the answer before it passes it on would keep everything back.
const PASS_ON: [(HeaderName, &str); 2] =
    [(HeaderName::from_static("x-accel-buffering"), "no"), (header::CACHE_CONTROL, "no-store")];

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// Events of this app only.
    #[serde(alias = "appSlug")]
    #[param(example = "replicate")]
    app_slug: Option<String>,
}

/// Watch events
///
/// Server-sent events. Each message `event` holds an event as it is now: one that has just arrived, or whose status,
/// deliveries or attempts have changed; several changes at once make one message, and an event may come unchanged. A
/// message `reset` has no content and says that something may have changed that was not told: load the list anew. A
/// stream that ends is opened again with `Last-Event-ID`, which browsers send by themselves: then what happened
/// meanwhile to the newest 200 events follows, and `reset` if there are more. Every 15 seconds there is at least a
/// comment. A tenant may have 50 streams open. A stream ends within a minute once its key or session is no longer good.
#[utoipa::path(
    get, path = "/api/v1/events/stream", tag = "Events",
    params(
        Filter,
        ("Last-Event-ID" = Option<String>, Header, description = "The id of the last message of the stream before"),
    ),
    responses(
        (status = 200, description = "Messages without end", body = Event, content_type = "text/event-stream"),
        (status = "default", description = "Among others `too_many_streams`", body = ProblemBody),
    )
)]
pub(crate) async fn stream_events(
    State(api): State<Api>,
    caller: Caller,
    Query(query): Query<Filter>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let place = api.streams().enter(caller.tenant)?;
    let app = match given(query.app_slug.as_deref()) {
        Some(slug) => Some(app_id(&one_app(&api, &caller, slug).await?)?),
        None => None,
    };
    let last_id = headers.get("last-event-id").map(|value| value.to_str().unwrap_or_default());
    let feed = Feed::new(api, caller, app, last_id, place);
    let messages = futures::stream::unfold(feed, Feed::next);
    Ok((PASS_ON, Sse::new(messages).keep_alive(KeepAlive::new().interval(KEEP_ALIVE_EVERY))))
}
