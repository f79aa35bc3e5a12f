//! HMACs (RFC 2104) in a header, over parts of the request.

use ::hmac::{Hmac, KeyInit, Mac};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

use super::{Scheme, age::Age, any_secret, parse_digits, required};
use crate::{
    Timestamp,
    secret::Secret,
    source::{BadConfig, Config, Reason, Request, Resources, mock::Draft},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Algorithm {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Encoding {
    /// Lower case.
    Hex,
    /// Padded, of the standard alphabet (RFC 4648 section 4).
    Base64,
    /// Either case.
    AnyHex,
    /// Of either alphabet, padded or not.
    AnyBase64,
}

impl Encoding {
    pub(in super::super) fn decode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            // Upper case is what no provider sends, and what their libraries refuse.
            Self::Hex => hex::decode(text).ok().filter(|_| !text.bytes().any(|b| b.is_ascii_uppercase())),
            Self::Base64 => STANDARD.decode(text).ok(),
            Self::AnyHex => hex::decode(text).ok(),
            Self::AnyBase64 => {
                [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD].iter().find_map(|code| code.decode(text).ok())
            }
        }
    }

    pub(in super::super) fn encode(self, bytes: &[u8]) -> String {
        match self {
            Self::Hex | Self::AnyHex => hex::encode(bytes),
            Self::Base64 | Self::AnyBase64 => STANDARD.encode(bytes),
        }
    }
}

