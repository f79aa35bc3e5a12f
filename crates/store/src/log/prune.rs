//! Removing what has been kept long enough.

use anyhook_domain::Timestamp;
use uuid::Uuid;

use crate::{
    Store, StoreError,
    batched::{Batched, execute, fetch},
    error::again,
    pools::write_tx,
};

/// How much a pruning removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    pub n_events: u64,
    pub n_dedup_keys: u64,
}

/// Removes events wholly, child rows first; each statement takes a list of event ids, which names the days' partitions
/// that are looked into (`IN (VALUES …)` would name none).
pub(super) static ERASE: [Batched; 6] = [
    Batched::new(
        "-- erase attempts\nDELETE FROM attempts WHERE delivery_id IN (SELECT id FROM deliveries WHERE event_id IN (",
        1,
        "))",
    ),
    Batched::new("-- erase deliveries\nDELETE FROM deliveries WHERE event_id IN (", 1, ")"),
    Batched::new("-- erase terms\nDELETE FROM event_terms WHERE event_id IN (", 1, ")"),
    Batched::new("-- erase contents\nDELETE FROM event_contents WHERE event_id IN (", 1, ")"),
    Batched::new("-- erase keys\nDELETE FROM event_keys WHERE event_id IN (", 1, ")"),
    Batched::new("-- erase events\nDELETE FROM events WHERE id IN (", 1, ")"),
];

/// Changes nothing; what counts is the lock.
static LOCK: Batched =
    Batched::new("-- prune lock\nUPDATE events SET source = source WHERE id IN (", 1, ") RETURNING id");
static WAITING: Batched = Batched::new(
    "-- prune waiting\nSELECT DISTINCT event_id FROM deliveries WHERE state IN ('pending', 'held') AND event_id IN (",
    1,
    ")",
);

impl Store {
    /// Removes at most `most` events whose time is over and that no delivery waits for, and as many dedup keys from
    /// before `dedup_before`.
    ///
    /// # Errors
    /// [`StoreError`]: then nothing is removed.
    pub async fn prune(&self, now: Timestamp, dedup_before: Timestamp, most: u32) -> Result<Pruned, StoreError> {
        again!(self.prune_once(now, dedup_before, most).await)
    }

    async fn prune_once(&self, now: Timestamp, dedup_before: Timestamp, most: u32) -> Result<Pruned, StoreError> {
        Ok(write_tx!(self, |tx| {
            let n_dedup_keys = sqlx::query(
                "-- prune dedup\nDELETE FROM dedup_keys WHERE (app_id, dedup_key, body_hash) IN (SELECT app_id, \
                 dedup_key, body_hash FROM dedup_keys WHERE received_at < $1 ORDER BY received_at LIMIT $2)",
            )
            .bind(dedup_before.unix_ms())
            .bind(i64::from(most))
            .execute(&mut *tx)
            .await?
            .rows_affected();
            let mut over: Vec<(Uuid,)> = sqlx::query_as(
                "-- prune over\nSELECT id FROM events WHERE keep_until < $1 AND NOT EXISTS (SELECT 1 FROM deliveries d \
                 WHERE d.event_id = events.id AND d.state IN ('pending', 'held')) ORDER BY keep_until LIMIT $2",
            )
            .bind(now.unix_ms())
            .bind(i64::from(most))
            .fetch_all(&mut *tx)
            .await?;
            // In one order everywhere, so that two transactions never wait for each other's rows.
            over.sort();
            // A replay locks its event as well, and is either seen below or finds nothing to replay.
            let locked = fetch!(tx, (Uuid,), LOCK, &over, |(id,)| [*id]);
            let locked: Vec<_> = locked.into_iter().map(|(id,)| id).collect();
            let waiting = fetch!(tx, (Uuid,), WAITING, &locked, |id| [*id]);
            let expired: Vec<_> = locked.into_iter().filter(|id| !waiting.contains(&(*id,))).collect();
            for erase in &ERASE {
                execute!(tx, erase, &expired, |id| [*id]);
            }
            Pruned { n_events: expired.len() as u64, n_dedup_keys }
        }))
    }
}
