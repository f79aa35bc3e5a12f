//! LINE: HMAC of the body in base64, under the channel secret.
//!
//! Source: developers.line.biz, "Verify webhook signature".

use super::{
    Source, json,
    mock::Example,
    recognise::Mark,
    scheme::{BodyMac, Encoding},
};

pub(super) const SOURCE: Source = Source {
    slug: "line",
    name: "LINE",
    secret_name: "Channel secret",
    secret_help: "the channel secret: LINE Developers Console, your channel, Basic settings",
    setup: "LINE Developers Console, your channel, Messaging API, Webhook URL: the inbound URL; then Verify, and Use webhook.",
    scheme: &BodyMac { header: "x-line-signature", encoding: Encoding::Base64, ..BodyMac::PLAIN },
    marks: &[Mark::Header("x-line-signature")],
    event_type: |request| json::text(request.body, "/events/0/type"),
    provider_id: |request| json::text(request.body, "/events/0/webhookEventId"),
    example: Example::json(
        r#"{"destination":"U1","events":[{"type":"message","webhookEventId":"{id}","timestamp":{now_ms}}]}"#,
    ),
    ..Source::BASE
};
