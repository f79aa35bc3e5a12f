//! Twilio: HMAC-SHA1 of the URL and, sorted, the form's fields, in base64. A JSON body's SHA-256 is in the URL.
//!
//! Source: twilio.com/docs/usage/webhooks/webhooks-security; twilio-node and twilio-python 9: a field that comes several
//! times counts once for each of its values; the port may stand in the URL or not; HMAC-SHA256 where
//! `X-Twilio-Webhooks-Signature-Settings` says so.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use super::{
    BadConfig, Config, Reason, Reply, Request, Resources, Source,
    mock::{Draft, Example},
    recognise::Mark,
    scheme::{Algorithm, Encoding, Parts, Scheme, any_secret, hmac, hmac_matches, required, same},
};
use crate::{Timestamp, secret::Secret};

pub(super) const SOURCE: Source = Source {
    slug: "twilio",
    name: "Twilio",
    secret_name: "Auth token",
    secret_help: "the account's auth token: Console, Account, API keys & tokens; or the shared key's secret",
    setup: "Enter the inbound URL as a status callback or as the webhook of a number or service. It is signed, so it must be \
            entered letter by letter. What needs an answer in TwiML cannot go this way.",
    scheme: &Twilio,
    marks: &[Mark::Header(SIGNATURE)],
    takes_get: true,
    accepted: |_| {
        // No instructions: a number's or a service's webhook expects TwiML, status callbacks take anything.
        let headers = vec![("content-type", "text/xml".to_owned())];
        Some(Reply { headers, body: b"<Response/>".to_vec(), ..Reply::empty(200) })
    },
    event_type,
    provider_id,
    example: Example {
        method: "POST",
        headers: &[("i-twilio-idempotency-token", "{id}")],
        content_type: "application/x-www-form-urlencoded",
        body: "MessageSid=SM{id}&MessageStatus=delivered&To=%2B15558675310&From=%2B15017122661",
    },
    ..Source::BASE
};

const SIGNATURE: &str = "x-twilio-signature";
const SETTINGS: &str = "x-twilio-webhooks-signature-settings";

/// The kind and its status: `message.delivered`, `call.completed`.
fn event_type(request: &Request<'_>) -> Option<String> {
    let field = |name: &str| request.field(name).or_else(|| request.parameter(name));
    let of = |kind: &str, status| format!("{kind}.{status}");
    let message = || field("MessageStatus").or_else(|| field("SmsStatus")).map(|status| of("message", status));
    let call = || field("CallStatus").map(|status| of("call", status));
    message().or_else(call).or_else(|| field("EventType")).or_else(|| field("StatusCallbackEvent"))
}

/// Twilio's token for repeats, or what the callback is about together with its status.
fn provider_id(request: &Request<'_>) -> Option<String> {
    if let Some(token) = request.headers.text("i-twilio-idempotency-token") {
        return Some(token.to_owned());
    }
    let sid = request.field("MessageSid").or_else(|| request.field("CallSid"))?;
    Some(format!("{sid}:{}", event_type(request)?))
}

#[derive(Debug)]
struct Twilio;

/// Fields of a form; each takes more memory than its bytes.
const MOST_FIELDS: usize = 1_000;

/// Names and values, decoded.
type Fields<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

/// The URL as Twilio may have written it: with its scheme's port, or without.
fn spellings(url: &str) -> Vec<Cow<'_, str>> {
    let mut all = vec![Cow::Borrowed(url)];
    let Some((scheme, rest)) = url.split_once("://") else { return all };
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let port = if scheme == "http" { "80" } else { "443" };
    let has_port = authority.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    all.push(Cow::Owned(match has_port {
        Some((host, _)) => format!("{scheme}://{host}{path}"),
        None => format!("{scheme}://{authority}:{port}{path}"),
    }));
    all
}

/// The fields in the order in which they are signed, each value of a name once.
fn sorted_fields(body: &[u8]) -> Fields<'_> {
    let mut fields: Vec<_> = url::form_urlencoded::parse(body).collect();
    fields.sort();
    fields.dedup();
    fields
}

impl Twilio {
    fn algorithm(request: &Request<'_>) -> Algorithm {
        let settings = request.headers.text(SETTINGS).unwrap_or_default();
        let named = settings.split([',', ';']).filter_map(|item| item.trim().split_once('='));
        let is_newer = named.into_iter().any(|(name, value)| name == "algorithm" && value == "HMAC_SHA256");
        if is_newer { Algorithm::Sha256 } else { Algorithm::Sha1 }
    }

    /// What follows the URL in the signed content. A body that is in neither way covered is not signed at all.
    fn check_body<'a>(request: &Request<'a>) -> Result<Fields<'a>, Reason> {
        match request.parameter("bodySHA256") {
            Some(hash) if !request.is_of_type("application/x-www-form-urlencoded") => {
                let given = hex::decode(hash).map_err(|_| Reason::FieldMalformed("the URL's bodySHA256"))?;
                let is_it = same(&Sha256::digest(request.body), &given);
                if is_it { Ok(Vec::new()) } else { Err(Reason::OtherSecret) }
            }
            _ if request.body.iter().filter(|b| **b == b'&').count() >= MOST_FIELDS => {
                Err(Reason::BodyMalformed("a form that Twilio sends"))
            }
            _ => Ok(sorted_fields(request.body)),
        }
    }
}

fn matches(algorithm: Algorithm, key: &[u8], url: &str, fields: &Fields<'_>, given: &[u8]) -> bool {
    let content = content(url, fields);
    hmac_matches(algorithm, key, &Parts::new(&[&content]), given)
}

/// URL and fields in one piece: a form's fields are decoded anyway.
fn content(url: &str, fields: &Fields<'_>) -> Vec<u8> {
    let mut content = url.as_bytes().to_vec();
    for (name, value) in fields {
        content.extend_from_slice(name.as_bytes());
        content.extend_from_slice(value.as_bytes());
    }
    content
}

impl Scheme for Twilio {
    fn verify(&self, request: &Request<'_>, config: &Config, _: &Resources, _: Timestamp) -> Result<(), Reason> {
        let value = required(request.headers, SIGNATURE)?;
        let given = Encoding::Base64.decode(value).ok_or_else(|| Reason::HeaderMalformed(SIGNATURE.to_owned()))?;
        let fields = Self::check_body(request)?;
        let algorithm = Self::algorithm(request);
        let urls = spellings(request.url);
        let is_signed = any_secret(config, |secret| {
            let key = secret.expose().as_bytes();
            urls.iter().filter(|url| matches(algorithm, key, url, &fields, &given)).count() > 0
        });
        if is_signed { Ok(()) } else { Err(Reason::OtherSecretOrUrl(request.url.to_owned())) }
    }

    fn sign(&self, draft: &mut Draft, secret: &Secret) -> Result<(), BadConfig> {
        let mac = {
            let request = draft.request();
            let fields = Self::check_body(&request).map_err(|reason| BadConfig(reason.to_string()))?;
            let content = content(request.url, &fields);
            hmac(Self::algorithm(&request), secret.expose().as_bytes(), &Parts::new(&[&content]))
        };
        draft.set(SIGNATURE, Encoding::Base64.encode(&mac));
        Ok(())
    }
}
