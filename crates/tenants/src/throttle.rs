//! How often passwords may be tried and mails asked for: by account, by address, and by both.

use std::time::Duration;

use anyhook_cache::{Admission, Cache, Limit};
use anyhook_domain::{TenantId, Timestamp, UserId};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::networks::{site, subscriber};

/// Every limit is for any stretch of so long: callers are told to come back after it.
const WITHIN: Duration = Duration::from_secs(15 * 60);
/// One account, from one address: somebody who does not remember.
const OF_BOTH: Limit = Limit { most: 10, within: WITHIN };
/// The same from one site, which has many addresses.
const OF_SITE: Limit = Limit { most: 20, within: WITHIN };
/// One account, from wherever it was not logged in to lately. Higher than those: a stranger who guesses must not keep the
/// owner out.
const OF_ACCOUNT: Limit = Limit { most: 50, within: WITHIN };
/// How long the network is remembered that an account was logged in to from.
const KNOWN_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// One address, whatever accounts. An office may be behind it.
const OF_ADDRESS: Limit = Limit { most: 100, within: WITHIN };
/// Codes of one account's second factor, from wherever: whoever tries one knows the password.
const CODES: Limit = Limit { most: 5, within: WITHIN };
/// Of a tenant.
const PROBES: Limit = Limit { most: 20, within: Duration::from_secs(60) };
const MAILS_TO_ONE: Limit = Limit { most: 5, within: WITHIN };
const MAILS_FROM_ONE: Limit = Limit { most: 50, within: WITHIN };
/// Of a tenant: a new team is invited at once.
const INVITATIONS: Limit = Limit { most: 50, within: Duration::from_secs(60 * 60) };

/// Counted for accounts that exist and for those that do not alike. All processes that share the cache count together.
pub(crate) struct Throttle(Cache);

/// A password that is tried.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempt<'a> {
    email: &'a str,
    /// Where it comes from, as far as it is known.
    address: Option<&'a str>,
    at: Timestamp,
    /// The account was logged in to from this network lately: whatever others do keeps it from nothing.
    is_known: bool,
}

impl Attempt<'_> {
    /// What it counts under.
    fn counters(&self) -> Vec<(String, Limit)> {
        let mut counters = vec![(self.pair("login-pair", self.address.map(subscriber)), OF_BOTH)];
        if !self.is_known {
            counters.extend(self.address.map(|from| (self.pair("login-site", Some(site(from))), OF_SITE)));
            counters.push((key("login", self.email), OF_ACCOUNT));
        }
        counters.extend(self.address.map(|from| (key("login-from", &subscriber(from)), OF_ADDRESS)));
        counters
    }

    /// Of the account and a network.
    fn pair(&self, kind: &str, network: Option<String>) -> String {
        key(kind, &format!("{}\0{}", self.email, network.unwrap_or_default()))
    }
}

impl Throttle {
    pub(crate) fn new(cache: Cache) -> Self {
        Self(cache)
    }

    /// An attempt to be.
    pub(crate) async fn attempt<'a>(&self, email: &'a str, address: Option<&'a str>, at: Timestamp) -> Attempt<'a> {
        let attempt = Attempt { email, address, at, is_known: false };
        let is_known = address.is_some() && self.0.read(&known(&attempt)).await.is_some();
        Attempt { is_known, ..attempt }
    }

    /// Counts an attempt, or refuses it when there were too many. Counted before the password is looked at, so that
    /// attempts at the same time count as well.
    pub(crate) async fn admit(&self, attempt: &Attempt<'_>) -> bool {
        for (key, limit) in attempt.counters() {
            if self.0.admit(&key, limit, attempt.at).await != Admission::Admitted {
                return false;
            }
        }
        true
    }

    /// Whether the password was right was not found out: an attempt that was admitted does not count.
    pub(crate) async fn take_back(&self, attempt: &Attempt<'_>) {
        for (key, limit) in attempt.counters() {
            self.0.take_back(&key, limit, attempt.at).await;
        }
    }

    /// The password was right, and its network is known from now on. Others' attempts at the account, and this address's at
    /// other accounts, go on counting.
    pub(crate) async fn forgive(&self, attempt: &Attempt<'_>) {
        self.take_back(attempt).await;
        self.0.forget(&attempt.pair("login-pair", attempt.address.map(subscriber))).await;
        if attempt.address.is_some() {
            self.0.set(&known(attempt), 1, KNOWN_FOR).await;
        }
    }

    /// The account's owner has chosen another password: former guesses say nothing about it.
    pub(crate) async fn forgive_account(&self, email: &str) {
        self.0.forget(&key("login", email)).await;
    }

