//! Listing anchors.

use anyhook_domain::{AppId, Day, anchor};
use anyhook_store::log::{Anchor, AppRoot};
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::Api,
    extract::Query,
    problem::{Problem, ProblemBody},
};

const DEFAULT_LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 200;
/// Apps of one day that are answered at once.
const MOST_APPS: u32 = 10_000;

/// Read as text, so that the complaint about a wrong one is ours.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// This day only, with its apps.
    #[param(example = "2026-11-21")]
    day: Option<String>,
    /// How many days to answer at most; 50 by default.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<String>,
    /// The `nextCursor` of the page before.
    #[param(example = "2026-11-21")]
    cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AnchorList {
    /// Newest first.
    anchors: Vec<DayAnchor>,
    /// Older days follow, or, where one day was asked for, more of its apps.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("2026-11-21"))]
    next_cursor: Option<String>,
}

/// A sealed day. Its anchor is SHA-256 of `prev_anchor|day`, and then, for each of its apps in the order of their ids,
/// SHA-256 of `anchor|app_id|root`.
#[derive(Serialize, ToSchema)]
#[schema(as = Anchor)]
pub(crate) struct DayAnchor {
    /// In UTC.
    #[schema(examples("2026-11-21"))]
    day: String,
    anchor: String,
    /// The anchor of the day before; empty for the first day.
    prev_anchor: String,
    /// How many apps have events on this day.
    app_count: u64,
    event_count: u64,
    #[schema(format = DateTime)]
    sealed_at: String,
    /// Where one day was asked for, its apps in the order of their ids, at most 10,000 at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    apps: Option<Vec<DayRoot>>,
}

/// An app's part in a day.
#[derive(Serialize, ToSchema)]
#[schema(as = AnchorRoot)]
pub(crate) struct DayRoot {
    #[schema(examples("app_01h455vb4pex5vsknk084sn02q"))]
    app_id: String,
    /// The app's root of an earlier day, or an empty text, and then, for each event of this day in the order of
    /// `created_at` and id, SHA-256 of `root|leaf`.
    root: String,
}

/// List anchors
///
/// The chain over each day's events, newest day first: whoever noted an anchor can tell later whether events of that day,
/// or of a day before it, were changed, added or removed. A day is sealed at 00:10 UTC of the next one, once, also if it
/// has no events; `GET /api/v1/events/{id}/proof` leads from an event to its day. Needs no credential: what is answered
/// holds ids and hashes only.
#[utoipa::path(
    get, path = "/api/v1/anchors", tag = "Anchors", security(()),
    params(Wanted),
    responses(
        (status = 200, description = "A page of days, or one of them with its apps", body = AnchorList),
        (status = "default", description = "Among others `invalid_field`", body = ProblemBody),
    )
)]
pub(crate) async fn list_anchors(
    State(api): State<Api>,
    Query(wanted): Query<Wanted>,
) -> Result<Json<AnchorList>, Problem> {
    if let Some(text) = given(&wanted.day) {
        let day = text.parse().map_err(|_| Problem::bad_field("day", "day must be a day in UTC as YYYY-MM-DD."))?;
        return one_day(&api, day, cursor(&wanted.cursor)?).await.map(Json);
    }
    let (limit, before) = (limit(&wanted.limit)?, cursor(&wanted.cursor)?);
    let mut anchors = api.store().anchors(before, limit + 1).await?;
    let is_full = anchors.len() > limit as usize;
    anchors.truncate(limit as usize);
    let next_cursor = anchors.last().filter(|_| is_full).map(|last| last.day.to_string());
    Ok(Json(AnchorList { anchors: anchors.into_iter().map(|it| DayAnchor::of(it, None)).collect(), next_cursor }))
}

/// None for a day that is not sealed.
async fn one_day(api: &Api, day: Day, after: Option<AppId>) -> Result<AnchorList, Problem> {
    let Some(anchor) = api.store().anchor_of(day).await? else {
        return Ok(AnchorList { anchors: Vec::new(), next_cursor: None });
    };
    let roots = api.store().anchor_roots(day, after, MOST_APPS).await?;
    let is_full = roots.len() >= MOST_APPS as usize;
    let next_cursor = roots.last().filter(|_| is_full).map(|last| last.app_id.to_string());
    let apps = roots.into_iter().map(DayRoot::of).collect();
    Ok(AnchorList { anchors: vec![DayAnchor::of(anchor, Some(apps))], next_cursor })
}

impl DayAnchor {
    fn of(it: Anchor, apps: Option<Vec<DayRoot>>) -> Self {
        Self {
            day: it.day.to_string(),
            anchor: it.anchor.to_string(),
            prev_anchor: anchor::text(it.prev_anchor),
            app_count: it.n_apps,
            event_count: it.n_events,
            sealed_at: it.sealed_at.to_string(),
            apps,
        }
    }
}

impl DayRoot {
    fn of(it: AppRoot) -> Self {
        Self { app_id: it.app_id.to_string(), root: it.root.to_string() }
    }
}

fn limit(text: &Option<String>) -> Result<u32, Problem> {
    let Some(text) = given(text) else { return Ok(DEFAULT_LIMIT) };
    let number = text.parse().ok().filter(|number| (1..=MAX_LIMIT).contains(number));
    number.ok_or_else(|| Problem::bad_field("limit", format!("limit must be a number from 1 to {MAX_LIMIT}.")))
}

/// A day or an app, compared with and never looked up.
fn cursor<T: std::str::FromStr>(text: &Option<String>) -> Result<Option<T>, Problem> {
    let cursor = given(text).map(str::parse).transpose();
    cursor.map_err(|_| Problem::bad_field("cursor", "cursor must be the nextCursor of the page before."))
}

/// `?limit=` says as much as no limit.
fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_read_or_refused() {
        let text = |text: &str| Some(text.to_owned());
        assert_eq!([None, text(""), text("200")].map(|it| limit(&it).ok()), [Some(50), Some(50), Some(200)]);
        for wrong in ["0", "201", "ten"] {
            assert_eq!(limit(&text(wrong)).expect_err(wrong).seen().3, Some("limit"));
        }
        assert_eq!(cursor::<Day>(&text("2026-11-21")).unwrap().unwrap().to_string(), "2026-11-21");
        assert_eq!(cursor::<AppId>(&text("2026-11-21")).expect_err("a day").seen().3, Some("cursor"));
    }
}
