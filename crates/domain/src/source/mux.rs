//! Mux: `t=…,v1=…`, HMAC of `t.body` in hex.
//!
//! Source: mux.com/docs, "Verify webhook signatures"; @mux/mux-node: 300 seconds, and any future.

use super::{
    Source, json,
    mock::Example,
    recognise::Mark,
    scheme::{Age, StampedMac},
};

pub(super) const SOURCE: Source = Source {
    slug: "mux",
    name: "Mux",
    secret_name: "Signing secret",
    secret_help: "the signing secret: Dashboard, Settings, Webhooks, Show signing secret",
    setup: "Dashboard, Settings, Webhooks, Create new webhook: URL to notify is the inbound URL.",
    scheme: &StampedMac {
        header: "mux-signature",
        between: ',',
        stamp: "t",
        signature: "v1",
        joint: ".",
        age: Age::past_only(300),
    },
    marks: &[Mark::Header("mux-signature")],
    provider_id: |request| json::text(request.body, "/id"),
    example: Example::json(
        r#"{"type":"video.asset.ready","id":"{id}","created_at":"{date}","object":{"type":"asset","id":"{id}"},"data":{"status":"ready"}}"#,
    ),
    ..Source::BASE
};
