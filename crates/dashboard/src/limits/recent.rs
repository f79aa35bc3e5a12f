//! What is remembered for a while, in a bounded number of hashes: of addresses and of credentials, which are not kept.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard},
};

use anyhook_domain::Timestamp;

pub(super) type Hash = [u8; 32];

const MOST: usize = 10_000;

/// Hashes, and until when each is remembered.
#[derive(Debug, Default)]
pub(super) struct Recent(Mutex<HashMap<Hash, Timestamp>>);

impl Recent {
    pub(super) fn until(&self, hash: &Hash, now: Timestamp) -> Option<Timestamp> {
        self.lock().get(hash).copied().filter(|until| *until > now)
    }

    /// Where there is no room, all are forgotten: nothing depends on one of them being there.
    pub(super) fn keep(&self, hash: Hash, until: Timestamp, now: Timestamp) {
        let mut kept = self.lock();
        if kept.len() >= MOST {
            kept.retain(|_, until| *until > now);
        }
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(hash, until);
    }

    pub(super) fn forget(&self, hash: &Hash) {
        self.lock().remove(hash);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Hash, Timestamp>> {
        self.0.lock().expect("no holder of this lock panics")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_ms(1_000);
    const LATER: Timestamp = Timestamp::from_unix_ms(2_000);

    #[test]
    fn a_hash_is_remembered_for_its_time() {
        let recent = Recent::default();
        recent.keep([1; 32], LATER, NOW);
        assert_eq!((recent.until(&[1; 32], NOW), recent.until(&[2; 32], NOW)), (Some(LATER), None));
        assert_eq!(recent.until(&[1; 32], LATER), None);
        recent.forget(&[1; 32]);
        assert_eq!(recent.until(&[1; 32], NOW), None);
    }

    #[test]
    fn so_many_are_remembered_and_no_more() {
        let recent = Recent::default();
        let hash = |n: usize| std::array::from_fn(|at| n.to_be_bytes().get(at).copied().unwrap_or(0));
        (0..3 * MOST).for_each(|n| recent.keep(hash(n), LATER, NOW));
        assert!(recent.lock().len() <= MOST && recent.until(&hash(3 * MOST - 1), NOW).is_some());
        recent.keep(hash(0), LATER, LATER);
        assert!(recent.lock().len() <= MOST);
    }
}
