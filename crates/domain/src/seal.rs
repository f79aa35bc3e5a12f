//! Sealing: AES-256-GCM under derived keys.
//!
//! A tenant key is wrapped by the master key. Each event has a key of its own, derived by HKDF-SHA256 from its tenant's
//! key and 16 random bytes: destroying those bytes erases the event, destroying the tenant key erases the tenant. The
//! associated data names tenant, row and column, so that no ciphertext can be moved to another place.
//!
//! Sealed bytes: a format byte (1), a 96-bit random nonce, the ciphertext, the 128-bit tag.

use aes_gcm::{Aes256Gcm, KeyInit, Nonce, Tag, aead::AeadInOut};
use hkdf::Hkdf;
use sha2::Sha256;
use uuid::Uuid;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{EventId, TenantId};

const FORMAT: u8 = 1;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
/// How much longer sealed bytes are than the plain ones.
pub const OVERHEAD_BYTES: usize = 1 + NONCE_BYTES + TAG_BYTES;

/// The random bytes of one sealing; never used twice with one key.
pub type NonceBytes = [u8; NONCE_BYTES];
/// The random bytes that make an event's key; destroying them erases the event.
pub type Salt = [u8; 16];

/// A 256-bit key; wiped when dropped, never printed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Key([u8; 32]);

/// The place that sealed bytes belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub tenant: TenantId,
    pub row: Uuid,
    /// `table.column`.
    pub column: &'static str,
}

/// The columns that hold a tenant's secrets and its wrapped key, as their [`Place`] names them.
pub mod column {
    pub const APP_SECRET: &str = "apps.sealed_secret";
    pub const DESTINATION_SECRET: &str = "destinations.sealed_secret";
    pub const DESTINATION_HEADERS: &str = "destinations.sealed_headers";
    pub const TENANT_KEY: &str = "tenant_keys.wrapped";
    pub const SECOND_FACTOR: &str = "second_factors.sealed_secret";
    /// Kept by a browser on its way to an issuer.
    pub const SIGN_IN_WAY: &str = "sign_in.way";
    /// Kept by a browser for whom the issuer vouched.
    pub const SIGN_IN_PROVED: &str = "sign_in.proved";
    pub const MAIL: &str = "mails.sealed";
    pub const REMEMBERED_ANSWER: &str = "idempotency_keys.answer";
}

/// Sealed bytes that were changed, moved, or sealed under another key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("sealed bytes do not open: they were changed or moved, or sealed under another key")]
pub struct DoesNotOpen;

