//! Intercom: `X-Hub-Signature`, HMAC-SHA1 of the body in hex, under the client secret.
//!
//! Source: developers.intercom.com, "Setting up webhooks". SHA-1 is all that it sends.

use super::{
    Source, json,
    mock::Example,
    recognise::Mark,
    scheme::{Algorithm, BodyMac},
};

pub(super) const SOURCE: Source = Source {
    slug: "intercom",
    name: "Intercom",
    secret_name: "Client secret",
    secret_help: "the app's client secret: Developer Hub, your app, Basic information",
    setup: "Developer Hub, your app, Webhooks: Endpoint URL is the inbound URL.",
    scheme: &BodyMac { header: "x-hub-signature", algorithm: Algorithm::Sha1, prefix: "sha1=", ..BodyMac::PLAIN },
    marks: &[Mark::Header("x-hub-signature"), Mark::Member("/topic")],
    event_type: |request| json::text(request.body, "/topic"),
    provider_id: |request| json::text(request.body, "/id"),
    example: Example::json(
        r#"{"type":"notification_event","id":"notif_{id}","topic":"conversation.user.created","data":{"item":{}}}"#,
    ),
    ..Source::BASE
};
