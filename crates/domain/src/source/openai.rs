//! OpenAI: Standard Webhooks; a secret without `whsec_` is the key itself.
//!
//! Source: platform.openai.com/docs/guides/webhooks, and its libraries.

use super::{
    Source,
    mock::Example,
    recognise::Mark,
    scheme::{Names, StandardWebhooks},
};

const SCHEME: StandardWebhooks = StandardWebhooks { names: Names::WEBHOOK, is_lenient: true };

pub(super) const SOURCE: Source = Source {
    slug: "openai",
    name: "OpenAI",
    secret_help: "the signing secret that is shown once when the webhook is made; it begins with whsec_",
    setup: "platform.openai.com, Settings, project, Webhooks, Create: URL is the inbound URL.",
    scheme: &SCHEME,
    marks: &[Mark::Header("webhook-id"), Mark::Header("webhook-signature"), Mark::Agent("OpenAI")],
    provider_id: |request| SCHEME.id(request),
    example: Example::json(
        r#"{"id":"evt_{id}","object":"event","created_at":{now},"type":"response.completed","data":{"id":"resp_{id}"}}"#,
    ),
    ..Source::BASE
};
