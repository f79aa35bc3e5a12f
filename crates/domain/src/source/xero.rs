//! Xero: HMAC of the body in base64, under the key's text. Answers have no body.
//!
//! Source: developer.xero.com, "Webhooks"; the key looks like base64 and is not decoded.

use super::{
    Config, Handshake, Reply, Request, Source, json,
    mock::Example,
    recognise::Mark,
    scheme::{BodyMac, Encoding},
};

pub(super) const SOURCE: Source = Source {
    slug: "xero",
    name: "Xero",
    secret_name: "Webhooks key",
    secret_help: "the webhooks key: developer.xero.com, your app, Webhooks",
    setup: "developer.xero.com, your app, Webhooks: Send notifications to is the inbound URL; then press Send intent to receive.",
    scheme: &BodyMac { header: "x-xero-signature", encoding: Encoding::Base64, ..BodyMac::PLAIN },
    marks: &[Mark::Header("x-xero-signature")],
    event_type,
    // It has no id; its body has random text.
    provider_id: |request| Some(json::body_id(request.body)),
    handshake,
    handshake_help: "the intent to receive is answered: 200 for a right signature, 401 for a wrong one, without bodies",
    accepted: |_| Some(Reply::empty(200)),
    refuses_silently: true,
    example: Example::json(
        r#"{"events":[{"resourceId":"{id}","eventCategory":"INVOICE","eventType":"UPDATE"}],"firstEventSequence":1,"lastEventSequence":1,"entropy":"{id}"}"#,
    ),
    ..Source::BASE
};

fn event_type(request: &Request<'_>) -> Option<String> {
    let of = |pointer| json::text(request.body, pointer);
    Some(format!("{}.{}", of("/events/0/eventCategory")?, of("/events/0/eventType")?))
}

/// The intent to receive: some right signatures and some wrong ones, over no events.
fn handshake(request: &Request<'_>, _: &Config) -> Option<Handshake> {
    let events = json::raw(request.body, "/events")?.get();
    let none: Vec<serde::de::IgnoredAny> = serde_json::from_str(events).ok()?;
    none.is_empty().then(|| Handshake::Signed(Reply::empty(200)))
}
