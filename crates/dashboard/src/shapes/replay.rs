//! Replays of many events.

use anyhook_store::log;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::event::Configured;
use crate::endpoints::Members;

/// A replay of all events that a filter takes, and how far it has come.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Replay {
    #[schema(examples("rpl_01h455vb4pex5vsknk084sn02q"))]
    pub(crate) id: String,
    /// `running`, `done` or `canceled`.
    #[schema(examples("running"))]
    pub(crate) state: String,
    /// How many events there were when it was asked for.
    #[schema(examples(1200))]
    pub(crate) total: u64,
    /// There may be more than `total`: not all could be looked at then. They are replayed all the same.
    #[schema(examples(false))]
    pub(crate) more: bool,
    /// Events that are on their way again.
    #[schema(examples(700))]
    pub(crate) replayed: u64,
    /// Events that cannot be sent: rejected, forgotten, over the plan's number, or of an app without a destination.
    #[schema(examples(3))]
    pub(crate) skipped: u64,
    /// At most so many events are replayed in a second.
    #[schema(examples(500))]
    pub(crate) rate_per_second: u32,
    /// Null where the events go to all destinations of their apps.
    pub(crate) destination_id: Option<String>,
    /// The URL that they go to, where it is no destination.
    #[serde(default)]
    pub(crate) url: Option<String>,
    /// What signs at `url`, where it was made just now: shown this once.
    #[serde(rename = "signing_secret", default, skip_serializing_if = "Option::is_none")]
    pub(crate) signing_secret: Option<String>,
    pub(crate) filter: Members,
    pub(crate) created_at: String,
    /// Null while it runs.
    pub(crate) finished_at: Option<String>,
}

impl Replay {
    pub(crate) fn of(replay: log::Replay, configured: &Configured) -> Self {
        let app_slug = replay.filter.app.and_then(|app| configured.slug(app));
        Self {
            id: replay.id.to_string(),
            state: replay.state.as_str().to_owned(),
            total: replay.count.n,
            more: !replay.count.is_whole,
            replayed: replay.n_replayed,
            skipped: replay.n_skipped,
            rate_per_second: replay.rate_per_second,
            destination_id: replay.destination.map(|destination| destination.to_string()),
            url: replay.url.clone(),
            signing_secret: None,
            filter: Members::of(&replay.filter, app_slug),
            created_at: replay.created_at.to_string(),
            finished_at: replay.finished_at.map(|at| at.to_string()),
        }
    }
}
