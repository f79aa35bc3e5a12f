//! Single fields of JSON bodies, read without building a tree of the rest.

use std::borrow::Cow;

use serde::Deserialize;

#[derive(Deserialize)]
struct Typed<'a> {
    #[serde(borrow, rename = "type")]
    event_type: Option<Cow<'a, str>>,
}

/// The text of the member `type` of a JSON object.
pub(super) fn event_type(body: &[u8]) -> Option<String> {
    let typed: Typed<'_> = serde_json::from_slice(body).ok()?;
    typed.event_type.map(Cow::into_owned)
}
