//! Standard Webhooks 1.0: `webhook-id`, `webhook-timestamp`, `webhook-signature`.
//!
//! The signed content is `id.timestamp.body`, the key the base64-decoded part after `whsec_`, the signature header a
//! list of `version,signature` separated by spaces, of which any `v1` may match.

use std::time::Duration;

use ::hmac::{Hmac, KeyInit, Mac};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::{BadConfig, Config, Reason, Request, SecretUse, Source, body, check_age, required};
use crate::{Timestamp, sign::standard_key};

pub(super) const SOURCE: Source = Source {
    slug: "standard-webhooks",
    name: "Standard Webhooks",
    secret: SecretUse::Optional,
    secret_help: "the signing secret, which begins with whsec_, from the sender's webhook settings",
    check_config,
    verify,
    event_type: |request| body::event_type(request.body),
    provider_id,
};

const TOLERANCE: Duration = Duration::from_secs(300);
const ID: &str = "webhook-id";
const TIMESTAMP: &str = "webhook-timestamp";
const SIGNATURE: &str = "webhook-signature";

pub(super) fn check_config(config: &Config) -> Result<(), BadConfig> {
    let usable = config.secrets.iter().all(|secret| standard_key(secret.expose()).is_some());
    usable.then_some(()).ok_or_else(|| {
        BadConfig("secret must be whsec_ followed by base64, exactly as the provider shows it".to_owned())
    })
}

pub(super) fn verify(request: &Request<'_>, config: &Config, now: Timestamp) -> Result<(), Reason> {
    let id = required(request.headers, ID)?;
    let timestamp = required(request.headers, TIMESTAMP)?;
    let candidates = signatures(request)?;
    check_age(parse_seconds(timestamp)?, now, TOLERANCE)?;
    let signed = [id.as_bytes(), b".", timestamp.as_bytes(), b".", request.body];
    // One MAC for each secret, however many signatures a sender claims; each is held against all of them, so that the
    // time this takes says nothing about which one matched.
    let macs = config.secrets.iter().filter_map(|secret| standard_key(secret.expose())).map(|key| mac(&key, &signed));
    let n_matches: usize = macs.map(|mac| candidates.iter().filter(|it| bool::from(it[..].ct_eq(&mac))).count()).sum();
    if n_matches > 0 { Ok(()) } else { Err(Reason::OtherSecret) }
}

/// All `v1` signatures of all signature headers; other versions are skipped, as the specification demands.
fn signatures(request: &Request<'_>) -> Result<Vec<[u8; 32]>, Reason> {
    let values: Vec<_> = request.headers.all(SIGNATURE).collect();
    if values.is_empty() {
        return Err(Reason::HeaderMissing(SIGNATURE.to_owned()));
    }
    let texts = values.iter().filter_map(|value| std::str::from_utf8(value).ok());
    let v1 = texts.flat_map(|text| text.split(' ')).filter_map(|item| item.trim().strip_prefix("v1,"));
    Ok(v1.filter_map(|encoded| STANDARD.decode(encoded).ok()?.try_into().ok()).collect())
}

/// Plain decimal digits only: a sign, a fraction or a space is nothing that a sender makes.
fn parse_seconds(text: &str) -> Result<Timestamp, Reason> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let seconds = digits.then(|| text.parse().ok()).flatten();
    seconds.map(Timestamp::from_unix_seconds).ok_or_else(|| Reason::HeaderMalformed(TIMESTAMP.to_owned()))
}

fn mac(key: &[u8], signed: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    signed.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

pub(super) fn provider_id(request: &Request<'_>, _: &Config) -> Option<String> {
    request.headers.text(ID).map(str::to_owned)
}