    /// Counts a code that is tried, or refuses it. Before the code is looked at, as for passwords.
    pub(crate) async fn admit_code(&self, user: UserId, at: Timestamp) -> bool {
        self.0.admit(&code_of(user), CODES, at).await == Admission::Admitted
    }

    /// Whether the code was right was not found out.
    pub(crate) async fn take_back_code(&self, user: UserId, admitted_at: Timestamp) {
        self.0.take_back(&code_of(user), CODES, admitted_at).await;
    }

    /// The code was right, or is not asked for any more.
    pub(crate) async fn forgive_code(&self, user: UserId) {
        self.0.forget(&code_of(user)).await;
    }

    /// Counts a request that a tenant has made at once, a test or a check, or says when there is room again.
    pub(crate) async fn admit_probe(&self, tenant: TenantId, now: Timestamp) -> Admission {
        self.0.admit(&format!("probe:{tenant}"), PROBES, now).await
    }

    /// Counts a mail that somebody asks for, or refuses it.
    pub(crate) async fn admit_mail(&self, to: &str, from: Option<&str>, now: Timestamp) -> bool {
        self.admit_mail_from(from, now).await
            && self.0.admit(&key("mails-to", to), MAILS_TO_ONE, now).await == Admission::Admitted
    }

    /// The same for one that goes to each address once at the most.
    pub(crate) async fn admit_mail_from(&self, from: Option<&str>, now: Timestamp) -> bool {
        let Some(from) = from.map(subscriber) else { return true };
        self.0.admit(&key("mails-from", &from), MAILS_FROM_ONE, now).await == Admission::Admitted
    }

    /// Counts an invitation of a tenant's, or refuses it; its mail is counted as all others.
    pub(crate) async fn admit_invitation(&self, tenant: TenantId, now: Timestamp) -> bool {
        self.0.admit(&invitations_of(tenant), INVITATIONS, now).await == Admission::Admitted
    }

    /// It came to nothing.
    pub(crate) async fn forgive_invitation(&self, tenant: TenantId, admitted_at: Timestamp) {
        self.0.take_back(&invitations_of(tenant), INVITATIONS, admitted_at).await;
    }

    /// The same, and nor did its mail.
    pub(crate) async fn take_back_invitation(&self, tenant: TenantId, to: &str, admitted_at: Timestamp) {
        self.forgive_invitation(tenant, admitted_at).await;
        self.0.take_back(&key("mails-to", to), MAILS_TO_ONE, admitted_at).await;
    }
}

fn invitations_of(tenant: TenantId) -> String {
    format!("invitations:{tenant}")
}

/// Forgotten, it is a network as any other.
fn known(attempt: &Attempt<'_>) -> String {
    attempt.pair("login-known", attempt.address.map(subscriber))
}

fn code_of(user: UserId) -> String {
    format!("code:{user}")
}

