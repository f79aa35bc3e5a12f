//! Sentry: HMAC of the body in hex, under the integration's client secret.
//!
//! Source: docs.sentry.io, "Integration platform, Webhooks".

use super::{Request, Source, json, mock::Example, recognise::Mark, scheme::BodyMac};

pub(super) const SOURCE: Source = Source {
    slug: "sentry",
    name: "Sentry",
    secret_name: "Client secret",
    secret_help: "the integration's client secret: Settings, Developer settings, your integration",
    setup: "Settings, Developer settings, your integration: Webhook URL is the inbound URL.",
    scheme: &BodyMac { header: "sentry-hook-signature", ..BodyMac::PLAIN },
    marks: &[Mark::Header("sentry-hook-resource")],
    event_type,
    provider_id: |request| request.headers.text("request-id").map(str::to_owned),
    example: Example::json(r#"{"action":"created","installation":{"uuid":"{id}"},"data":{}}"#).with(&[
        ("sentry-hook-resource", "issue"),
        ("request-id", "{id}"),
        ("sentry-hook-timestamp", "{now}"),
    ]),
    ..Source::BASE
};

fn event_type(request: &Request<'_>) -> Option<String> {
    let resource = request.headers.text("sentry-hook-resource")?;
    Some(
        json::text(request.body, "/action")
            .map_or_else(|| resource.to_owned(), |action| format!("{resource}.{action}")),
    )
}