/// A piece of what is signed.
#[derive(Clone, Copy, Debug)]
pub(in super::super) enum Part {
    Text(&'static str),
    Header(&'static str),
    Method,
    /// The public URL, as the provider called it.
    Url,
    Body,
}

/// Up to six pieces, without an allocation.
pub(in super::super) struct Parts<'a> {
    pieces: [&'a [u8]; 6],
    n: usize,
}

impl<'a> Parts<'a> {
    pub(in super::super) fn new(pieces: &[&'a [u8]]) -> Self {
        let mut all: [&[u8]; 6] = [b""; 6];
        all[..pieces.len()].copy_from_slice(pieces);
        Self { pieces: all, n: pieces.len() }
    }

    pub(in super::super) fn iter(&self) -> impl Iterator<Item = &'a [u8]> + '_ {
        self.pieces[..self.n].iter().copied()
    }

    fn of(parts: &'static [Part], request: &Request<'a>) -> Result<Self, Reason> {
        let mut all: [&[u8]; 6] = [b""; 6];
        for (at, part) in parts.iter().enumerate() {
            all[at] = match part {
                Part::Text(text) => text.as_bytes(),
                Part::Header(name) => required(request.headers, name)?.as_bytes(),
                Part::Method => request.method.as_bytes(),
                Part::Url => request.url.as_bytes(),
                Part::Body => request.body,
            };
        }
        Ok(Self { pieces: all, n: parts.len() })
    }
}

/// How the key is made of the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum KeyForm {
    /// Its bytes as they are.
    Text,
    /// What its hex digits say.
    Hex,
}

impl KeyForm {
    pub(in super::super) fn key(self, secret: &Secret) -> Option<Vec<u8>> {
        match self {
            Self::Text => Some(secret.expose().as_bytes().to_vec()),
            Self::Hex => hex::decode(secret.expose()).ok().filter(|key| !key.is_empty()),
        }
    }
}

/// One HMAC in one header.
#[derive(Debug)]
pub(in super::super) struct BodyMac {
    /// Lower case.
    pub(in super::super) header: &'static str,
    pub(in super::super) algorithm: Algorithm,
    pub(in super::super) encoding: Encoding,
    /// What stands before the signature in the header.
    pub(in super::super) prefix: &'static str,
    pub(in super::super) signed: &'static [Part],
    pub(in super::super) key: KeyForm,
    /// The header with the signed instant, its unit, and how old it may be.
    pub(in super::super) stamp: Option<Stamp>,
}

/// A header that carries the signed instant.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Stamp {
    pub(in super::super) header: &'static str,
    pub(in super::super) form: StampForm,
    /// `None`: it is signed, and of any age.
    pub(in super::super) age: Option<Age>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum StampForm {
    Seconds,
    Milliseconds,
    /// RFC 3339.
    Date,
}

impl Stamp {
    fn check(&self, request: &Request<'_>, config: &Config, now: Timestamp) -> Result<(), Reason> {
        let text = required(request.headers, self.header)?;
        let Some(age) = self.age else { return Ok(()) };
        let malformed = || Reason::HeaderMalformed(self.header.to_owned());
        let at = match self.form {
            StampForm::Seconds => {
                return age.check_seconds(parse_digits(text).ok_or_else(malformed)?, config, now);
            }
            StampForm::Milliseconds => parse_digits(text).map(Timestamp::from_unix_ms),
            StampForm::Date => {
                text.parse::<jiff::Timestamp>().ok().map(|at| Timestamp::from_unix_ms(at.as_millisecond()))
            }
        };
        age.check(at.ok_or_else(malformed)?, config, now)
    }

    fn now(&self, now: Timestamp) -> String {
        match self.form {
            StampForm::Seconds => now.unix_seconds().to_string(),
            StampForm::Milliseconds => now.unix_ms().to_string(),
            StampForm::Date => now.to_string(),
        }
    }
}

impl BodyMac {
    /// SHA-256 of the body in hex, under the secret's text.
    pub(in super::super) const PLAIN: Self = Self {
        header: "",
        algorithm: Algorithm::Sha256,
        encoding: Encoding::Hex,
        prefix: "",
        signed: &[Part::Body],
        key: KeyForm::Text,
        stamp: None,
    };

    fn mentions_url(&self) -> bool {
        self.signed.iter().any(|part| matches!(part, Part::Url))
    }
}

impl Scheme for BodyMac {
    fn check_config(&self, config: &Config) -> Result<(), BadConfig> {
        let usable = config.secrets.iter().all(|secret| self.key.key(secret).is_some());
        usable.then_some(()).ok_or_else(|| BadConfig("secret must be hex digits, as the provider shows it".to_owned()))
    }

    fn verify(&self, request: &Request<'_>, config: &Config, _: &Resources, now: Timestamp) -> Result<(), Reason> {
        let value = required(request.headers, self.header)?;
        let parts = Parts::of(self.signed, request)?;
        if let Some(stamp) = &self.stamp {
            stamp.check(request, config, now)?;
        }
        let given = value.strip_prefix(self.prefix).and_then(|text| self.encoding.decode(text));
        let given = given.ok_or_else(|| Reason::HeaderMalformed(self.header.to_owned()))?;
        let matches = |secret: &Secret| {
            self.key.key(secret).is_some_and(|key| hmac_matches(self.algorithm, &key, &parts, &given))
        };
        if any_secret(config, matches) {
            Ok(())
        } else if self.mentions_url() {
            Err(Reason::OtherSecretOrUrl(request.url.to_owned()))
        } else {
            Err(Reason::OtherSecret)
        }
    }

    fn invent(&self, entropy: &[u8; 32]) -> super::Invented {
        match self.key {
            KeyForm::Text => super::Invented::symmetric(format!("test_{}", hex::encode(&entropy[..16]))),
            KeyForm::Hex => super::Invented::symmetric(hex::encode_upper(entropy)),
        }
    }

    fn sign(&self, draft: &mut Draft, secret: &Secret) -> Result<(), BadConfig> {
        self.check_config(&Config { secrets: vec![secret.clone()], options: serde_json::Map::default() })?;
        if let Some(stamp) = &self.stamp {
            draft.set(stamp.header, stamp.now(draft.now));
        }
        let key = self.key.key(secret).unwrap_or_default();
        let mac = {
            let request = draft.request();
            let parts = Parts::of(self.signed, &request).map_err(|reason| BadConfig(reason.to_string()))?;
            hmac(self.algorithm, &key, &parts)
        };
        draft.set(self.header, format!("{}{}", self.prefix, self.encoding.encode(&mac)));
        Ok(())
    }
}

/// The scheme whose header is there: a provider that changed its headers' names.
#[derive(Debug)]
pub(in super::super) struct FirstPresent(pub(in super::super) &'static [BodyMac]);

impl Scheme for FirstPresent {
    fn verify(
        &self,
        request: &Request<'_>,
        config: &Config,
        resources: &Resources,
        now: Timestamp,
    ) -> Result<(), Reason> {
        let is_there = |it: &&BodyMac| request.headers.all(it.header).next().is_some();
        self.0.iter().find(is_there).unwrap_or(&self.0[0]).verify(request, config, resources, now)
    }

    fn sign(&self, draft: &mut Draft, secret: &Secret) -> Result<(), BadConfig> {
        self.0[0].sign(draft, secret)
    }
}

/// Whether a signature is the HMAC of the parts; in constant time.
pub(in super::super) fn hmac_matches(algorithm: Algorithm, key: &[u8], parts: &Parts<'_>, given: &[u8]) -> bool {
    let check = match algorithm {
        Algorithm::Sha1 => check::<Hmac<Sha1>>,
        Algorithm::Sha256 => check::<Hmac<Sha256>>,
        Algorithm::Sha384 => check::<Hmac<Sha384>>,
        Algorithm::Sha512 => check::<Hmac<Sha512>>,
    };
    check(key, parts, given)
}

pub(in super::super) fn hmac(algorithm: Algorithm, key: &[u8], parts: &Parts<'_>) -> Vec<u8> {
    let make = match algorithm {
        Algorithm::Sha1 => make::<Hmac<Sha1>>,
        Algorithm::Sha256 => make::<Hmac<Sha256>>,
        Algorithm::Sha384 => make::<Hmac<Sha384>>,
        Algorithm::Sha512 => make::<Hmac<Sha512>>,
    };
    make(key, parts)
}

fn check<M: Mac + KeyInit>(key: &[u8], parts: &Parts<'_>, given: &[u8]) -> bool {
    mac::<M>(key, parts).verify_slice(given).is_ok()
}

fn make<M: Mac + KeyInit>(key: &[u8], parts: &Parts<'_>) -> Vec<u8> {
    mac::<M>(key, parts).finalize().into_bytes().to_vec()
}

fn mac<M: Mac + KeyInit>(key: &[u8], parts: &Parts<'_>) -> M {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    parts.iter().for_each(|part| Mac::update(&mut mac, part));
    mac
}

/// Whether a hex text is the plain SHA-256 of the parts; in constant time.
pub(in super::super) fn digest_matches(parts: &[&[u8]], given: &str) -> bool {
    use sha2::Digest;
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| hash.update(part));
    Encoding::Hex.decode(given).is_some_and(|given| super::same(&hash.finalize(), &given))
}
