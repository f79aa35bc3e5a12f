//! Zoom: `v0=` and the HMAC of `v0:timestamp:body` in hex; the URL is verified by a CRC, again every 72 hours.
//!
//! Source: developers.zoom.us, "Using webhooks"; github.com/zoom/webhook-sample.

use super::{
    Config, Handshake, Reply, Request, Resources, Source, json,
    mock::Example,
    recognise::Mark,
    scheme::{Algorithm, BodyMac, Part, Parts, Scheme, Stamp, StampForm, hmac},
};
use crate::{Timestamp, secret::Secret};

pub(super) const SOURCE: Source = Source {
    slug: "zoom",
    name: "Zoom",
    secret_name: "Secret token",
    secret_help: "the secret token: marketplace.zoom.us, Manage, your app, Feature, Event subscriptions",
    setup: "marketplace.zoom.us, Manage, your app, Feature, Event subscriptions: Event notification endpoint URL is the \
            inbound URL; set the app's secret first, then press Validate.",
    scheme: &MAC,
    marks: &[Mark::Header("x-zm-signature")],
    handshake,
    handshake_help: "endpoint.url_validation is answered with the HMAC of its token, once its signature is verified; every 72 hours",
    event_type: |request| json::text(request.body, "/event"),
    // It has no id; its body has the instant of the event.
    provider_id: |request| Some(json::body_id(request.body)),
    example: Example::json(
        r#"{"event":"meeting.started","event_ts":{now_ms},"payload":{"account_id":"AAAAAABBBB","object":{"id":"{id}","topic":"Example"}}}"#,
    ),
    ..Source::BASE
};

const MAC: BodyMac = BodyMac {
    header: "x-zm-signature",
    prefix: "v0=",
    signed: &[Part::Text("v0:"), Part::Header("x-zm-request-timestamp"), Part::Text(":"), Part::Body],
    stamp: Some(Stamp { header: "x-zm-request-timestamp", form: StampForm::Seconds, age: None }),
    ..BodyMac::PLAIN
};

const LONGEST_TOKEN_BYTES: usize = 256;

/// The CRC: the token's HMAC under the secret. Answered only when signed, so that nobody else has texts signed; and never
/// for what looks like the content that is signed of an event, which has colons.
fn handshake(request: &Request<'_>, config: &Config) -> Option<Handshake> {
    if json::text(request.body, "/event")? != "endpoint.url_validation" {
        return None;
    }
    let token = json::text(request.body, "/payload/plainToken").unwrap_or_default();
    if token.is_empty() || token.len() > LONGEST_TOKEN_BYTES || token.contains(':') {
        return Some(Handshake::Refuse("this is not a plainToken as Zoom makes them".to_owned()));
    }
    let Some(secret) = signing(request, config).or(config.secrets.first()) else {
        return Some(Handshake::Refuse(
            "set the app's secret to Zoom's secret token: the validation is answered with it".to_owned(),
        ));
    };
    let mac = hmac(Algorithm::Sha256, secret.expose().as_bytes(), &Parts::new(&[token.as_bytes()]));
    let answer = serde_json::json!({ "plainToken": token, "encryptedToken": hex::encode(mac) });
    Some(Handshake::Signed(Reply::json(&answer)))
}

/// Of several secrets the one that Zoom signs with now.
fn signing<'a>(request: &Request<'_>, config: &'a Config) -> Option<&'a Secret> {
    let signs = |secret: &&Secret| {
        let alone = Config { secrets: vec![Secret::clone(secret)], ..Config::default() };
        MAC.verify(request, &alone, &Resources::default(), Timestamp::from_unix_ms(0)).is_ok()
    };
    config.secrets.iter().find(signs)
}
