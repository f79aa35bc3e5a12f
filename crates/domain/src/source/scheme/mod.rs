//! How requests are signed. A source names its scheme; the same scheme checks requests and signs examples.

mod age;
mod ed25519;
mod equal;
mod mac;
mod rsa;
mod stamped;
mod standard;

pub(super) use age::{Age, parse_digits};
pub(super) use ed25519::{Ed25519, Ed25519Pair, NO_PRIVATE_KEY, verify_ed25519};
pub(super) use equal::{Equal, Place};
pub(super) use mac::{
    Algorithm, BodyMac, Encoding, FirstPresent, KeyForm, Part, Parts, Stamp, StampForm, digest_matches, hmac,
    hmac_matches,
};
pub(super) use rsa::{Certificate, RsaHash, certificates, sign_with_test_key, test_authority, test_certificates};
pub(super) use stamped::StampedMac;
pub(super) use standard::{Names, StandardWebhooks};

use std::fmt::Debug;

use super::{BadConfig, Config, Reason, Request, Resources, SecretAt, mock::Draft};
use crate::{Headers, Timestamp, secret::Secret};

/// A way of signing. Everything here is pure: what has to be fetched is named by one call and given to the next.
pub(super) trait Scheme: Debug + Sync {
    /// Whether the app's secrets and settings are of this scheme's form.
    fn check_config(&self, _: &Config) -> Result<(), BadConfig> {
        Ok(())
    }

    /// The addresses of the keys that this request names, each checked to be the provider's.
    fn resources(&self, _: &Request<'_>) -> Result<Vec<String>, Reason> {
        Ok(Vec::new())
    }

    /// Whether the request is signed by whoever has the app's secret, or one of them, and recently.
    fn verify(
        &self,
        request: &Request<'_>,
        config: &Config,
        resources: &Resources,
        now: Timestamp,
    ) -> Result<(), Reason>;

    /// Where the secret itself comes along.
    fn secret_at(&self, _: &Config) -> SecretAt {
        SecretAt::Nowhere
    }

    /// A secret as the provider would give it, with what signs for it where that is another one.
    fn invent(&self, entropy: &[u8; 32]) -> Invented {
        Invented::symmetric(format!("test_{}", hex::encode(&entropy[..16])))
    }

    /// Signs an example.
    ///
    /// # Errors
    /// [`BadConfig`] when this secret cannot sign.
    fn sign(&self, draft: &mut Draft, secret: &Secret) -> Result<(), BadConfig>;
}

/// A pair for an example: what the app is given, and what signs.
#[derive(Clone, Debug)]
pub(super) struct Invented {
    pub(super) secret: Secret,
    pub(super) signs: Secret,
}

impl Invented {
    pub(super) fn symmetric(text: String) -> Self {
        Self { secret: Secret::new(text.clone()), signs: Secret::new(text) }
    }
}

/// No signature: every request is as good as another.
#[derive(Debug)]
pub(super) struct Unsigned;

impl Scheme for Unsigned {
    fn verify(&self, _: &Request<'_>, _: &Config, _: &Resources, _: Timestamp) -> Result<(), Reason> {
        Ok(())
    }

    fn sign(&self, _: &mut Draft, _: &Secret) -> Result<(), BadConfig> {
        Ok(())
    }
}

/// The value of a header that must be there once.
pub(super) fn required<'a>(headers: &'a Headers, name: &'a str) -> Result<&'a str, Reason> {
    let value = headers.one(name).map_err(|_| Reason::HeaderRepeated(name.to_owned()))?;
    let value = value.filter(|value| !value.is_empty()).ok_or_else(|| Reason::HeaderMissing(name.to_owned()))?;
    std::str::from_utf8(value).map_err(|_| Reason::HeaderMalformed(name.to_owned()))
}

/// Whether a secret satisfies a check. All are tried, whichever does.
pub(super) fn any_secret(config: &Config, check: impl Fn(&Secret) -> bool) -> bool {
    config.secrets.iter().filter(|secret| check(secret)).count() > 0
}

/// The same text, in time that says nothing about where they differ.
pub(super) fn same(one: &[u8], other: &[u8]) -> bool {
    use subtle::ConstantTimeEq;
    one.ct_eq(other).into()
}
