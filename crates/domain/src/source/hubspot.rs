//! HubSpot: v3 (HMAC of method, URL, body and instant in base64), and the plain SHA-256 of v1 and v2.
//!
//! Source: developers.hubspot.com, "Validating requests"; @hubspot/api-client. v1 and v2 know no replays. v3 decodes some
//! escapes of the URL before it signs; the URL as it is is accepted, too.

use super::{
    BadConfig, Config, Reason, Request, Resources, Source, json,
    mock::{Draft, Example},
    recognise::Mark,
    scheme::{
        Age, Algorithm, BodyMac, Encoding, Part, Parts, Scheme, Stamp, StampForm, any_secret, digest_matches,
        hmac_matches, required,
    },
};
use crate::{Timestamp, secret::Secret};

pub(super) const SOURCE: Source = Source {
    slug: "hubspot",
    name: "HubSpot",
    secret_name: "Client secret",
    secret_help: "the app's client secret: your app, Auth",
    setup: "Your app, Webhooks: Target URL is the inbound URL.",
    scheme: &Versions,
    marks: &[Mark::Header("x-hubspot-signature-version")],
    takes_get: true,
    event_type: |request| json::text(request.body, "/0/subscriptionType"),
    provider_id,
    example: Example::json(
        r#"[{"eventId":{now},"subscriptionId":12345,"portalId":62515,"occurredAt":{now_ms},"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123}]"#,
    )
    .with(&[("x-hubspot-signature-version", "v3")]),
    ..Source::BASE
};

const V3: &str = "x-hubspot-signature-v3";
const STAMP: &str = "x-hubspot-request-timestamp";
const SIGNATURE: &str = "x-hubspot-signature";
const VERSION: &str = "x-hubspot-signature-version";

const MAC: BodyMac = BodyMac {
    header: V3,
    encoding: Encoding::Base64,
    signed: &[Part::Method, Part::Url, Part::Body, Part::Header(STAMP)],
    stamp: Some(Stamp { header: STAMP, form: StampForm::Milliseconds, age: Some(Age::past_only(300)) }),
    ..BodyMac::PLAIN
};

/// The id of the only event; a batch is the same as long as its bytes are.
fn provider_id(request: &Request<'_>) -> Option<String> {
    let only = json::raw(request.body, "/1").is_none();
    if only { json::text(request.body, "/0/eventId") } else { Some(json::body_id(request.body)) }
}

#[derive(Debug)]
struct Versions;

impl Versions {
    fn older(request: &Request<'_>, config: &Config) -> Result<(), Reason> {
        let given = required(request.headers, SIGNATURE)?;
        let (method, url) = (request.method.as_bytes(), request.url.as_bytes());
        let matches = |secret: &Secret| {
            let key = secret.expose().as_bytes();
            match request.headers.text(VERSION) {
                Some("v2") => digest_matches(&[key, method, url, request.body], given),
                _ => digest_matches(&[key, request.body], given),
            }
        };
        if any_secret(config, matches) { Ok(()) } else { Err(Reason::OtherSecretOrUrl(request.url.to_owned())) }
    }

    fn over_decoded(request: &Request<'_>, config: &Config) -> bool {
        let (Some(url), Some(given), Some(stamp)) =
            (decoded(request.url), request.headers.text(V3), request.headers.text(STAMP))
        else {
            return false;
        };
        let Some(given) = Encoding::Base64.decode(given) else { return false };
        let parts = Parts::new(&[request.method.as_bytes(), url.as_bytes(), request.body, stamp.as_bytes()]);
        any_secret(config, |secret| hmac_matches(Algorithm::Sha256, secret.expose().as_bytes(), &parts, &given))
    }
}

/// The escapes that HubSpot takes out of a URL; `None` when it has none of them.
fn decoded(url: &str) -> Option<String> {
    const ESCAPES: &[(&str, &str)] = &[
        ("%3A", ":"),
        ("%2F", "/"),
        ("%3F", "?"),
        ("%40", "@"),
        ("%21", "!"),
        ("%24", "$"),
        ("%27", "'"),
        ("%28", "("),
        ("%29", ")"),
        ("%2A", "*"),
        ("%2C", ","),
        ("%3B", ";"),
    ];
    let mut plain = url.to_owned();
    for (escape, character) in ESCAPES {
        plain = plain.replace(escape, character).replace(&escape.to_ascii_lowercase(), character);
    }
    (plain != url).then_some(plain)
}

impl Scheme for Versions {
    fn verify(
        &self,
        request: &Request<'_>,
        config: &Config,
        resources: &Resources,
        now: Timestamp,
    ) -> Result<(), Reason> {
        if request.headers.all(V3).next().is_none() && request.headers.all(SIGNATURE).next().is_some() {
            return Self::older(request, config);
        }
        match MAC.verify(request, config, resources, now) {
            Err(Reason::OtherSecretOrUrl(_)) if Self::over_decoded(request, config) => Ok(()),
            verified => verified,
        }
    }

    fn sign(&self, draft: &mut Draft, secret: &Secret) -> Result<(), BadConfig> {
        MAC.sign(draft, secret)
    }
}
