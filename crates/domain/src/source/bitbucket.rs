//! Bitbucket Cloud: `X-Hub-Signature`, HMAC of the body in hex.
//!
//! Source: support.atlassian.com, "Manage webhooks" and "Event payloads".

use super::{Source, mock::Example, recognise::Mark, scheme::BodyMac};

pub(super) const SOURCE: Source = Source {
    slug: "bitbucket",
    name: "Bitbucket",
    secret_name: "Secret",
    secret_help: "the text that you enter as Secret of the webhook",
    setup: "Repository settings, Webhooks, Add webhook: URL is the inbound URL, and a Secret of your own.",
    scheme: &BodyMac { header: "x-hub-signature", prefix: "sha256=", ..BodyMac::PLAIN },
    marks: &[Mark::Header("x-event-key")],
    event_type: |request| request.headers.text("x-event-key").map(str::to_owned),
    provider_id: |request| request.headers.text("x-request-uuid").map(str::to_owned),
    example: Example::json(r#"{"push":{"changes":[]},"repository":{"name":"{id}"}}"#)
        .with(&[("x-event-key", "repo:push"), ("x-request-uuid", "{id}")]),
    ..Source::BASE
};
