//! Copies of what is published, by address: bounded in number, size and age, and each fetched by one caller at a time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhook_domain::Timestamp;
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use quick_cache::sync::Cache;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use super::{NotFetched, TRUSTED_FOR};
use crate::{Answer, Egress, Outgoing};

/// Addresses that are remembered; the least used make room.
const CAPACITY: usize = 256;
/// The longest key or list of keys that is taken.
const MOST_BYTES: usize = 64 * 1024;
/// Fetches at once. Senders name the addresses: they must not be able to have any number of them asked for.
const MOST_FETCHES: usize = 32;
/// After a failure the host is left in peace this long, and nobody waits for it.
const AGAIN_AFTER: Duration = Duration::from_secs(5);

/// What was fetched; cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Copies(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    egress: Egress,
    slots: Cache<String, Arc<Slot>>,
    fetches: Semaphore,
}

/// One address.
#[derive(Debug, Default)]
struct Slot {
    /// Held by who fetches: the others wait and take what came.
    turn: tokio::sync::Mutex<()>,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    copy: Option<Copy>,
    failed: Option<(Timestamp, NotFetched)>,
}

/// What an address led to.
#[derive(Clone, Debug)]
pub(super) struct Copy {
    /// Or why there is nothing to be had.
    pub(super) content: Result<Bytes, &'static str>,
    fetched_at: Timestamp,
}

impl Copy {
    pub(super) fn is_within(&self, age: Duration, now: Timestamp) -> bool {
        // That there is nothing is soon asked again: somebody may have forgotten to publish it.
        let most = if self.content.is_ok() { age } else { age.min(TRUSTED_FOR) };
        now.since(self.fetched_at) < most
    }
}

impl Copies {
    pub(super) fn new(egress: Egress) -> Self {
        let (slots, fetches) = (Cache::new(CAPACITY), Semaphore::new(MOST_FETCHES));
        Self(Arc::new(Inner { egress: egress.keeping(MOST_BYTES), slots, fetches }))
    }

    /// A copy of at most this age, from memory or from its host.
    pub(super) async fn get(
        &self,
        url: &str,
        age: Duration,
        now: Timestamp,
        deadline: Instant,
    ) -> Result<Copy, NotFetched> {
        let slot = self.slot(url);
        if let Some(known) = slot.known().answer(age, now) {
            return known;
        }
        let overdue = |_| NotFetched::new(url, "others are asking for it, and have no answer yet");
        let _turn = timeout_at(deadline, slot.turn.lock()).await.map_err(overdue)?;
        if let Some(known) = slot.known().answer(age, now) {
            return known;
        }
        let fetched = self.fetch(url, deadline).await.and_then(|answer| content(url, &answer));
        let mut known = slot.known();
        match fetched {
            Ok(content) => {
                let copy = Copy { content, fetched_at: now };
                *known = Known { copy: Some(copy.clone()), failed: None };
                Ok(copy)
            }
            Err(failure) => {
                known.failed = Some((now, failure.clone()));
                Err(failure)
            }
        }
    }

    /// A key of any age: better than none while its host is away.
    pub(super) fn stale(&self, url: &str) -> Option<Copy> {
        let copy = self.slot(url).known().copy.clone()?;
        copy.content.is_ok().then_some(copy)
    }

    fn slot(&self, url: &str) -> Arc<Slot> {
        if let Some(slot) = self.0.slots.get(url) {
            return slot;
        }
        let slot = self.0.slots.get_or_insert_with(url, || Ok::<_, std::convert::Infallible>(Arc::default()));
        slot.unwrap_or_else(|never| match never {})
    }

    /// Any answer; redirects are not followed.
    pub(super) async fn fetch(&self, url: &str, deadline: Instant) -> Result<Answer, NotFetched> {
        let failed = |why: String| NotFetched::new(url, why);
        let _one = self.0.fetches.try_acquire().map_err(|_| failed("too much is asked for at once".to_owned()))?;
        let parsed = self.0.egress.parse(url).map_err(|refusal| failed(refusal.to_string()))?;
        if parsed.scheme() != "https" {
            return Err(failed("only https is trusted for keys".to_owned()));
        }
        let (method, headers) = (Method::GET, HeaderMap::new());
        let request = Outgoing { method, url: parsed, target: None, headers, body: Bytes::new() };
        let within = deadline.saturating_duration_since(Instant::now());
        self.0.egress.send(request, within).await.map_err(|failure| failed(failure.message))
    }
}

impl Slot {
    /// A panic elsewhere leaves nothing half-written here.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// What needs no asking.
    fn answer(&self, age: Duration, now: Timestamp) -> Option<Result<Copy, NotFetched>> {
        if let Some(copy) = self.copy.as_ref().filter(|copy| copy.is_within(age, now)) {
            return Some(Ok(copy.clone()));
        }
        let failed = self.failed.as_ref().filter(|(at, _)| now.since(*at) < AGAIN_AFTER);
        failed.map(|(_, failure)| Err(failure.clone()))
    }
}

/// What an answer says about a key; an error is an answer that says nothing.
fn content(url: &str, answer: &Answer) -> Result<Result<Bytes, &'static str>, NotFetched> {
    match answer.status {
        StatusCode::OK if answer.truncated => Ok(Err("it is longer than 64 KiB")),
        StatusCode::OK => Ok(Ok(answer.body.clone())),
        // Any other refusal may be about us, and pass.
        StatusCode::NOT_FOUND | StatusCode::GONE => Ok(Err("its host says that there is none")),
        status => Err(NotFetched::new(url, format!("its host answered {status}"))),
    }
}
