//! Keys that providers publish: fetched where a request has to be checked with them, and kept.

mod copies;

use std::time::Duration;

use anyhook_domain::{
    Timestamp,
    source::{Config, Reason, Request, Resources, Source, Verdict},
};
use tokio::time::Instant;

use crate::Egress;
use copies::{Copies, Copy};

/// What one check may spend on fetching, whatever it fetches; its sender waits.
const FETCH_WITHIN: Duration = Duration::from_millis(1_200);
/// How long a copy is used without asking.
const KEPT_FOR: Duration = Duration::from_secs(24 * 60 * 60);
/// A copy that is older than this may have been replaced by its provider, when a signature does not fit it.
const TRUSTED_FOR: Duration = Duration::from_secs(60);

/// Checks requests against keys that their providers publish. Cheap to clone; clones share their copies.
#[derive(Clone, Debug)]
pub struct Published(Copies);

/// What a request was to be checked with could not be fetched: nothing is known of the request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{url} could not be fetched: {why}")]
pub struct NotFetched {
    /// What was asked for, without its query, which may hold a token.
    pub url: String,
    /// A sentence for the operator.
    pub why: String,
}

impl Published {
    /// Nothing is fetched yet.
    #[must_use]
    pub fn new(egress: Egress) -> Self {
        Self(Copies::new(egress))
    }

    /// Like [`Source::verify`] at the instant at which the request arrived, with whatever keys it names, as they are
    /// published now. Where it names none, nothing is awaited.
    ///
    /// # Errors
    /// [`NotFetched`]: a key's host cannot be reached. That there is no such key is a rejection.
    pub async fn verify(
        &self,
        source: &Source,
        request: &Request<'_>,
        config: &Config,
        arrived_at: Timestamp,
        now: Timestamp,
    ) -> Result<Verdict, NotFetched> {
        let verify = |keys: &Resources| source.verify(request, config, keys, arrived_at);
        match source.resources(request, config) {
            Err(reason) => Ok(Verdict::Rejected(reason)),
            Ok(urls) if urls.is_empty() => Ok(verify(&Resources::default())),
            Ok(urls) => self.verify_with(&urls, now, verify).await,
        }
    }

    /// Verifies with what is published at these addresses. What does not fit a copy of some age is verified once more
    /// with a new one: the provider may have changed its key.
    ///
    /// # Errors
    /// [`NotFetched`].
    pub async fn verify_with(
        &self,
        urls: &[String],
        now: Timestamp,
        verify: impl Fn(&Resources) -> Verdict,
    ) -> Result<Verdict, NotFetched> {
        let deadline = Instant::now() + FETCH_WITHIN;
        let mut copies = Vec::with_capacity(urls.len());
        for url in urls {
            let copy = self.0.get(url, KEPT_FOR, now, deadline).await;
            copies.push(copy.or_else(|failure| self.0.stale(url).ok_or(failure))?);
        }
        let verdict = with(urls, &copies, &verify);
        let are_new = copies.iter().all(|copy| copy.is_within(TRUSTED_FOR, now));
        if are_new || !is_about_the_key(&verdict) {
            return Ok(verdict);
        }
        for (url, copy) in urls.iter().zip(&mut copies) {
            *copy = self.0.get(url, TRUSTED_FOR, now, deadline).await?;
        }
        Ok(with(urls, &copies, &verify))
    }

    /// Asks for an address once, as a provider wants it to be done before it sends anything.
    ///
    /// # Errors
    /// [`NotFetched`] also for any other answer than success.
    pub async fn confirm(&self, url: &str) -> Result<(), NotFetched> {
        let answer = self.0.fetch(url, Instant::now() + FETCH_WITHIN).await?;
        let is_done = answer.status.is_success();
        is_done.then_some(()).ok_or_else(|| NotFetched::new(url, format!("its host answered {}", answer.status)))
    }
}

impl NotFetched {
    fn new(url: &str, why: impl Into<String>) -> Self {
        let url = url.split('?').next().unwrap_or_default();
        Self { url: url.to_owned(), why: why.into() }
    }
}

fn with(urls: &[String], copies: &[Copy], verify: impl Fn(&Resources) -> Verdict) -> Verdict {
    let one = |(url, copy): (&String, &Copy)| Ok((url.clone(), copy.content.clone()?.to_vec()));
    let keys: Result<Resources, &'static str> = urls.iter().zip(copies).map(one).collect();
    keys.map_or_else(|why| Verdict::Rejected(Reason::UnusableKey(why)), |keys| verify(&keys))
}

/// Whether another key could make it right.
fn is_about_the_key(verdict: &Verdict) -> bool {
    use Reason::{OtherSecret, OtherSecretOrUrl, UntrustedCertificate, UnusableKey};
    let Verdict::Rejected(reason) = verdict else { return false };
    matches!(reason, OtherSecret | OtherSecretOrUrl(_) | UntrustedCertificate(_) | UnusableKey(_))
}
