//! Linear: HMAC of the body in hex; the body has the instant, in milliseconds.
//!
//! Source: linear.app/developers/webhooks and @linear/sdk: 60 seconds both ways, on the signed `webhookTimestamp`; the
//! header of that name is not signed.

use super::{
    BadConfig, Config, Reason, Request, Resources, Source, json,
    mock::{Draft, Example},
    recognise::Mark,
    scheme::{Age, BodyMac, Scheme, parse_digits},
};
use crate::{Timestamp, secret::Secret};

pub(super) const SOURCE: Source = Source {
    slug: "linear",
    name: "Linear",
    secret_help: "the signing secret, which begins with lin_wh_: Settings, API, Webhooks, your webhook",
    setup: "Settings, API, Webhooks, New webhook: URL is the inbound URL.",
    scheme: &Linear,
    marks: &[Mark::Header("linear-signature")],
    event_type,
    provider_id: |request| request.headers.text("linear-delivery").map(str::to_owned),
    example: Example::json(
        r#"{"action":"create","type":"Issue","createdAt":"{date}","data":{"id":"{id}","title":"Example"},"webhookTimestamp":{now_ms}}"#,
    )
    .with(&[("linear-delivery", "{id}"), ("linear-event", "Issue")]),
    ..Source::BASE
};

const AGE: Age = Age::both_ways(60);
const MAC: BodyMac = BodyMac { header: "linear-signature", ..BodyMac::PLAIN };

fn event_type(request: &Request<'_>) -> Option<String> {
    let of = |pointer| json::text(request.body, pointer);
    Some(format!("{}.{}", of("/type")?, of("/action")?))
}

#[derive(Debug)]
struct Linear;

impl Scheme for Linear {
    fn verify(
        &self,
        request: &Request<'_>,
        config: &Config,
        resources: &Resources,
        now: Timestamp,
    ) -> Result<(), Reason> {
        MAC.verify(request, config, resources, now)?;
        let text = json::text(request.body, "/webhookTimestamp").ok_or(Reason::FieldMissing("webhookTimestamp"))?;
        let at = parse_digits(&text).map(Timestamp::from_unix_ms);
        AGE.check(at.ok_or(Reason::FieldMalformed("webhookTimestamp"))?, config, now)
    }

    fn sign(&self, draft: &mut Draft, secret: &Secret) -> Result<(), BadConfig> {
        MAC.sign(draft, secret)
    }
}