/// The cache may be another server, whose keys others can list: they see no address.
fn key(kind: &str, whose: &str) -> String {
    format!("{kind}:{}", URL_SAFE_NO_PAD.encode(Sha256::digest(whose)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_seconds(seconds)
    }

    fn attempt<'a>(email: &'a str, address: Option<&'a str>, seconds: i64) -> Attempt<'a> {
        Attempt { email, address, at: at(seconds), is_known: false }
    }

    #[tokio::test]
    async fn ten_attempts_in_any_fifteen_minutes() {
        let throttle = Throttle::new(Cache::local());
        let a = |second| attempt("a@example.com", None, second);
        for second in 0..10 {
            assert!(throttle.admit(&a(second)).await);
        }
        assert!(!throttle.admit(&a(10)).await);
        assert!(throttle.admit(&attempt("b@example.com", None, 10)).await);
        assert!(!throttle.admit(&a(899)).await);
        assert!(throttle.admit(&a(900)).await, "the first one is forgotten");
        assert!(!throttle.admit(&a(900)).await, "the others are not");
        throttle.forgive(&a(900)).await;
        assert!(throttle.admit(&a(900)).await);
    }

    #[tokio::test]
    async fn a_stranger_does_not_keep_the_owner_out() {
        let throttle = Throttle::new(Cache::local());
        for second in 0..20 {
            let _ = throttle.admit(&attempt("a@example.com", Some("203.0.113.9"), second)).await;
        }
        assert!(!throttle.admit(&attempt("a@example.com", Some("203.0.113.9"), 20)).await);
        assert!(throttle.admit(&attempt("a@example.com", Some("198.51.100.1"), 20)).await);
    }

    #[tokio::test]
    async fn many_strangers_are_too_many_together() {
        let throttle = Throttle::new(Cache::local());
        let addresses: Vec<_> = (0..60).map(|n| format!("203.0.{n}.1")).collect();
        let mut n_admitted = 0;
        for address in &addresses {
            n_admitted += u32::from(throttle.admit(&attempt("a@example.com", Some(address), 0)).await);
        }
        assert_eq!(n_admitted, 50);
        throttle.forgive_account("a@example.com").await;
        assert!(throttle.admit(&attempt("a@example.com", Some("198.51.100.1"), 0)).await);
    }

    #[tokio::test]
    async fn strangers_do_not_keep_out_who_was_there_lately() {
        let throttle = Throttle::new(Cache::local());
        let (email, home) = ("a@example.com", Some("2001:db8::1"));
        throttle.forgive(&throttle.attempt(email, home, at(0)).await).await;
        for n in 0..60 {
            let from = format!("203.0.{n}.1");
            let _ = throttle.admit(&throttle.attempt(email, Some(&from), at(1)).await).await;
        }
        let elsewhere = throttle.attempt(email, Some("198.51.100.1"), at(1)).await;
        assert!(!throttle.admit(&elsewhere).await);
        // Of the same network; it has its own ten as before.
        let home = throttle.attempt(email, Some("2001:db8::2"), at(1)).await;
        for n in 0..11 {
            assert_eq!(throttle.admit(&home).await, n < 10, "{n}");
        }
        let other = throttle.attempt("b@example.com", Some("2001:db8::2"), at(1)).await;
        assert!(!other.is_known, "it is known for that account");
        assert!(!throttle.attempt(email, None, at(1)).await.is_known);
    }

    #[tokio::test]
    async fn one_site_alone_does_not_use_an_account_up() {
        let throttle = Throttle::new(Cache::local());
        let mut n_admitted = 0;
        for n in 0..60 {
            let from = format!("2001:db8:1:{n:x}::1");
            n_admitted += u32::from(throttle.admit(&attempt("a@example.com", Some(&from), 0)).await);
        }
        assert_eq!(n_admitted, 20);
        assert!(throttle.admit(&attempt("a@example.com", Some("2001:db8:2::1"), 0)).await);
    }

    #[tokio::test]
    async fn one_address_tries_so_many_accounts() {
        let throttle = Throttle::new(Cache::local());
        let emails: Vec<_> = (0..120).map(|n| format!("{n}@example.com")).collect();
        let mut n_admitted = 0;
        for (n, email) in emails.iter().enumerate() {
            // All of one network.
            let address = format!("2001:db8::{n:x}");
            n_admitted += u32::from(throttle.admit(&attempt(email, Some(&address), 0)).await);
        }
        assert_eq!(n_admitted, 100);
        assert!(throttle.admit(&attempt("z@example.com", Some("2001:db8:0:1::1"), 0)).await);
    }

    #[tokio::test]
    async fn who_knows_one_password_gains_no_guesses_at_others() {
        let throttle = Throttle::new(Cache::local());
        let mut n_guessed = 0;
        for second in 0..200 {
            let own = attempt("own@example.com", Some("203.0.113.9"), second);
            if throttle.admit(&own).await {
                throttle.forgive(&own).await;
            }
            let email = format!("{second}@example.com");
            n_guessed += u32::from(throttle.admit(&attempt(&email, Some("203.0.113.9"), second)).await);
        }
        assert_eq!(n_guessed, 100);
    }

    #[tokio::test]
    async fn what_was_taken_back_does_not_count() {
        let throttle = Throttle::new(Cache::local());
        for second in 0..200 {
            let attempt = attempt("a@example.com", Some("203.0.113.9"), second);
            assert!(throttle.admit(&attempt).await);
            throttle.take_back(&attempt).await;
        }
    }

    #[tokio::test]
    async fn so_many_mails_go_to_one_address() {
        let throttle = Throttle::new(Cache::local());
        for _ in 0..5 {
            assert!(throttle.admit_mail("a@example.com", None, at(0)).await);
        }
        assert!(!throttle.admit_mail("a@example.com", Some("203.0.113.9"), at(899)).await);
        assert!(throttle.admit_mail("a@example.com", Some("203.0.113.9"), at(900)).await);
    }

    #[test]
    fn the_cache_is_told_no_address() {
        assert_eq!(key("login", "a@example.com"), "login:CBaM2A39U0qw8QrxDxMD_gCvLUOrXBQyNg0Tf4GX4Xo");
        let counters = attempt("a@example.com", Some("203.0.113.9"), 0).counters();
        assert!(counters.iter().all(|(key, _)| !key.contains("example") && !key.contains("203")), "{counters:?}");
    }
}
