//! Standard Webhooks 1.0: an id, an instant and a list of signatures in three headers.
//!
//! The signed content is `id.timestamp.body`; the signature header is a list of `version,signature` separated by
//! spaces, of which any may match. `v1` is HMAC-SHA256 under the base64-decoded part after `whsec_`, `v1a` Ed25519 under
//! that after `whpk_`.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    Algorithm, Ed25519Pair, Invented, Parts, Scheme,
    age::{Age, parse_digits},
    any_secret, hmac, required, verify_ed25519,
};
use crate::{
    Timestamp,
    secret::Secret,
    sign::standard_key,
    source::{BadConfig, Config, Reason, Request, Resources, mock::Draft},
};

const AGE: Age = Age::both_ways(300);

/// The names of the three headers.
#[derive(Debug)]
pub(in super::super) struct Names {
    pub(in super::super) id: &'static str,
    pub(in super::super) stamp: &'static str,
    pub(in super::super) signature: &'static str,
}

pub(in super::super) const WEBHOOK: Names =
    Names { id: "webhook-id", stamp: "webhook-timestamp", signature: "webhook-signature" };
pub(in super::super) const SVIX: Names = Names { id: "svix-id", stamp: "svix-timestamp", signature: "svix-signature" };

impl Names {
    pub(in super::super) const WEBHOOK: &'static [Self] = &[WEBHOOK];
    pub(in super::super) const SVIX: &'static [Self] = &[SVIX];
    /// The first wins.
    pub(in super::super) const SVIX_OR_WEBHOOK: &'static [Self] = &[SVIX, WEBHOOK];
}

/// One family of names and one way to read secrets.
#[derive(Debug)]
pub(in super::super) struct StandardWebhooks {
    pub(in super::super) names: &'static [Names],
    /// A secret without `whsec_` is the key's text itself, and a signature without a version counts as `v1`.
    pub(in super::super) is_lenient: bool,
}

enum Key {
    Symmetric(Vec<u8>),
    Public([u8; 32]),
}

impl StandardWebhooks {
    fn key(&self, secret: &Secret) -> Option<Key> {
        let text = secret.expose();
        if let Some(encoded) = text.strip_prefix("whpk_") {
            return STANDARD.decode(encoded).ok()?.try_into().ok().map(Key::Public);
        }
        if self.is_lenient && !text.starts_with("whsec_") {
            return (!text.is_empty()).then(|| Key::Symmetric(text.as_bytes().to_vec()));
        }
        standard_key(text).map(Key::Symmetric)
    }

    /// The names that this request uses.
    pub(in super::super) fn names(&self, request: &Request<'_>) -> &'static Names {
        let is_used = |names: &&Names| request.headers.all(names.id).next().is_some();
        self.names.iter().find(is_used).unwrap_or(&self.names[0])
    }

    /// The provider's id of the event.
    pub(in super::super) fn id(&self, request: &Request<'_>) -> Option<String> {
        request.headers.text(self.names(request).id).map(str::to_owned)
    }

    /// All signatures of all signature headers, by version; other versions are skipped, as the specification demands.
    fn signatures(&self, request: &Request<'_>, names: &Names) -> Result<Claimed, Reason> {
        let values: Vec<_> = request.headers.all(names.signature).filter(|value| !value.is_empty()).collect();
        if values.is_empty() {
            return Err(Reason::HeaderMissing(names.signature.to_owned()));
        }
        let mut claimed = Claimed::default();
        let texts = values.iter().filter_map(|value| std::str::from_utf8(value).ok());
        for item in texts.flat_map(|text| text.split(' ')) {
            match item.trim().split_once(',') {
                Some(("v1", encoded)) => claimed.v1.extend(STANDARD.decode(encoded)),
                Some(("v1a", encoded)) => claimed.v1a.extend(STANDARD.decode(encoded)),
                None if self.is_lenient => claimed.v1.extend(STANDARD.decode(item.trim())),
                _ => {}
            }
        }
        if claimed.v1.is_empty() && claimed.v1a.is_empty() { Err(Reason::UnknownVersion) } else { Ok(claimed) }
    }
}

#[derive(Default)]
struct Claimed {
    v1: Vec<Vec<u8>>,
    v1a: Vec<Vec<u8>>,
}

/// Beyond that many Ed25519 signatures are not looked at: each costs what a hundred HMACs do.
const MOST_V1A: usize = 8;

impl Scheme for StandardWebhooks {
    fn check_config(&self, config: &Config) -> Result<(), BadConfig> {
        let usable = config.secrets.iter().all(|secret| self.key(secret).is_some());
        usable.then_some(()).ok_or_else(|| {
            BadConfig("secret must be whsec_ followed by base64, exactly as the provider shows it".to_owned())
        })
    }

    fn verify(&self, request: &Request<'_>, config: &Config, _: &Resources, now: Timestamp) -> Result<(), Reason> {
        let names = self.names(request);
        let id = required(request.headers, names.id)?;
        let stamp = required(request.headers, names.stamp)?;
        let claimed = self.signatures(request, names)?;
        let seconds = parse_digits(stamp).ok_or_else(|| Reason::HeaderMalformed(names.stamp.to_owned()))?;
        AGE.check_seconds(seconds, config, now)?;
        let parts = Parts::new(&[id.as_bytes(), b".", stamp.as_bytes(), b".", request.body]);
        // One MAC for each secret, however many signatures a sender claims; each is held against all of them, so that the
        // time this takes says nothing about which one matched.
        let is_signed = any_secret(config, |secret| match self.key(secret) {
            Some(Key::Symmetric(key)) => {
                let mac = hmac(Algorithm::Sha256, &key, &parts);
                claimed.v1.iter().filter(|given| super::same(given, &mac)).count() > 0
            }
            Some(Key::Public(key)) => {
                claimed.v1a.iter().take(MOST_V1A).any(|given| verify_ed25519(&key, &parts, given))
            }
            None => false,
        });
        if is_signed { Ok(()) } else { Err(Reason::OtherSecret) }
    }

    fn invent(&self, entropy: &[u8; 32]) -> Invented {
        Invented::symmetric(Secret::signing(entropy).expose().to_owned())
    }

    fn sign(&self, draft: &mut Draft, secret: &Secret) -> Result<(), BadConfig> {
        let names = &self.names[0];
        let (id, stamp) = (format!("msg_{}", draft.id), draft.now.unix_seconds().to_string());
        let parts = Parts::new(&[id.as_bytes(), b".", stamp.as_bytes(), b".", &draft.body]);
        let value = match (secret.expose().strip_prefix("whsk_"), self.key(secret)) {
            (Some(encoded), _) => {
                let pair = STANDARD.decode(encoded).ok().and_then(|bytes| Ed25519Pair::of(bytes.get(..32)?));
                let pair = pair.ok_or_else(|| BadConfig("secret must be whsk_ followed by base64".to_owned()))?;
                format!("v1a,{}", STANDARD.encode(pair.sign(&parts)))
            }
            (None, Some(Key::Symmetric(key))) => {
                format!("v1,{}", STANDARD.encode(hmac(Algorithm::Sha256, &key, &parts)))
            }
            (None, Some(Key::Public(_))) => {
                return Err(BadConfig("a public key cannot sign: give the private one, whsk_…".to_owned()));
            }
            (None, None) => return Err(BadConfig("secret must be whsec_ followed by base64".to_owned())),
        };
        draft.set(names.id, id);
        draft.set(names.stamp, stamp);
        draft.set(names.signature, value);
        Ok(())
    }
}
