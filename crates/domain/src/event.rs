//! Events: accepted inbound requests, stored and immutable.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Headers, delivery};

/// The parts of a request that are sealed beside its body: they may carry what the sender meant to be private.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The query string without its question mark, as it came.
    pub query: Option<String>,
    pub headers: Headers,
}

/// Stored bytes that are not a [`Head`]: written by a newer version, or damaged before they were sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stored request head cannot be read; was it written by a newer version?")]
pub struct BadHead;

impl Head {
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_allocvec(self).expect("strings and bytes always serialise")
    }

    /// # Errors
    /// [`BadHead`] when the bytes are not of this version's layout.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadHead> {
        postcard::from_bytes(bytes).map_err(|_| BadHead)
    }
}

/// A handler's answer to an attempt, as far as it is kept; sealed like the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    pub headers: Headers,
    pub body: Vec<u8>,
}

impl Answer {
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_allocvec(self).expect("strings and bytes always serialise")
    }

    /// # Errors
    /// [`BadHead`] when the bytes are not of this version's layout.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadHead> {
        postcard::from_bytes(bytes).map_err(|_| BadHead)
    }
}

/// The columns that hold an event's sealed parts, as their [`crate::seal::Place`] names them.
pub mod column {
    pub const HEAD: &str = "event_contents.sealed_head";
    pub const BODY: &str = "event_contents.sealed_body";
    pub const ANSWER: &str = "attempts.sealed_answer";
}

/// What makes two events of an app the same: the provider's id, and whether it can be believed. A forged copy of an id
/// never stands in the way of the real one.
#[must_use]
pub fn dedup_key(source: &str, verification: Verification, provider_id: &str) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in [source, verification.as_str(), provider_id] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest: [u8; 32] = hash.finalize().into();
    *digest.first_chunk().expect("32 bytes begin with 16")
}

/// What is known about an event's origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// The provider's signature was right.
    Verified,
    /// The app has a secret, and the signature was missing or wrong.
    Failed,
    /// The source does not sign, or the app has no secret to check with.
    None,
}

impl Verification {
    /// The word in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Failed => "failed",
            Self::None => "none",
        }
    }

    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Verified, Self::Failed, Self::None].into_iter().find(|it| it.as_str() == word)
    }

    /// The value of `Anyhook-Source-Verified`.
    #[must_use]
    pub const fn header_value(self) -> &'static str {
        match self {
            Self::Verified => "true",
            Self::Failed => "false",
            Self::None => "none",
        }
    }

    /// The API's `signatureValid`: `None` where nothing was checked.
    #[must_use]
    pub const fn signature_valid(self) -> Option<bool> {
        match self {
            Self::Verified => Some(true),
            Self::Failed => Some(false),
            Self::None => None,
        }
    }
}

/// What became of an event: the worst of its current deliveries', or that it was turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventStatus {
    Success,
    Queued,
    Held,
    Retrying,
    Failed,
    Rejected,
}

impl EventStatus {
    pub const ALL: [Self; 6] = [Self::Success, Self::Queued, Self::Held, Self::Retrying, Self::Failed, Self::Rejected];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Queued => "queued",
            Self::Held => "held",
            Self::Retrying => "retrying",
            Self::Failed => "failed",
            Self::Rejected => "rejected",
        }
    }

    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// The worst of an event's current deliveries; an event that goes nowhere is logged, which is a success.
    pub fn of(is_rejected: bool, deliveries: impl IntoIterator<Item = (delivery::State, u32)>) -> Self {
        if is_rejected {
            return Self::Rejected;
        }
        let status = |(state, attempts)| match state {
            delivery::State::Success => Self::Success,
            delivery::State::Held => Self::Held,
            delivery::State::Failed => Self::Failed,
            delivery::State::Pending if attempts == 0 => Self::Queued,
            delivery::State::Pending => Self::Retrying,
        };
        deliveries.into_iter().map(status).max_by_key(|status| *status as u8).unwrap_or(Self::Success)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use delivery::State::{Failed, Held, Pending, Success};

    #[test]
    fn status_is_the_worst_of_the_deliveries() {
        for (deliveries, expected) in [
            (vec![], EventStatus::Success),
            (vec![(Success, 1)], EventStatus::Success),
            (vec![(Success, 1), (Pending, 0)], EventStatus::Queued),
            (vec![(Pending, 0), (Held, 0)], EventStatus::Held),
            (vec![(Held, 0), (Pending, 2)], EventStatus::Retrying),
            (vec![(Pending, 2), (Failed, 11), (Success, 1)], EventStatus::Failed),
        ] {
            assert_eq!(EventStatus::of(false, deliveries.clone()), expected, "{deliveries:?}");
            assert_eq!(EventStatus::of(true, deliveries), EventStatus::Rejected);
        }
    }

    #[test]
    fn a_head_comes_back_as_it_went() {
        let headers = [("X-Odd", vec![0xff, 0x00]), ("x-odd", b"again".to_vec())].into_iter().collect();
        let head = Head { query: Some("customId=123&x=%2F".into()), headers };
        assert_eq!(Head::from_bytes(&head.to_bytes()), Ok(head));
        assert_eq!(Head::from_bytes(&[9, 9]), Err(BadHead));
    }
}
