//! Events as an export writes them.

use anyhook_domain::event::Head;
use anyhook_store::log::SealedRequest;
use bytes::Bytes;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    event::Event,
    redacted::Hidden,
    text::{Encoding, HeaderField, fields_without, text},
};

/// One line of an export: an event, and with `content=true` its request.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExportedEvent {
    #[serde(flatten)]
    pub(crate) event: Event,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(crate) content: Option<ExportedContent>,
}

/// A request as it came.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExportedContent {
    #[schema(examples("POST"))]
    method: String,
    /// What followed the app's part of the inbound URL.
    path: String,
    /// Without its question mark; a value that is a secret itself is `[redacted]`.
    query: Option<String>,
    /// Values that are secrets themselves are `[redacted]`.
    headers: Vec<HeaderField>,
    /// Null when the event's content was forgotten.
    body: Option<String>,
    body_encoding: Option<Encoding>,
}

impl ExportedContent {
    pub(crate) fn of(stored: SealedRequest, opened: Option<(Head, Bytes)>, hidden: &Hidden) -> Self {
        let start = Self { method: stored.method, path: stored.path_rest, ..Self::default() };
        let Some((head, body)) = opened else { return start };
        let (body, body_encoding) = text(body.into());
        Self {
            headers: fields_without(hidden, &head.headers),
            query: head.query.map(|query| hidden.redact_query(query)),
            body: Some(body),
            body_encoding: Some(body_encoding),
            ..start
        }
    }
}
