//! A header that is a list: the instant, and signatures under it. `t=1750000000,v1=…`.

use super::{
    Algorithm, Encoding, Parts, Scheme,
    age::{Age, parse_digits},
    any_secret, hmac,
};
use crate::{
    Timestamp,
    secret::Secret,
    source::{BadConfig, Config, Reason, Request, Resources, mock::Draft},
};

/// HMAC-SHA256 in hex of the instant, a joint and the body.
#[derive(Debug)]
pub(in super::super) struct StampedMac {
    /// Lower case.
    pub(in super::super) header: &'static str,
    /// Between the elements.
    pub(in super::super) between: char,
    /// The names of the elements.
    pub(in super::super) stamp: &'static str,
    pub(in super::super) signature: &'static str,
    /// Between instant and body.
    pub(in super::super) joint: &'static str,
    pub(in super::super) age: Age,
}

impl Scheme for StampedMac {
    fn verify(&self, request: &Request<'_>, config: &Config, _: &Resources, now: Timestamp) -> Result<(), Reason> {
        let malformed = || Reason::HeaderMalformed(self.header.to_owned());
        let mut stamps = Vec::new();
        let mut signatures = Vec::new();
        let mut is_there = false;
        for value in request.headers.all(self.header) {
            let text = std::str::from_utf8(value).map_err(|_| malformed())?;
            is_there |= !text.is_empty();
            for element in text.split(self.between) {
                match element.trim().split_once('=') {
                    Some((name, value)) if name == self.stamp => stamps.push(value),
                    Some((name, value)) if name == self.signature => signatures.extend(Encoding::Hex.decode(value)),
                    // Signatures of other versions, and whatever comes one day.
                    _ => {}
                }
            }
        }
        if !is_there {
            return Err(Reason::HeaderMissing(self.header.to_owned()));
        }
        stamps.dedup();
        let &[stamp] = stamps.as_slice() else { return Err(malformed()) };
        let seconds = parse_digits(stamp).ok_or_else(malformed)?;
        if signatures.is_empty() {
            return Err(Reason::UnknownVersion);
        }
        self.age.check_seconds(seconds, config, now)?;
        let parts = Parts::new(&[stamp.as_bytes(), self.joint.as_bytes(), request.body]);
        // One MAC for each secret, however many signatures a sender claims.
        let is_signed = any_secret(config, |secret| {
            let mac = hmac(Algorithm::Sha256, secret.expose().as_bytes(), &parts);
            signatures.iter().filter(|given| super::same(given, &mac)).count() > 0
        });
        if is_signed { Ok(()) } else { Err(Reason::OtherSecret) }
    }

    fn sign(&self, draft: &mut Draft, secret: &Secret) -> Result<(), BadConfig> {
        let stamp = draft.now.unix_seconds().to_string();
        let parts = Parts::new(&[stamp.as_bytes(), self.joint.as_bytes(), &draft.body]);
        let mac = hmac(Algorithm::Sha256, secret.expose().as_bytes(), &parts);
        let value = format!("{}={stamp}{}{}={}", self.stamp, self.between, self.signature, hex::encode(mac));
        draft.set(self.header, value);
        Ok(())
    }
}
