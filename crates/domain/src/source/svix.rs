//! Svix: Standard Webhooks under `svix-` names; its libraries take `webhook-` names too.
//!
//! Source: docs.svix.com, "Verifying payloads manually".

use super::{
    Source,
    mock::Example,
    recognise::Mark,
    scheme::{Names, StandardWebhooks},
};

const SCHEME: StandardWebhooks = StandardWebhooks { names: Names::SVIX_OR_WEBHOOK, is_lenient: false };

pub(super) const SOURCE: Source = Source {
    slug: "svix",
    name: "Svix",
    secret_help: "the signing secret, which begins with whsec_, of the endpoint",
    setup: "In the sender's webhook portal (Svix App Portal), Add endpoint: the inbound URL; then copy the signing secret.",
    scheme: &SCHEME,
    marks: &[Mark::Header("svix-id"), Mark::Header("svix-signature")],
    provider_id: |request| SCHEME.id(request),
    example: Example::json(r#"{"type":"invoice.paid","timestamp":"{date}","data":{"id":"{id}"}}"#),
    ..Source::BASE
};
