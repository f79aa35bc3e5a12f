//! GitHub: `X-Hub-Signature-256`, HMAC of the body in hex. The SHA-1 header of old is not looked at.
//!
//! Source: docs.github.com, "Validating webhook deliveries" and "Webhook events and payloads".

use super::{Request, Source, json, mock::Example, recognise::Mark, scheme::BodyMac};

pub(super) const SOURCE: Source = Source {
    slug: "github",
    name: "GitHub",
    secret_name: "Secret",
    secret_help: "the text that you enter as Secret of the webhook",
    setup: "Repository or organisation, Settings, Webhooks, Add webhook: Payload URL is the inbound URL, content type application/json, and a Secret of your own.",
    scheme: &BodyMac { header: "x-hub-signature-256", prefix: "sha256=", ..BodyMac::PLAIN },
    marks: &[Mark::Header("x-github-event")],
    event_type,
    provider_id: |request| request.headers.text("x-github-delivery").map(str::to_owned),
    example: Example::json(r#"{"action":"opened","number":1,"pull_request":{"id":1,"title":"{id}"}}"#).with(&[
        ("x-github-event", "pull_request"),
        ("x-github-delivery", "{id}"),
        ("user-agent", "GitHub-Hookshot/044aadd"),
    ]),
    ..Source::BASE
};

/// The event, and what was done, where the body says it: `pull_request.opened`.
fn event_type(request: &Request<'_>) -> Option<String> {
    let event = request.headers.text("x-github-event")?;
    let in_form = || json::text(request.field("payload")?.as_bytes(), "/action");
    let is_form = request.is_of_type("application/x-www-form-urlencoded");
    let action = if is_form { in_form() } else { json::text(request.body, "/action") };
    Some(action.map_or_else(|| event.to_owned(), |action| format!("{event}.{action}")))
}
