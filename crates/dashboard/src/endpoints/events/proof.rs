//! An event's place in the chain of anchors.

use anyhook_domain::anchor::{self, Link};
use anyhook_store::log::{EventLeaf, Folded};
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{event_id, no_such_event, paging::given};
use crate::{
    api::Api,
    auth::Caller,
    extract::{PathPart, Query},
    problem::{Problem, ProblemBody},
};

/// Leaves that are answered at once, before the event's and behind it.
const MOST_LEAVES: u32 = 10_000;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Page {
    /// The `nextCursor` of the page before: its `leaves_after` go on there.
    #[param(example = "10001")]
    cursor: Option<String>,
}

/// What it takes to check one event. Every hash is SHA-256 of a text, in lower-case hexadecimal digits.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Proof {
    Sealed(Box<SealedProof>),
    Open(OpenProof),
}

/// Of an event whose day is sealed.
#[derive(Serialize, ToSchema)]
pub(crate) struct SealedProof {
    #[serde(flatten)]
    leaf: Leaf,
    #[serde(flatten)]
    place: Place,
}

/// Of one whose day is not.
#[derive(Serialize, ToSchema)]
pub(crate) struct OpenProof {
    #[serde(flatten)]
    leaf: Leaf,
    /// When it will be, at the earliest; null for an event that came into the log more than seven days after its day was
    /// sealed: no day holds that.
    #[schema(required, format = DateTime)]
    seals_at: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ProofLeaf)]
struct Leaf {
    #[schema(examples("evt_01h455vb4pex5vsknk084sn02q"))]
    id: String,
    app_id: String,
    /// When it was received.
    #[schema(format = DateTime)]
    created_at: String,
    /// SHA-256 of the body's bytes.
    body_hash: String,
    /// SHA-256 of `id|created_at|body_hash`.
    leaf: String,
    /// Whether the day that holds it is sealed.
    sealed: bool,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ProofPlace)]
struct Place {
    /// The day that holds it: its own, or the first one to be sealed after it came into the log.
    #[schema(examples("2026-11-21"))]
    day: String,
    /// Its number among the app's events of this day, from 1.
    number: u64,
    /// How many these are.
    event_count: u64,
    /// The app's root before this day; empty if it had none.
    prev_root: String,
    /// The leaves between `prev_root` and `root_before`; left out where there are more than 10,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    leaves_before: Option<Vec<String>>,
    /// The app's root just before this event. `root` follows from it: for the event's leaf, and then each of
    /// `leaves_after`, SHA-256 of `root|leaf`.
    root_before: String,
    /// The number behind which these leaves stand.
    after: u64,
    /// At most 10,000 at once.
    leaves_after: Vec<String>,
    /// There are more leaves.
    #[serde(rename = "nextCursor", skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
    /// The app's root after this day.
    root: String,
    /// The day's anchor, which follows from `prev_anchor` and the roots of all apps.
    anchor: String,
    prev_anchor: String,
    /// Where these are.
    #[schema(examples("/api/v1/anchors?day=2026-11-21"))]
    roots: String,
}

/// Prove an event
///
/// Everything that leads from the event to the anchor of its day; `anyhook anchors verify` checks it.
#[utoipa::path(
    get, path = "/api/v1/events/{id}/proof", tag = "Anchors",
    params(("id" = String, Path, description = "The event's id"), Page),
    responses(
        (status = 200, description = "The proof", body = Proof),
        (status = "default", description = "Among others `not_found`", body = ProblemBody),
    )
)]
pub(crate) async fn prove_event(
    State(api): State<Api>,
    caller: Caller,
    PathPart(id): PathPart<String>,
    Query(page): Query<Page>,
) -> Result<Json<Proof>, Problem> {
    let behind = given(page.cursor.as_deref()).map(str::parse).transpose();
    let behind =
        behind.map_err(|_| Problem::bad_field("cursor", "cursor must be the nextCursor of the page before."))?;
    let found = api.store().event_leaf(caller.tenant, event_id(&id)?, behind, MOST_LEAVES).await?;
    Ok(Json(Proof::of(found.ok_or_else(no_such_event)?, behind)))
}

impl Proof {
    fn of(it: EventLeaf, behind: Option<u64>) -> Self {
        let leaf = Leaf {
            id: it.id.to_string(),
            app_id: it.app_id.to_string(),
            created_at: it.received_at.to_string(),
            body_hash: it.body_hash.to_string(),
            leaf: it.leaf.to_string(),
            sealed: it.folded.is_some(),
        };
        match it.folded {
            Some(folded) => Self::Sealed(Box::new(SealedProof { leaf, place: Place::of(folded, behind) })),
            None => {
                let seals_at = it.waits_for.map(|day| anchor::sealed_from(day).to_string());
                Self::Open(OpenProof { leaf, seals_at })
            }
        }
    }
}

impl Place {
    fn of(it: Folded, behind: Option<u64>) -> Self {
        let after = behind.unwrap_or(it.number).max(it.number);
        let last = after.saturating_add(it.leaves_after.len() as u64);
        let roots = format!("/api/v1/anchors?day={}", it.day);
        Self {
            day: it.day.to_string(),
            number: it.number,
            event_count: it.n_events,
            prev_root: anchor::text(it.prev_root),
            leaves_before: it.leaves_before.map(texts),
            root_before: anchor::text(it.root_before),
            after,
            next_cursor: (!it.leaves_after.is_empty() && last < it.n_events).then(|| last.to_string()),
            leaves_after: texts(it.leaves_after),
            root: it.root.to_string(),
            anchor: it.anchor.to_string(),
            prev_anchor: anchor::text(it.prev_anchor),
            roots,
        }
    }
}

fn texts(links: Vec<Link>) -> Vec<String> {
    links.iter().map(Link::to_string).collect()
}
