//! Vercel: HMAC-SHA1 of the body in hex.
//!
//! Source: vercel.com/docs/webhooks, "Securing webhooks".

use super::{
    Source, json,
    mock::Example,
    recognise::Mark,
    scheme::{Algorithm, BodyMac},
};

pub(super) const SOURCE: Source = Source {
    slug: "vercel",
    name: "Vercel",
    secret_name: "Secret",
    secret_help: "the secret that is shown once when the webhook is made",
    setup: "Team settings, Webhooks, Create webhook: Endpoint is the inbound URL.",
    scheme: &BodyMac { header: "x-vercel-signature", algorithm: Algorithm::Sha1, ..BodyMac::PLAIN },
    marks: &[Mark::Header("x-vercel-signature")],
    provider_id: |request| json::text(request.body, "/id"),
    example: Example::json(r#"{"id":"{id}","type":"deployment.created","createdAt":{now_ms},"payload":{}}"#),
    ..Source::BASE
};
