//! Square: HMAC of URL and body in base64.
//!
//! Source: developer.squareup.com, "Validate a webhook event"; the notification URL is signed as it was entered.

use super::{
    Source, json,
    mock::Example,
    recognise::Mark,
    scheme::{BodyMac, Encoding, Part},
};

pub(super) const SOURCE: Source = Source {
    slug: "square",
    name: "Square",
    secret_name: "Signature key",
    secret_help: "the signature key: Developer Console, your application, Webhooks, Subscriptions, your subscription",
    setup: "Developer Console, your application, Webhooks, Subscriptions: Notification URL is the inbound URL, letter by \
            letter: it is signed.",
    scheme: &BodyMac {
        header: "x-square-hmacsha256-signature",
        encoding: Encoding::Base64,
        signed: &[Part::Url, Part::Body],
        ..BodyMac::PLAIN
    },
    marks: &[Mark::Header("x-square-hmacsha256-signature")],
    provider_id: |request| json::text(request.body, "/event_id"),
    example: Example::json(
        r#"{"merchant_id":"6SSW7HV8K2ST5","type":"payment.updated","event_id":"{id}","created_at":"{date}","data":{"type":"payment"}}"#,
    ),
    ..Source::BASE
};
