//! Replicate: a Standard Webhooks sender whose event type is the kind and status of the job in the body.
//!
//! Source: Replicate's documentation, "Verify webhooks", and its JavaScript, Python and Go clients.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Request, SecretUse, Source, standard_webhooks};

pub(super) const SOURCE: Source = Source {
    slug: "replicate",
    name: "Replicate",
    secret: SecretUse::Optional,
    secret_help: "the default webhook signing key: GET /v1/webhooks/default/secret of Replicate's API",
    check_config: standard_webhooks::check_config,
    verify: standard_webhooks::verify,
    event_type,
    provider_id: standard_webhooks::provider_id,
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