impl Key {
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// # Errors
    /// [`DoesNotOpen`] when there are not exactly 32 bytes.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, DoesNotOpen> {
        bytes.try_into().map(Self).map_err(|_| DoesNotOpen)
    }

    #[must_use]
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key of one event.
    #[must_use]
    pub fn for_event(&self, event: EventId, salt: &Salt) -> Self {
        self.derive(salt, &[b"anyhook/v1/event/", event.0.as_bytes()])
    }

    /// The key for a tenant's own secrets: providers' secrets and signing secrets.
    #[must_use]
    pub fn for_secrets(&self) -> Self {
        self.derive(&[], &[b"anyhook/v1/secrets"])
    }

    /// The key for the terms of a tenant's blind index.
    #[must_use]
    pub fn for_terms(&self) -> Self {
        self.derive(&[], &[b"anyhook/v1/terms"])
    }

    /// Of a master key: the key for mails that wait to be sent, which are no tenant's.
    #[must_use]
    pub fn for_mails(&self) -> Self {
        self.derive(&[], &[b"anyhook/v1/mails"])
    }

    /// The key for what people sign in with, of the master key: second factors, and ways to an issuer and back.
    #[must_use]
    pub fn for_sign_in(&self) -> Self {
        self.derive(&[], &[b"anyhook/v1/sign-in"])
    }

    fn derive(&self, salt: &[u8], info: &[&[u8]]) -> Self {
        let mut key = [0; 32];
        Hkdf::<Sha256>::new(Some(salt), &self.0)
            .expand_multi_info(info, &mut key)
            .expect("32 bytes are within what HKDF-SHA256 gives");
        Self(key)
    }

    /// Seals `plain` for a place; the nonce must be fresh random bytes.
    #[must_use]
    pub fn seal(&self, nonce: NonceBytes, place: &Place, plain: &[u8]) -> Vec<u8> {
        let mut sealed = Vec::with_capacity(plain.len() + OVERHEAD_BYTES);
        sealed.push(FORMAT);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let body = &mut sealed[1 + NONCE_BYTES..];
        let tag = self
            .cipher()
            .encrypt_inout_detached(&Nonce::from(nonce), &place.to_bytes(), body.into())
            .expect("a body is far below AES-GCM's limit of 64 GiB");
        sealed.extend_from_slice(&tag);
        sealed
    }

    /// Opens what [`Key::seal`] made for the same place.
    ///
    /// # Errors
    /// [`DoesNotOpen`] when anything about it is not as it was.
    pub fn open(&self, place: &Place, sealed: &[u8]) -> Result<Vec<u8>, DoesNotOpen> {
        let (format, rest) = sealed.split_first().ok_or(DoesNotOpen)?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(DoesNotOpen)?;
        let (body, tag) = rest.split_last_chunk::<TAG_BYTES>().ok_or(DoesNotOpen)?;
        if *format != FORMAT {
            return Err(DoesNotOpen);
        }
        let mut plain = body.to_vec();
        self.cipher()
            .decrypt_inout_detached(
                &Nonce::from(*nonce),
                &place.to_bytes(),
                plain.as_mut_slice().into(),
                &Tag::from(*tag),
            )
            .map_err(|_| DoesNotOpen)?;
        Ok(plain)
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(&self.0.into())
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[key]")
    }
}

impl Place {
    fn to_bytes(self) -> Vec<u8> {
        [&[FORMAT], &self.tenant.0.as_bytes()[..], &self.row.as_bytes()[..], self.column.as_bytes()].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(column: &'static str) -> Place {
        Place { tenant: TenantId(Uuid::from_u128(1)), row: Uuid::from_u128(2), column }
    }

    #[test]
    fn opens_only_as_it_was_sealed() {
        let key = Key::new([7; 32]);
        let sealed = key.seal([1; 12], &place("event_contents.sealed_body"), b"body \xff");
        assert_eq!(sealed.len(), 6 + OVERHEAD_BYTES);
        assert_eq!(key.open(&place("event_contents.sealed_body"), &sealed), Ok(b"body \xff".to_vec()));
        assert_eq!(key.open(&place("event_contents.sealed_head"), &sealed), Err(DoesNotOpen));
        let other_tenant = Place { tenant: TenantId(Uuid::from_u128(3)), ..place("event_contents.sealed_body") };
        assert_eq!(key.open(&other_tenant, &sealed), Err(DoesNotOpen));
        assert_eq!(Key::new([8; 32]).open(&place("event_contents.sealed_body"), &sealed), Err(DoesNotOpen));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(key.open(&place("event_contents.sealed_body"), &changed), Err(DoesNotOpen), "byte {at}");
            assert_eq!(key.open(&place("event_contents.sealed_body"), &sealed[..at]), Err(DoesNotOpen));
        }
    }

    #[test]
    fn each_event_has_its_own_key() {
        let tenant = Key::new([7; 32]);
        let event = EventId(Uuid::from_u128(1));
        let key = tenant.for_event(event, &[1; 16]);
        assert_ne!(key.expose(), tenant.for_event(event, &[2; 16]).expose());
        assert_ne!(key.expose(), tenant.for_event(EventId(Uuid::from_u128(2)), &[1; 16]).expose());
        assert_ne!(key.expose(), tenant.for_secrets().expose());
        assert_ne!(tenant.for_mails().expose(), tenant.for_secrets().expose());
        assert_ne!(tenant.for_terms().expose(), tenant.for_secrets().expose());
        assert_eq!(format!("{key:?}"), "[key]");
    }
}
