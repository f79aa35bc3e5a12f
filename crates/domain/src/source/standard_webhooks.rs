//! Any sender that keeps to Standard Webhooks 1.0, with a shared secret (`v1`) or a public key (`v1a`).
//!
//! Source: the specification, <https://github.com/standard-webhooks/standard-webhooks>, and its libraries.

use super::{
    Request, Source,
    mock::Example,
    recognise::Mark,
    scheme::{Names, StandardWebhooks},
};

pub(super) const SCHEME: StandardWebhooks = StandardWebhooks { names: Names::WEBHOOK, is_lenient: false };

pub(super) const SOURCE: Source = Source {
    slug: "standard-webhooks",
    name: "Standard Webhooks",
    secret_help: "the signing secret, which begins with whsec_, or the public key, which begins with whpk_, from the \
                  sender's webhook settings",
    setup: "In the sender's webhook settings, add an endpoint with the inbound URL, and copy its signing secret.",
    scheme: &SCHEME,
    marks: &[Mark::Header("webhook-id"), Mark::Header("webhook-signature")],
    provider_id: id,
    example: Example::json(r#"{"type":"user.created","timestamp":"{date}","data":{"id":"user_{id}"}}"#),
    ..Source::BASE
};

/// The `webhook-id`: unique per message, and unchanged when it is sent again.
pub(super) fn id(request: &Request<'_>) -> Option<String> {
    SCHEME.id(request)
}
