//! Random numbers, all from the operating system.

use anyhook_domain::api_key;
use rand::{RngExt, TryRng, rngs::SysRng};

const TAIL_CHARS: usize = 6;
const TAIL_ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SysRng.try_fill_bytes(&mut bytes).expect("the operating system gives random numbers, or nothing here is safe");
    bytes
}

/// The digits of a new API key.
pub(crate) fn api_key_digits() -> [u8; api_key::RANDOM_CHARS] {
    below(62)
}

/// What makes a slug another one.
pub(crate) fn slug_tail() -> String {
    below::<TAIL_CHARS>(36).iter().map(|&digit| char::from(TAIL_ALPHABET[usize::from(digit)])).collect()
}

fn below<const N: usize>(limit: u8) -> [u8; N] {
    let mut rng = rand::rng();
    std::array::from_fn(|_| rng.random_range(0..limit))
}
