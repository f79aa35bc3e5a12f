//! Repeats that need no transaction: the cache knows their first events to be in the log. What it does not know, the log
//! decides.

use std::{collections::BTreeMap, time::Duration};

use anyhook_cache::{Cache, DedupKey};
use anyhook_domain::EventId;
use anyhook_store::{
    Store, in_time,
    log::{Appended, NewEvent},
};

use crate::Deps;

/// Shorter than the log remembers: what the cache still knows, the log does, too.
const REMEMBERED_FOR: Duration = Duration::from_secs(6 * 24 * 60 * 60);

/// Tells repeats from new events.
pub(crate) struct Repeats {
    cache: Cache,
    store: Store,
}

/// Of a batch, for each event the first one that it repeats, where that is known.
pub(crate) struct Known(Vec<Option<EventId>>);

impl Repeats {
    pub(crate) fn new(deps: &Deps) -> Self {
        Self { cache: deps.cache.clone(), store: deps.store.clone() }
    }

    /// Parts a batch into what is known to be a repeat and the rest.
    pub(crate) async fn part(&self, events: Vec<NewEvent>) -> (Known, Vec<NewEvent>) {
        let keys: Vec<_> = events.iter().filter_map(key).collect();
        if keys.is_empty() {
            return (Known(vec![None; events.len()]), events);
        }
        let mut seen = self.cache.seen(&keys).await.into_iter();
        let first = |event: &NewEvent| key(event).and_then(|_| seen.next().flatten());
        let known: Vec<_> = events.iter().map(first).collect();
        let new = events.into_iter().zip(&known).filter(|(_, first)| first.is_none()).map(|(event, _)| event);
        let new = new.collect();
        (Known(known), new)
    }

    /// Remembers what the log has taken.
    pub(crate) fn remember(&self, events: &[NewEvent], appended: &[Option<Appended>]) {
        let id = |(event, appended): (&NewEvent, &Option<Appended>)| {
            let first = match (*appended)? {
                Appended::Stored => event.id,
                // How long the log remembers that one is not known here.
                Appended::Duplicate { .. } => return None,
            };
            Some((key(event)?, first))
        };
        let stored: Vec<_> = events.iter().zip(appended).filter_map(id).collect();
        if !stored.is_empty() {
            self.cache.remember(&stored, REMEMBERED_FOR);
        }
    }

    /// Counts the repeats at their first events, as the log does with those that it finds.
    pub(crate) async fn count(&self, known: &Known) {
        let mut counts = BTreeMap::new();
        known.0.iter().flatten().for_each(|first| *counts.entry(*first).or_default() += 1);
        if counts.is_empty() {
            return;
        }
        let counts: Vec<(EventId, u32)> = counts.into_iter().collect();
        if let Err(error) = in_time(self.store.count_duplicates(&counts)).await {
            tracing::warn!(%error, n = counts.len(), "repeats were answered, but could not be counted");
        }
    }
}

impl Known {
    /// The answers to the whole batch, from those to its rest.
    pub(crate) fn merge(&self, rest: Vec<Option<Appended>>) -> Vec<Option<Appended>> {
        let mut rest = rest.into_iter();
        let answer = |first: &Option<EventId>| match first {
            Some(first) => Some(Appended::Duplicate { first: *first }),
            None => rest.next().flatten(),
        };
        self.0.iter().map(answer).collect()
    }
}

fn key(event: &NewEvent) -> Option<DedupKey> {
    Some(DedupKey { app_id: event.app_id, key: event.dedup_key?, body_hash: event.body_hash })
}
