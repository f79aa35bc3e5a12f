//! How often one account may be tried.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use anyhook_domain::Timestamp;
use sha2::{Digest, Sha256};

const MAX_ATTEMPTS: usize = 10;
const WITHIN_MS: i64 = 15 * 60 * 1000;
/// Accounts remembered at most: about a megabyte.
const MAX_ACCOUNTS: usize = 10_000;

/// The instants of the latest attempts by account, whether it exists or not. In memory: a restart forgives.
#[derive(Default)]
pub(crate) struct Throttle(Mutex<HashMap<[u8; 32], VecDeque<i64>>>);

impl Throttle {
    /// Counts an attempt, or refuses it when there were too many. Counted before the password is looked at, so that
    /// attempts at the same time count as well.
    pub(crate) fn admit(&self, email: &str, now: Timestamp) -> bool {
        let now = now.unix_ms();
        let mut accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let account = account(email);
        if !accounts.contains_key(&account) && accounts.len() >= MAX_ACCOUNTS {
            make_room(&mut accounts, now);
        }
        let attempts = accounts.entry(account).or_default();
        while attempts.front().is_some_and(|at| at + WITHIN_MS <= now) {
            attempts.pop_front();
        }
        if attempts.len() >= MAX_ATTEMPTS {
            return false;
        }
        attempts.push_back(now);
        true
    }

    /// Whether the password was right was not found out: an attempt that was admitted at this instant does not count.
    pub(crate) fn take_back(&self, email: &str, admitted_at: Timestamp) {
        let mut accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let account = account(email);
        let Some(attempts) = accounts.get_mut(&account) else { return };
        if let Some(at) = attempts.iter().rposition(|at| *at == admitted_at.unix_ms()) {
            attempts.remove(at);
        }
        if attempts.is_empty() {
            accounts.remove(&account);
        }
    }

    /// The password was right.
    pub(crate) fn forgive(&self, email: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&account(email));
    }
}

fn account(email: &str) -> [u8; 32] {
    Sha256::digest(email).into()
}

/// Forgets whoever was last tried too long ago, or else the account with the fewest attempts: one that is locked stays
/// locked, whatever else is tried meanwhile.
fn make_room(accounts: &mut HashMap<[u8; 32], VecDeque<i64>>, now: i64) {
    accounts.retain(|_, attempts| attempts.back().is_some_and(|at| at + WITHIN_MS > now));
    if accounts.len() < MAX_ACCOUNTS {
        return;
    }
    let least = accounts.iter().min_by_key(|(_, attempts)| (attempts.len(), attempts.back().copied()));
    if let Some(account) = least.map(|(account, _)| *account) {
        accounts.remove(&account);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(seconds)
    }

    #[test]
    fn ten_attempts_in_any_fifteen_minutes() {
        let throttle = Throttle::default();
        assert!((0..10).all(|second| throttle.admit("a@example.com", at(second))));
        assert!(!throttle.admit("a@example.com", at(10)));
        assert!(throttle.admit("b@example.com", at(10)));
        assert!(!throttle.admit("a@example.com", at(899)));
        assert!(throttle.admit("a@example.com", at(900)), "the first one is forgotten");
        assert!(!throttle.admit("a@example.com", at(900)), "the others are not");
        throttle.forgive("a@example.com");
        assert!(throttle.admit("a@example.com", at(900)));
    }

    #[test]
    fn what_was_taken_back_does_not_count() {
        let throttle = Throttle::default();
        for second in 0..100 {
            assert!(throttle.admit("a@example.com", at(second)));
            throttle.take_back("a@example.com", at(second));
        }
        assert!(throttle.0.lock().unwrap().is_empty());
        assert!((0..10).all(|_| throttle.admit("a@example.com", at(100))));
        throttle.take_back("a@example.com", at(99));
        assert!(!throttle.admit("a@example.com", at(100)), "another attempt was taken back");
        throttle.take_back("a@example.com", at(100));
        assert!(throttle.admit("a@example.com", at(100)));
        assert!(!throttle.admit("a@example.com", at(100)));
    }

    #[test]
    fn memory_is_bounded_and_what_is_locked_stays_locked() {
        let throttle = Throttle::default();
        for _ in 0..10 {
            throttle.admit("locked@example.com", at(0));
        }
        for n in 0..MAX_ACCOUNTS + 100 {
            throttle.admit(&format!("{n}@example.com"), at(1));
        }
        assert_eq!(throttle.0.lock().unwrap().len(), MAX_ACCOUNTS);
        assert!(!throttle.admit("locked@example.com", at(2)));
    }
}
