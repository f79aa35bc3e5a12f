//! Ed25519 (RFC 8032).

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use super::{Invented, Parts, Scheme, any_secret, required};
use crate::{
    Timestamp,
    secret::Secret,
    source::{BadConfig, Config, Reason, Request, Resources, mock::Draft},
};

/// Whether a signature over the parts is this key's. Reads the parts as they lie.
pub(in super::super) fn verify_ed25519(key: &[u8; 32], parts: &Parts<'_>, given: &[u8]) -> bool {
    let Ok(key) = VerifyingKey::from_bytes(key) else { return false };
    let Ok(signature) = Signature::from_slice(given) else { return false };
    // A weak key would find its signature under many messages.
    if key.is_weak() {
        return false;
    }
    let Ok(mut verifier) = key.verify_stream(&signature) else { return false };
    parts.iter().for_each(|part| verifier.update(part));
    verifier.finalize_and_verify().is_ok()
}

/// A pair that signs examples.
pub(in super::super) struct Ed25519Pair(SigningKey);

impl Ed25519Pair {
    /// From 32 bytes.
    pub(in super::super) fn of(seed: &[u8]) -> Option<Self> {
        Some(Self(SigningKey::from_bytes(seed.try_into().ok()?)))
    }

    pub(in super::super) fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    pub(in super::super) fn sign(&self, parts: &Parts<'_>) -> Vec<u8> {
        let message: Vec<u8> = parts.iter().flatten().copied().collect();
        self.0.sign(&message).to_bytes().to_vec()
    }
}

/// Instant and body, signed, in two headers; key and signature in hex.
#[derive(Debug)]
pub(in super::super) struct Ed25519 {
    /// Lower case.
    pub(in super::super) signature: &'static str,
    pub(in super::super) stamp: &'static str,
}

fn public_key(secret: &Secret) -> Option<[u8; 32]> {
    hex::decode(secret.expose()).ok()?.try_into().ok()
}

impl Scheme for Ed25519 {
    fn check_config(&self, config: &Config) -> Result<(), BadConfig> {
        let usable = config.secrets.iter().all(|secret| public_key(secret).is_some());
        usable.then_some(()).ok_or_else(|| BadConfig("secret must be the public key: 64 hex digits".to_owned()))
    }

    fn verify(&self, request: &Request<'_>, config: &Config, _: &Resources, _: Timestamp) -> Result<(), Reason> {
        let given = required(request.headers, self.signature)?;
        let stamp = required(request.headers, self.stamp)?;
        let given = hex::decode(given).map_err(|_| Reason::HeaderMalformed(self.signature.to_owned()))?;
        let parts = Parts::new(&[stamp.as_bytes(), request.body]);
        let is_signed =
            any_secret(config, |secret| public_key(secret).is_some_and(|key| verify_ed25519(&key, &parts, &given)));
        if is_signed { Ok(()) } else { Err(Reason::OtherSecret) }
    }

    fn invent(&self, entropy: &[u8; 32]) -> Invented {
        let public = hex::encode(SigningKey::from_bytes(entropy).verifying_key().to_bytes());
        Invented { secret: Secret::new(public), signs: Secret::new(format!("private:{}", hex::encode(entropy))) }
    }

    fn sign(&self, draft: &mut Draft, secret: &Secret) -> Result<(), BadConfig> {
        let seed = secret.expose().strip_prefix("private:").and_then(|text| hex::decode(text).ok());
        let pair = seed.and_then(|seed| Ed25519Pair::of(&seed)).ok_or(BadConfig(NO_PRIVATE_KEY.to_owned()))?;
        let stamp = draft.now.unix_seconds().to_string();
        let signature = hex::encode(pair.sign(&Parts::new(&[stamp.as_bytes(), &draft.body])));
        draft.set(self.stamp, stamp);
        draft.set(self.signature, signature);
        Ok(())
    }
}

pub(in super::super) const NO_PRIVATE_KEY: &str =
    "only the provider can sign for its public key: leave secret out, and a pair is made for the example";
