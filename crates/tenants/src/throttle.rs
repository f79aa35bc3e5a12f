//! How often one account may be tried.

use std::time::Duration;

use anyhook_cache::{Admission, Cache, Limit};
use anyhook_domain::Timestamp;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

const ATTEMPTS: Limit = Limit { most: 10, within: Duration::from_secs(15 * 60) };

/// The attempts by account, whether it exists or not. All processes that share the cache count together.
pub(crate) struct Throttle(Cache);

impl Throttle {
    pub(crate) fn new(cache: Cache) -> Self {
        Self(cache)
    }

    /// Counts an attempt, or refuses it when there were too many. Counted before the password is looked at, so that
    /// attempts at the same time count as well.
    pub(crate) async fn admit(&self, email: &str, now: Timestamp) -> bool {
        self.0.admit(&account(email), ATTEMPTS, now).await == Admission::Admitted
    }

    /// Whether the password was right was not found out: an attempt that was admitted at this instant does not count.
    pub(crate) async fn take_back(&self, email: &str, admitted_at: Timestamp) {
        self.0.take_back(&account(email), ATTEMPTS, admitted_at).await;
    }

    /// The password was right.
    pub(crate) async fn forgive(&self, email: &str) {
        self.0.forget(&account(email)).await;
    }
}

/// The cache may be another server, whose keys others can list: they see no address.
fn account(email: &str) -> String {
    format!("login:{}", URL_SAFE_NO_PAD.encode(Sha256::digest(email)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(seconds)
    }

    #[tokio::test]
    async fn ten_attempts_in_any_fifteen_minutes() {
        let throttle = Throttle::new(Cache::local());
        for second in 0..10 {
            assert!(throttle.admit("a@example.com", at(second)).await);
        }
        assert!(!throttle.admit("a@example.com", at(10)).await);
        assert!(throttle.admit("b@example.com", at(10)).await);
        assert!(!throttle.admit("a@example.com", at(899)).await);
        assert!(throttle.admit("a@example.com", at(900)).await, "the first one is forgotten");
        assert!(!throttle.admit("a@example.com", at(900)).await, "the others are not");
        throttle.forgive("a@example.com").await;
        assert!(throttle.admit("a@example.com", at(900)).await);
    }

    #[tokio::test]
    async fn what_was_taken_back_does_not_count() {
        let throttle = Throttle::new(Cache::local());
        for second in 0..100 {
            assert!(throttle.admit("a@example.com", at(second)).await);
            throttle.take_back("a@example.com", at(second)).await;
        }
    }

    #[test]
    fn the_cache_is_told_no_address() {
        assert_eq!(account("a@example.com"), "login:CBaM2A39U0qw8QrxDxMD_gCvLUOrXBQyNg0Tf4GX4Xo");
        assert_ne!(account("a@example.com"), account("b@example.com"));
    }
}
