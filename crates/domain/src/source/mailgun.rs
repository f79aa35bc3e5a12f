//! Mailgun: HMAC of an instant and a token, all three in the body. What the event says is not signed.
//!
//! Source: documentation.mailgun.com, "Securing webhooks". 406 ends its tries.

use super::{
    BadConfig, Config, Reason, Request, Resources, Source, json,
    mock::{Draft, Example},
    recognise::Mark,
    scheme::{Algorithm, Encoding, Parts, Scheme, any_secret, hmac, hmac_matches},
};
use crate::{Timestamp, secret::Secret};

pub(super) const SOURCE: Source = Source {
    slug: "mailgun",
    name: "Mailgun",
    secret_name: "HTTP webhook signing key",
    secret_help: "the HTTP webhook signing key: Settings, API security. It signs a token, not the event: keep the URL to yourself",
    setup: "Send, Sending, Webhooks, Add webhook: URL is the inbound URL. Routes that forward attachments are sent in parts, \
            whose signature is not read: choose the source token for them.",
    scheme: &Mailgun,
    marks: &[Mark::Member("/signature/token"), Mark::Member("/event-data")],
    event_type: |request| json::text(request.body, "/event-data/event"),
    provider_id: |request| json::text(request.body, "/event-data/id"),
    example: Example::json(
        r#"{"signature":{"timestamp":"{now}","token":"{id}","signature":"{signature}"},"event-data":{"event":"delivered","id":"{id}","recipient":"alice@example.com"}}"#,
    ),
    ..Source::BASE
};

struct Signed {
    timestamp: String,
    token: String,
    signature: String,
}

impl Signed {
    /// Webhooks are JSON, routes are forms.
    fn of(request: &Request<'_>) -> Result<Self, Reason> {
        let is_form = request.is_of_type("application/x-www-form-urlencoded");
        if !is_form && serde_json::from_slice::<serde::de::IgnoredAny>(request.body).is_err() {
            return Err(Reason::BodyMalformed("JSON"));
        }
        let of = |name: &'static str| {
            let value =
                if is_form { request.field(name) } else { json::text(request.body, &format!("/signature/{name}")) };
            value.ok_or(Reason::FieldMissing(name))
        };
        Ok(Self { timestamp: of("timestamp")?, token: of("token")?, signature: of("signature")? })
    }

    fn parts(&self) -> Parts<'_> {
        Parts::new(&[self.timestamp.as_bytes(), self.token.as_bytes()])
    }
}

#[derive(Debug)]
struct Mailgun;

impl Scheme for Mailgun {
    fn verify(&self, request: &Request<'_>, config: &Config, _: &Resources, _: Timestamp) -> Result<(), Reason> {
        let signed = Signed::of(request)?;
        let given = Encoding::Hex.decode(&signed.signature).ok_or(Reason::FieldMalformed("signature"))?;
        let matches = |key: &Secret| hmac_matches(Algorithm::Sha256, key.expose().as_bytes(), &signed.parts(), &given);
        if any_secret(config, matches) { Ok(()) } else { Err(Reason::OtherSecret) }
    }

    fn sign(&self, draft: &mut Draft, secret: &Secret) -> Result<(), BadConfig> {
        let signed = Signed::of(&draft.request()).map_err(|reason| BadConfig(reason.to_string()))?;
        let mac = hex::encode(hmac(Algorithm::Sha256, secret.expose().as_bytes(), &signed.parts()));
        draft.body = String::from_utf8_lossy(&draft.body).replace("{signature}", &mac).into_bytes();
        Ok(())
    }
}
