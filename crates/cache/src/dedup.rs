//! Which events are known to be in the log: a short cut for repeats.

use std::time::Duration;

use anyhook_domain::{AppId, EventId};
use tokio::time::Instant;
use uuid::Uuid;

use crate::{Cache, remote::Remote};

/// Events remembered at most: about ten megabytes.
const MAX_EVENTS: usize = 50_000;

/// What makes an event the same as another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DedupKey {
    pub app_id: AppId,
    pub key: [u8; 16],
    pub body_hash: [u8; 32],
}

impl DedupKey {
    fn bytes(&self) -> [u8; 64] {
        let mut bytes = [0; 64];
        bytes[..16].copy_from_slice(self.app_id.0.as_bytes());
        bytes[16..32].copy_from_slice(&self.key);
        bytes[32..].copy_from_slice(&self.body_hash);
        bytes
    }
}

/// The first event of each key, and until when that is remembered.
#[derive(Debug)]
pub(crate) struct Firsts(quick_cache::sync::Cache<DedupKey, (EventId, Instant)>);

impl Default for Firsts {
    fn default() -> Self {
        Self(quick_cache::sync::Cache::new(MAX_EVENTS))
    }
}

impl Firsts {
    fn get(&self, key: &DedupKey) -> Option<EventId> {
        self.0.get(key).filter(|(_, until)| Instant::now() < *until).map(|(id, _)| id)
    }
}

impl Cache {
    /// The event of each key that is known to be in the log already. `None` says nothing: ask the log.
    pub async fn seen(&self, keys: &[DedupKey]) -> Vec<Option<EventId>> {
        let mut seen: Vec<_> = keys.iter().map(|key| self.memory().firsts.get(key)).collect();
        if let Self::Remote(remote) = self {
            remote.complete(keys, &mut seen).await;
        }
        seen
    }

    /// Remembers events, each by its key, without waiting.
    ///
    /// INVARIANT: they are in the log, durably, and stay there for `keep_for`.
    pub fn remember(&self, events: &[(DedupKey, EventId)], keep_for: Duration) {
        let until = crate::until(keep_for);
        for (key, id) in events {
            self.memory().firsts.0.insert(*key, (*id, until));
            if let Self::Remote(remote) = self {
                remote.remember(key, *id, keep_for);
            }
        }
    }
}

impl Remote {
    /// Asks for those that are not in memory.
    async fn complete(&self, keys: &[DedupKey], seen: &mut [Option<EventId>]) {
        let missing: Vec<usize> = (0..keys.len()).filter(|at| seen[*at].is_none()).collect();
        if missing.is_empty() {
            return;
        }
        let names: Vec<_> = missing.iter().map(|at| self.key("dedup", keys[*at].bytes())).collect();
        let command = redis::Cmd::mget(names);
        let ask = async |mut redis| command.query_async::<Vec<Option<Vec<u8>>>>(&mut redis).await;
        for (at, id) in missing.into_iter().zip(self.ask(ask).await.unwrap_or_default()) {
            seen[at] = id.and_then(|bytes| Uuid::from_slice(&bytes).ok()).map(EventId);
        }
    }

    fn remember(&self, key: &DedupKey, id: EventId, keep_for: Duration) {
        let command = redis::Cmd::pset_ex(self.key("dedup", key.bytes()), id.0.as_bytes(), crate::expiry(keep_for));
        self.outgoing.push(command);
    }
}
