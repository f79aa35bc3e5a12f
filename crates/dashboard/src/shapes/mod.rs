//! The JSON that clients see. Field names are mixed, and stay so: existing clients call them by these names.

pub(crate) mod account;
pub(crate) mod added_headers;
pub(crate) mod api_key;
pub(crate) mod app;
pub(crate) mod destination;
pub(crate) mod event;
pub(crate) mod event_detail;
pub(crate) mod exported;
pub(crate) mod membership;
pub(crate) mod opened;
pub(crate) mod plan;
pub(crate) mod probe;
pub(crate) mod redacted;
pub(crate) mod replay;
pub(crate) mod secrets;
pub(crate) mod team;
pub(crate) mod text;

use serde::Serialize;
use utoipa::ToSchema;

/// It is done.
#[derive(Serialize, ToSchema)]
pub(crate) struct Done {
    /// Always `true`.
    ok: bool,
}

impl Done {
    pub(crate) const fn new() -> Self {
        Self { ok: true }
    }
}

/// RFC 3339, in UTC, with milliseconds.
pub(crate) fn instant(unix_ms: i64) -> String {
    anyhook_domain::Timestamp::from_unix_ms(unix_ms).to_string()
}
