//! Paddle: `ts=…;h1=…`, HMAC of `ts:body` in hex.
//!
//! Source: developer.paddle.com, "Signature verification", and its libraries: 5 seconds; set `tolerance_seconds` where clocks differ.

use super::{
    Source, json,
    mock::Example,
    recognise::Mark,
    scheme::{Age, StampedMac},
};

pub(super) const SOURCE: Source = Source {
    slug: "paddle",
    name: "Paddle",
    secret_name: "Secret key",
    secret_help: "the secret key, which begins with pdl_ntfset_: Developer tools, Notifications, your destination",
    setup: "Developer tools, Notifications, New destination: URL is the inbound URL.",
    scheme: &StampedMac {
        header: "paddle-signature",
        between: ';',
        stamp: "ts",
        signature: "h1",
        joint: ":",
        age: Age::both_ways(5),
    },
    marks: &[Mark::Header("paddle-signature")],
    event_type: |request| json::text(request.body, "/event_type"),
    provider_id: |request| json::text(request.body, "/event_id"),
    example: Example::json(
        r#"{"event_id":"evt_{id}","event_type":"transaction.completed","occurred_at":"{date}","notification_id":"ntf_{id}","data":{}}"#,
    ),
    ..Source::BASE
};
