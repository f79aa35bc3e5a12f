//! Lemon Squeezy: HMAC of the body in hex.
//!
//! Source: docs.lemonsqueezy.com, "Signing requests".

use super::{Source, json, mock::Example, recognise::Mark, scheme::BodyMac};

pub(super) const SOURCE: Source = Source {
    slug: "lemonsqueezy",
    name: "Lemon Squeezy",
    secret_name: "Signing secret",
    secret_help: "the text that you enter as Signing secret of the webhook",
    setup: "Settings, Webhooks, Add: Callback URL is the inbound URL, and a Signing secret of your own.",
    scheme: &BodyMac { header: "x-signature", ..BodyMac::PLAIN },
    marks: &[Mark::Header("x-signature"), Mark::Header("x-event-name")],
    event_type: |request| json::text(request.body, "/meta/event_name"),
    example: Example::json(r#"{"meta":{"event_name":"order_created"},"data":{"type":"orders","id":"{id}"}}"#)
        .with(&[("x-event-name", "order_created")]),
    ..Source::BASE
};
