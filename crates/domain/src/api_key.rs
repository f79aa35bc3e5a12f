//! API keys: `ahk_live_`, a public id, a random part, and a checksum.
//!
//! 10 characters of public id find the row, 32 are the secret (190 bits), 6 are the CRC-32 of everything before them, so
//! that a mistyped key is told apart from a revoked one, and a scanner for leaked secrets from random text.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::secret::Secret;

const PREFIX: &str = "ahk_live_";
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const PUBLIC_CHARS: usize = 10;
const SECRET_CHARS: usize = 32;
const CHECK_CHARS: usize = 6;
/// Random characters in a key.
pub const RANDOM_CHARS: usize = PUBLIC_CHARS + SECRET_CHARS;

/// What of a key is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredKey {
    pub public_id: String,
    /// SHA-256 of the whole key: 190 random bits need no slow hash (OWASP ASVS 5.0, 6.5.2).
    pub hash: [u8; 32],
    pub last4: String,
}

/// A new key from random numbers below 62, one for each of its [`RANDOM_CHARS`] characters.
///
/// # Panics
/// When a number is not below 62.
#[must_use]
pub fn generate(random: [u8; RANDOM_CHARS]) -> Secret {
    let mut text = String::from(PREFIX);
    text.extend(random.iter().map(|&digit| char::from(ALPHABET[usize::from(digit)])));
    let check = checksum(&text);
    text.push_str(&check);
    Secret::new(text)
}

/// What to store of a key that has the right form; `None` for anything else, with no need to ask the database.
#[must_use]
pub fn parse(key: &str) -> Option<StoredKey> {
    let rest = key.strip_prefix(PREFIX)?;
    let well_formed = rest.len() == RANDOM_CHARS + CHECK_CHARS && rest.bytes().all(|b| b.is_ascii_alphanumeric());
    if !well_formed || checksum(&key[..key.len() - CHECK_CHARS]) != rest[RANDOM_CHARS..] {
        return None;
    }
    Some(StoredKey {
        public_id: rest[..PUBLIC_CHARS].to_owned(),
        hash: Sha256::digest(key).into(),
        last4: rest[rest.len() - 4..].to_owned(),
    })
}

impl StoredKey {
    /// Whether a stored hash is this key's, in constant time.
    #[must_use]
    pub fn matches(&self, stored_hash: &[u8]) -> bool {
        self.hash[..].ct_eq(stored_hash).into()
    }
}

fn checksum(text: &str) -> String {
    let mut rest = crc32fast::hash(text.as_bytes());
    let mut digits = [b'0'; CHECK_CHARS];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[(rest % 62) as usize];
        rest /= 62;
    }
    digits.iter().copied().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_recognised_and_a_typo_is_not() {
        let key = generate(std::array::from_fn(|i| (i % 62) as u8));
        let text = key.expose();
        assert_eq!(text.len(), 9 + 10 + 32 + 6);
        let stored = parse(text).unwrap();
        assert_eq!(stored.public_id, "0123456789");
        assert!(stored.matches(&stored.hash.clone()));
        assert!(!stored.matches(&[0; 32]));
        assert!(!stored.matches(&[]));
        for at in 9..text.len() {
            let mut typo = text.as_bytes().to_vec();
            typo[at] = if typo[at] == b'x' { b'y' } else { b'x' };
            assert_eq!(parse(std::str::from_utf8(&typo).unwrap()), None, "character {at}");
        }
        assert_eq!(parse(""), None);
        assert_eq!(parse(&text[..text.len() - 1]), None);
        assert_eq!(parse("ahk_live_ääääääääääääääääääääääää"), None);
    }
}
