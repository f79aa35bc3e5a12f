//! Random numbers, all from the operating system.

use anyhook_domain::api_key;
use rand::{TryRng, rngs::SysRng};

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

/// Bytes from the last, incomplete stretch of `limit` numbers are left out: they would make the low ones likelier.
fn below<const N: usize>(limit: u8) -> [u8; N] {
    let end = 256 - 256 % u16::from(limit);
    let mut fair = std::iter::repeat_with(bytes::<64>).flatten().filter(|byte| u16::from(*byte) < end);
    std::array::from_fn(|_| fair.next().expect("there are always more bytes") % limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_numbers_below_a_limit_come_about_equally_often() {
        let mut n_drawn = [0u32; 62];
        for number in (0..100).flat_map(|_| below::<620>(62)) {
            n_drawn[usize::from(number)] += 1;
        }
        // A thousand of each are expected; eight standard deviations are about 250.
        assert!(n_drawn.iter().all(|n| (750..1250).contains(n)), "{n_drawn:?}");
        assert!(slug_tail().bytes().all(|byte| TAIL_ALPHABET.contains(&byte)));
    }
}
