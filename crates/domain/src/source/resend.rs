//! Resend: a Svix sender.
//!
//! Source: resend.com/docs, "Verify webhooks requests".

use super::{
    Source,
    mock::Example,
    recognise::Mark,
    scheme::{Names, StandardWebhooks},
};

const SCHEME: StandardWebhooks = StandardWebhooks { names: Names::SVIX_OR_WEBHOOK, is_lenient: false };

pub(super) const SOURCE: Source = Source {
    slug: "resend",
    name: "Resend",
    secret_help: "the signing secret, which begins with whsec_: Webhooks, your webhook",
    setup: "Webhooks, Add webhook: Endpoint URL is the inbound URL.",
    scheme: &SCHEME,
    marks: &[Mark::Header("svix-id"), Mark::Header("svix-signature"), Mark::Member("/data/email_id")],
    provider_id: |request| SCHEME.id(request),
    example: Example::json(
        r#"{"type":"email.delivered","created_at":"{date}","data":{"email_id":"{id}","to":["delivered@resend.dev"]}}"#,
    ),
    ..Source::BASE
};
