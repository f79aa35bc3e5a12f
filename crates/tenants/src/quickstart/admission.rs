//! How many quickstarts there may be: of one address, of those near it, and in all.

use std::time::Duration;

use anyhook_cache::{Admission as Admitted, Cache, Limit};
use anyhook_domain::Timestamp;
use anyhook_store::Store;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::Quickstart;
use crate::{
    networks::{site, subscriber},
    problem::Problem,
};

const AN_HOUR: Duration = Duration::from_secs(60 * 60);
const A_DAY: Duration = AN_HOUR.saturating_mul(24);
/// Of one subscriber.
const OF_ONE: [(&str, Limit); 2] =
    [("hour", Limit { most: 5, within: AN_HOUR }), ("day", Limit { most: 20, within: A_DAY })];
/// Of one site, which has many addresses.
const OF_SITE: [(&str, Limit); 2] =
    [("site-hour", Limit { most: 20, within: AN_HOUR }), ("site-day", Limit { most: 60, within: A_DAY })];
/// Whoever has many sites needs so many hours to take all places.
const HOURS_TO_FILL: u32 = 10;
/// In an hour, however few places there are.
const FEWEST_AN_HOUR: u32 = 20;

/// Lets in whoever asks for a quickstart, or does not. All processes that share the cache count together.
pub(crate) struct Admission {
    config: Quickstart,
    cache: Cache,
}

impl Admission {
    pub(crate) const fn new(config: Quickstart, cache: Cache) -> Self {
        Self { config, cache }
    }

    /// # Errors
    /// [`Problem`] that says when to come back, if ever.
    pub(crate) async fn admit(&self, store: &Store, address: Option<&str>, now: Timestamp) -> Result<(), Problem> {
        if !self.config.is_on {
            return Err(Problem::QuickstartOff);
        }
        self.admit_address(address, now).await?;
        let n_unclaimed = store.tenant_counts().await?.n_unclaimed;
        if n_unclaimed >= i64::from(self.config.most_unclaimed) {
            // Some end at any time.
            return Err(Problem::TooManyQuickstarts { after: AN_HOUR });
        }
        Ok(())
    }

    /// What one limit refuses counts towards none.
    async fn admit_address(&self, address: Option<&str>, now: Timestamp) -> Result<(), Problem> {
        let counters = self.counters(address.unwrap_or("unknown"));
        for (at, (key, limit)) in counters.iter().enumerate() {
            if let Admitted::Refused { after } = self.cache.admit(key, *limit, now).await {
                for (key, limit) in &counters[..at] {
                    self.cache.take_back(key, *limit, now).await;
                }
                return Err(Problem::TooManyQuickstarts { after });
            }
        }
        Ok(())
    }

    fn counters(&self, address: &str) -> Vec<(String, Limit)> {
        let most = (self.config.most_unclaimed / HOURS_TO_FILL).max(FEWEST_AN_HOUR);
        let of_one = OF_ONE.map(|(name, limit)| (key(name, &subscriber(address)), limit));
        let of_site = OF_SITE.map(|(name, limit)| (key(name, &site(address)), limit));
        let of_all = ("quickstart:all".to_owned(), Limit { most, within: AN_HOUR });
        of_one.into_iter().chain(of_site).chain([of_all]).collect()
    }
}

/// The cache may be another server, whose keys others can list: they see no address.
fn key(limit: &str, network: &str) -> String {
    format!("quickstart:{limit}:{}", URL_SAFE_NO_PAD.encode(Sha256::digest(network)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission() -> Admission {
        Admission::new(Quickstart { is_on: true, most_unclaimed: 1000 }, Cache::local())
    }

    async fn n_admitted(admission: &Admission, addresses: impl IntoIterator<Item = String>) -> u32 {
        let mut n_admitted = 0;
        for address in addresses {
            n_admitted += u32::from(admission.admit_address(Some(&address), minutes(0)).await.is_ok());
        }
        n_admitted
    }

    fn minutes(n: i64) -> Timestamp {
        Timestamp::from_unix_seconds(n * 60)
    }

    #[tokio::test]
    async fn five_an_hour_and_twenty_a_day() {
        let admission = admission();
        let mut n_admitted = 0;
        for minute in 0..24 * 60 {
            let admitted = admission.admit_address(Some("a"), minutes(minute)).await;
            n_admitted += u32::from(admitted.is_ok());
            assert!(n_admitted <= 5 * (1 + u32::try_from(minute / 60).unwrap()), "after {minute} minutes");
        }
        assert_eq!(n_admitted, 20);
        assert!(admission.admit_address(Some("b"), minutes(0)).await.is_ok(), "another address is not to blame");
        assert!(admission.admit_address(Some("a"), minutes(24 * 60)).await.is_ok(), "the first one is forgotten");
    }

    #[tokio::test]
    async fn a_site_has_more_than_an_address_and_not_all() {
        let admission = admission();
        assert_eq!(n_admitted(&admission, (0..100).map(|n| format!("2001:db8:1:{n:x}::1"))).await, 20);
        assert_eq!(n_admitted(&admission, (0..100).map(|n| format!("203.0.113.{n}"))).await, 20);
        // What was refused did not count for its address.
        let later = Timestamp::from_unix_seconds(60 * 60);
        assert!(admission.admit_address(Some("2001:db8:1:63::1"), later).await.is_ok());
    }

    #[tokio::test]
    async fn an_hour_does_not_take_all_places() {
        let sites = |n: u32| (0..n).map(|n| format!("2001:db8:{n:x}::1"));
        assert_eq!(n_admitted(&admission(), sites(300)).await, 100);
        let few = Admission::new(Quickstart { is_on: true, most_unclaimed: 4 }, Cache::local());
        assert_eq!(n_admitted(&few, sites(300)).await, 20);
    }

    #[tokio::test]
    async fn whoever_says_no_address_counts_as_one() {
        let admission = admission();
        for n in 0..6 {
            assert_eq!(admission.admit_address(None, minutes(0)).await.is_ok(), n < 5);
        }
    }
}
