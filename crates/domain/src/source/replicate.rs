//! Replicate: a Standard Webhooks sender whose event type is the kind and status of the job in the body.
//!
//! Source: Replicate's documentation, "Verify webhooks", and its JavaScript, Python and Go clients.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Request, Source, mock::Example, recognise::Mark, standard_webhooks};

pub(super) const SOURCE: Source = Source {
    slug: "replicate",
    name: "Replicate",
    secret_name: "Webhook signing key",
    secret_help: "the default webhook signing key, which begins with whsec_: replicate.com, Account settings, Webhook; or \
                  GET /v1/webhooks/default/secret of Replicate's API",
    setup: "Give the inbound URL as `webhook` when you create a prediction or a training, with \
            `webhook_events_filter: [\"completed\"]`.",
    scheme: &standard_webhooks::SCHEME,
    marks: &[
        Mark::Header("webhook-id"),
        Mark::Header("webhook-signature"),
        Mark::Member("/urls/get"),
        Mark::Member("/status"),
    ],
    event_type,
    provider_id: standard_webhooks::id,
    example: Example::json(
        r#"{"id":"{id}","model":"black-forest-labs/flux-schnell","version":"c846a69991daf4c0e5d016514849d14ee5b2e6846ce6b9d6f21369e564cfe51e","input":{"prompt":"a red panda in a library"},"logs":"","output":["https://replicate.delivery/example/out-0.webp"],"error":null,"status":"succeeded","created_at":"{date}","urls":{"get":"https://api.replicate.com/v1/predictions/{id}","cancel":"https://api.replicate.com/v1/predictions/{id}/cancel"}}"#,
    ),
    ..Source::BASE
};

const STATUSES: &[&str] = &["starting", "processing", "succeeded", "failed", "canceled", "aborted"];

#[derive(Deserialize)]
struct Job<'a> {
    #[serde(borrow)]
    status: Cow<'a, str>,
    #[serde(borrow, default)]
    urls: Option<Urls<'a>>,
    /// As it stands in the body: it may be as large as the body.
    #[serde(borrow, default)]
    output: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Urls<'a> {
    #[serde(borrow, default)]
    get: Option<Cow<'a, str>>,
}

/// A training's output names the weights that it made; a prediction's is whatever its model gives.
#[derive(Deserialize)]
struct TrainingOutput<'a> {
    #[serde(borrow)]
    #[expect(dead_code, reason = "its presence is what matters")]
    weights: Cow<'a, str>,
}

fn event_type(request: &Request<'_>) -> Option<String> {
    let job: Job<'_> = serde_json::from_slice(request.body).ok()?;
    let by_url = job.urls.and_then(|urls| urls.get).is_some_and(|url| url.contains("/trainings/"));
    // Only an object: serde takes a list for a struct's members in order.
    let has_weights = |output: &RawValue| {
        output.get().starts_with('{') && serde_json::from_str::<TrainingOutput<'_>>(output.get()).is_ok()
    };
    let kind = if by_url || job.output.is_some_and(has_weights) { "training" } else { "prediction" };
    STATUSES.contains(&&*job.status).then(|| format!("{kind}.{}", job.status))
}
