//! Many hints as one message: a version, then 36 bytes a hint.

use anyhook_domain::{DeliveryId, DestinationId, delivery::Hint};
use uuid::Uuid;

/// The first byte of every message.
const VERSION: u8 = 1;
/// Two identifiers and a count, big-endian.
const HINT_BYTES: usize = 16 + 16 + 4;
/// Hints in a message that we make.
pub(super) const MOST_HINTS: usize = 128;
/// Hints in a message that we read: a later version may make longer ones.
const MOST_READ: usize = 4_096;

/// Why a message says nothing.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("it is empty")]
    Empty,
    #[error("it is of version {0}, which is not known here")]
    Version(u8),
    #[error("its length of {0} bytes fits no number of hints")]
    Length(usize),
}

pub(super) fn encode(hints: &[Hint]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1 + hints.len() * HINT_BYTES);
    bytes.push(VERSION);
    for hint in hints {
        bytes.extend_from_slice(hint.delivery_id.0.as_bytes());
        bytes.extend_from_slice(hint.destination_id.0.as_bytes());
        bytes.extend_from_slice(&hint.attempts.to_be_bytes());
    }
    bytes
}

pub(super) fn decode(bytes: &[u8]) -> Result<Vec<Hint>, Unreadable> {
    let (version, rest) = bytes.split_first().ok_or(Unreadable::Empty)?;
    if *version != VERSION {
        return Err(Unreadable::Version(*version));
    }
    let (hints, []) = rest.as_chunks::<HINT_BYTES>() else { return Err(Unreadable::Length(bytes.len())) };
    if hints.is_empty() || hints.len() > MOST_READ {
        return Err(Unreadable::Length(bytes.len()));
    }
    Ok(hints.iter().map(hint).collect())
}

fn hint(bytes: &[u8; HINT_BYTES]) -> Hint {
    let part = |from: usize| Uuid::from_slice(&bytes[from..from + 16]).expect("16 bytes make an identifier");
    let [.., a, b, c, d] = *bytes;
    Hint {
        delivery_id: DeliveryId(part(0)),
        destination_id: DestinationId(part(16)),
        attempts: u32::from_be_bytes([a, b, c, d]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let hint = |n| Hint {
            delivery_id: DeliveryId(Uuid::from_u128(n)),
            destination_id: DestinationId(Uuid::from_u128(u128::MAX - n)),
            attempts: u32::MAX - n as u32,
        };
        let hints: Vec<_> = (0..MOST_HINTS as u128).map(hint).collect();
        assert_eq!(decode(&encode(&hints)), Ok(hints));
    }

    #[test]
    fn what_says_nothing_is_told_apart() {
        assert_eq!(decode(&[]), Err(Unreadable::Empty));
        assert_eq!(decode(b"{\"id\":1}"), Err(Unreadable::Version(b'{')));
        assert_eq!(decode(&[VERSION]), Err(Unreadable::Length(1)));
        assert_eq!(decode(&[VERSION; 37 + 1]), Err(Unreadable::Length(38)));
        let long = vec![VERSION; 1 + HINT_BYTES * (MOST_READ + 1)];
        assert_eq!(decode(&long), Err(Unreadable::Length(long.len())));
    }
}
