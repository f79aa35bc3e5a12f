//! How many quickstarts there may be: of one address, and in all.

use std::{
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};

use anyhook_cache::{Admission as Admitted, Cache, Limit};
use anyhook_domain::Timestamp;
use anyhook_store::Store;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::Quickstart;
use crate::problem::Problem;

const AN_HOUR: Duration = Duration::from_secs(60 * 60);
const LIMITS: [(&str, Limit); 2] =
    [("hour", Limit { most: 5, within: AN_HOUR }), ("day", Limit { most: 20, within: AN_HOUR.saturating_mul(24) })];

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
        self.admit_address(&network(address), now).await?;
        let n_unclaimed = store.tenant_counts().await?.n_unclaimed;
        if n_unclaimed >= i64::from(self.config.most_unclaimed) {
            // Some end at any time.
            return Err(Problem::TooManyQuickstarts { after: AN_HOUR });
        }
        Ok(())
    }

    /// What one limit refuses counts towards none.
    async fn admit_address(&self, network: &str, now: Timestamp) -> Result<(), Problem> {
        for (at, (name, limit)) in LIMITS.iter().enumerate() {
            if let Admitted::Refused { after } = self.cache.admit(&key(name, network), *limit, now).await {
                for (name, limit) in &LIMITS[..at] {
                    self.cache.take_back(&key(name, network), *limit, now).await;
                }
                return Err(Problem::TooManyQuickstarts { after });
            }
        }
        Ok(())
    }
}

/// What one subscriber is given counts as one: an IPv4 address, the first half of an IPv6 one.
fn network(address: Option<&str>) -> String {
    match address.and_then(|text| text.parse::<IpAddr>().ok()).map(|address| address.to_canonical()) {
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let half = u128::from(address) & !u128::from(u64::MAX);
            Ipv6Addr::from(half).to_string()
        }
        None => "unknown".to_owned(),
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
        Admission::new(Quickstart { is_on: true, most_unclaimed: 1 }, Cache::local())
    }

    fn minutes(n: i64) -> Timestamp {
        Timestamp::from_unix_seconds(n * 60)
    }

    #[tokio::test]
    async fn five_an_hour_and_twenty_a_day() {
        let admission = admission();
        let mut n_admitted = 0;
        for minute in 0..24 * 60 {
            let admitted = admission.admit_address("a", minutes(minute)).await;
            n_admitted += u32::from(admitted.is_ok());
            assert!(n_admitted <= 5 * (1 + u32::try_from(minute / 60).unwrap()), "after {minute} minutes");
        }
        assert_eq!(n_admitted, 20);
        assert!(admission.admit_address("b", minutes(0)).await.is_ok(), "another address is not to blame");
        assert!(admission.admit_address("a", minutes(24 * 60)).await.is_ok(), "the first one is forgotten");
    }

    #[test]
    fn a_subscriber_counts_as_one() {
        assert_eq!(network(Some("::ffff:203.0.113.9")), "203.0.113.9");
        assert_eq!(network(Some("2001:db8:1:2:3::4")), network(Some("2001:db8:1:2:9::")));
        assert_ne!(network(Some("2001:db8:1:2::")), network(Some("2001:db8:1:3::")));
        assert_eq!([network(None), network(Some("nonsense"))], ["unknown", "unknown"]);
    }
}
