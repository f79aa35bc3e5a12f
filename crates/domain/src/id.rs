//! Identifiers: a UUIDv7 inside, `evt_01h455vb4pex5vsknk084sn02q` outside.
//!
//! The text form is a TypeID (specification 0.3): a prefix, an underscore and the 128 bits in 26 characters of
//! Crockford's base32, lower case. Ids of one kind sort by the time they were made, in text as in bytes.

use std::{fmt, str::FromStr};

use uuid::Uuid;

use crate::Timestamp;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const TEXT_LEN: usize = 26;

/// Why a text is not an identifier of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not an id of the form {prefix}_ and 26 characters")]
pub struct BadId {
    pub text: String,
    pub prefix: &'static str,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub Uuid);

        impl $name {
            pub const PREFIX: &'static str = $prefix;

            /// A UUIDv7 of this instant and these random bytes (74 bits of them count).
            #[must_use]
            pub fn new(at: Timestamp, entropy: [u8; 10]) -> Self {
                Self(uuid::Builder::from_unix_timestamp_millis(at.unix_ms_unsigned(), &entropy).into_uuid())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), encode(self.0).as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(decode)
                    .map(Self)
                    .ok_or_else(|| BadId { text: text.chars().take(64).collect(), prefix: $prefix })
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Uuid {
                id.0
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )*};
}

ids! {
    /// A workspace.
    TenantId = "ten";
    /// A person who signs in.
    UserId = "usr";
    /// A signed-in browser.
    SessionId = "ses";
    /// A user's account at an OpenID Connect issuer.
    IdentityId = "idn";
    /// A key for the public API.
    ApiKeyId = "key";
    /// Asks somebody to join a tenant.
    InvitationId = "inv";
    /// One line of the audit log.
    AuditId = "aud";
    /// One webhook source of a tenant.
    AppId = "app";
    /// Where an app's events go.
    DestinationId = "dst";
    /// One accepted inbound request.
    EventId = "evt";
    /// One event on its way to one destination.
    DeliveryId = "dlv";
    /// One order to replay all events that a filter takes.
    ReplayId = "rpl";
    /// One worker's hold on one delivery.
    LeaseId = "lse";
}

/// The 26 characters, most significant first; the first carries only three bits.
fn encode(id: Uuid) -> EncodedId {
    let mut rest = id.as_u128();
    let mut out = [0; TEXT_LEN];
    for place in out.iter_mut().rev() {
        *place = ALPHABET[(rest & 31) as usize];
        rest >>= 5;
    }
    EncodedId(out)
}

struct EncodedId([u8; TEXT_LEN]);

impl EncodedId {
    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("the alphabet is ASCII")
    }
}

/// Only the canonical spelling is taken: another spelling of the same id would be another cache key.
fn decode(text: &str) -> Option<Uuid> {
    let bytes = text.as_bytes();
    if bytes.len() != TEXT_LEN || bytes[0] > b'7' {
        return None;
    }
    let mut value = 0u128;
    for byte in bytes {
        let digit = ALPHABET.iter().position(|letter| letter == byte)?;
        value = value << 5 | digit as u128;
    }
    Some(Uuid::from_u128(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_typeid_examples() {
        let id: Uuid = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        assert_eq!(EventId(id).to_string(), "evt_01h455vb4pex5vsknk084sn02q");
        assert_eq!("evt_01h455vb4pex5vsknk084sn02q".parse(), Ok(EventId(id)));
        assert_eq!(EventId(Uuid::nil()).to_string(), "evt_00000000000000000000000000");
        assert_eq!(EventId(Uuid::max()).to_string(), "evt_7zzzzzzzzzzzzzzzzzzzzzzzzz");
    }

    #[test]
    fn refuses_every_other_spelling() {
        for text in [
            "",
            "evt_",
            "app_01h455vb4pex5vsknk084sn02q",
            "evt_01H455VB4PEX5VSKNK084SN02Q",
            "evt_8zzzzzzzzzzzzzzzzzzzzzzzzz",
            "evt_01h455vb4pex5vsknk084sn02",
            "evt_01h455vb4pex5vsknk084sn02i",
            "01h455vb4pex5vsknk084sn02q",
        ] {
            assert!(text.parse::<EventId>().is_err(), "{text}");
        }
    }

    #[test]
    fn sorts_by_time_in_text_and_bytes() {
        let earlier = EventId::new(Timestamp::from_unix_ms(1_000), [255; 10]);
        let later = EventId::new(Timestamp::from_unix_ms(1_001), [0; 10]);
        assert!(earlier < later);
        assert!(earlier.to_string() < later.to_string());
    }
}
