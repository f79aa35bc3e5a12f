//! GitLab: a signing token (Standard Webhooks) or, as of old, a secret token that comes along as it is.
//!
//! Source: docs.gitlab.com, "Webhooks"; merge requests 230944 and 231325. A secret that begins with `whsec_` is a signing
//! token, and then the plain one counts for nothing.

use super::{
    BadConfig, Config, Reason, Request, Resources, SecretAt, Source,
    mock::{Draft, Example},
    recognise::Mark,
    scheme::{Equal, Place, Scheme},
    standard_webhooks,
};
use crate::{Timestamp, secret::Secret};

pub(super) const SOURCE: Source = Source {
    slug: "gitlab",
    name: "GitLab",
    secret_name: "Signing token or secret token",
    secret_help: "the signing token, which begins with whsec_, or the text that you enter as Secret token of the webhook",
    setup: "Project or group, Settings, Webhooks, Add new webhook: URL is the inbound URL; generate a signing token, or \
            enter a Secret token of your own.",
    secret_headers: &["x-gitlab-token"],
    scheme: &Tokens,
    marks: &[Mark::Header("x-gitlab-event")],
    event_type: |request| request.headers.text("x-gitlab-event").map(str::to_owned),
    provider_id,
    example: Example::json(
        r#"{"object_kind":"push","event_name":"push","ref":"refs/heads/main","checkout_sha":"{id}"}"#,
    )
    .with(&[("x-gitlab-event", "Push Hook"), ("idempotency-key", "{id}")]),
    ..Source::BASE
};

const PLAIN: Equal = Equal(|_| Ok(Place::Header("x-gitlab-token".to_owned())));

fn provider_id(request: &Request<'_>) -> Option<String> {
    let of = |name| request.headers.text(name).map(str::to_owned);
    of("webhook-id").or_else(|| of("idempotency-key")).or_else(|| of("x-gitlab-event-uuid"))
}

fn is_signing(secret: &Secret) -> bool {
    secret.expose().starts_with("whsec_")
}

#[derive(Debug)]
struct Tokens;

impl Scheme for Tokens {
    fn check_config(&self, config: &Config) -> Result<(), BadConfig> {
        let signing = Config {
            secrets: config.secrets.iter().filter(|it| is_signing(it)).cloned().collect(),
            ..Config::default()
        };
        standard_webhooks::SCHEME.check_config(&signing)
    }

    fn verify(
        &self,
        request: &Request<'_>,
        config: &Config,
        resources: &Resources,
        now: Timestamp,
    ) -> Result<(), Reason> {
        if config.secrets.iter().any(is_signing) {
            standard_webhooks::SCHEME.verify(request, config, resources, now)
        } else {
            PLAIN.verify(request, config, resources, now)
        }
    }

    fn secret_at(&self, config: &Config) -> SecretAt {
        if config.secrets.iter().any(is_signing) { SecretAt::Nowhere } else { PLAIN.secret_at(config) }
    }

    fn sign(&self, draft: &mut Draft, secret: &Secret) -> Result<(), BadConfig> {
        if is_signing(secret) { standard_webhooks::SCHEME.sign(draft, secret) } else { PLAIN.sign(draft, secret) }
    }
}
