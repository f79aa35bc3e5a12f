//! Typeform: HMAC of the body in base64.
//!
//! Source: typeform.com/developers, "Secure your webhooks".

use super::{
    Source, json,
    mock::Example,
    recognise::Mark,
    scheme::{BodyMac, Encoding},
};

pub(super) const SOURCE: Source = Source {
    slug: "typeform",
    name: "Typeform",
    secret_name: "Secret",
    secret_help: "the text that you enter as Secret of the webhook",
    setup: "Form, Connect, Webhooks, Add a webhook: the inbound URL; then Edit, and enter a Secret of your own.",
    scheme: &BodyMac { header: "typeform-signature", encoding: Encoding::Base64, prefix: "sha256=", ..BodyMac::PLAIN },
    marks: &[Mark::Header("typeform-signature")],
    event_type: |request| json::text(request.body, "/event_type"),
    provider_id: |request| json::text(request.body, "/event_id"),
    example: Example::json(
        r#"{"event_id":"{id}","event_type":"form_response","form_response":{"form_id":"lT4Z3j","answers":[]}}"#,
    ),
    ..Source::BASE
};
