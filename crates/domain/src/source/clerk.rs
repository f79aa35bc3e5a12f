//! Clerk: a Svix sender, under `svix-` names only.
//!
//! Source: clerk.com/docs, "Sync data with webhooks"; @clerk/backend.

use super::{
    Source,
    mock::Example,
    recognise::Mark,
    scheme::{Names, StandardWebhooks},
};

const SCHEME: StandardWebhooks = StandardWebhooks { names: Names::SVIX, is_lenient: false };

pub(super) const SOURCE: Source = Source {
    slug: "clerk",
    name: "Clerk",
    secret_help: "the signing secret, which begins with whsec_: Dashboard, Configure, Webhooks, your endpoint",
    setup: "Dashboard, Configure, Webhooks, Add Endpoint: Endpoint URL is the inbound URL.",
    scheme: &SCHEME,
    marks: &[Mark::Header("svix-id"), Mark::Header("svix-signature"), Mark::Member("/instance_id")],
    provider_id: |request| SCHEME.id(request),
    example: Example::json(
        r#"{"type":"user.created","object":"event","instance_id":"ins_{id}","timestamp":{now_ms},"data":{"id":"user_{id}","object":"user"}}"#,
    ),
    ..Source::BASE
};
