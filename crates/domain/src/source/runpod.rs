//! RunPod: no signature; an unguessable last part of the URL takes its place.
//!
//! Source: docs.runpod.io, "Webhook notifications": 200, and two more tries ten seconds apart.

use super::{
    Source, json,
    mock::Example,
    recognise::Mark,
    scheme::{Equal, Place},
};

pub(super) const SOURCE: Source = Source {
    slug: "runpod",
    name: "RunPod",
    secret_name: "Last part of the URL",
    secret_help: "a text of your own of at least 16 letters and digits; it goes at the end of the URL",
    setup: "Give the inbound URL, a slash and the secret as webhook in the body of /run: RunPod does not sign.",
    scheme: &Equal(|_| Ok(Place::Path)),
    marks: &[Mark::Member("/delayTime"), Mark::Member("/executionTime")],
    event_type: |request| json::text(request.body, "/status"),
    provider_id: |request| json::text(request.body, "/id"),
    example: Example::json(
        r#"{"delayTime":1263,"executionTime":2342,"id":"{id}","output":{"result":"ok"},"status":"COMPLETED"}"#,
    ),
    ..Source::BASE
};
