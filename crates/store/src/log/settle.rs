//! Settling: an attempt's result and what follows from it become one fact.

use std::collections::HashSet;

use anyhook_domain::{DeliveryId, EventId, LeaseId, Timestamp, retry::Next};
use uuid::Uuid;

use crate::{
    Store, StoreError,
    batched::{Batched, execute, fetch},
    error::again,
    pools::write_tx,
};

/// The record of one attempt.
#[derive(Clone, Debug)]
pub struct AttemptRecord {
    /// From 1.
    pub number: u32,
    pub started_at: Timestamp,
    pub duration_ms: u64,
    /// `success`, `http_error`, or what kept an answer from coming.
    pub outcome: &'static str,
    pub status_code: Option<u16>,
    /// A sentence for the destination's owner.
    pub error: Option<String>,
    pub url: String,
    pub resolve_ms: Option<u64>,
    pub connect_ms: Option<u64>,
    pub tls_ms: Option<u64>,
    pub first_byte_ms: Option<u64>,
    pub sealed_answer: Option<Vec<u8>>,
    pub answer_truncated: bool,
}

/// The end of a lease.
#[derive(Clone, Debug)]
pub struct Settlement {
    pub delivery_id: DeliveryId,
    pub event_id: EventId,
    pub lease_id: LeaseId,
    pub next: Next,
    pub settled_at: Timestamp,
    pub attempt: AttemptRecord,
}

static MOVE: Batched = Batched::new(
    // One whose place a replay took meanwhile ends here: the replay tries again, not both.
    "-- settle\nWITH v(delivery, lease, next_state, next_due, settled) AS (VALUES ",
    5,
    ") UPDATE deliveries SET \
     state = CASE WHEN v.next_state = 'pending' AND NOT is_current THEN 'failed' ELSE v.next_state END, \
     due_at = CASE WHEN is_current THEN v.next_due END, \
     finished_at = CASE WHEN v.next_state <> 'pending' OR NOT is_current THEN v.settled END, \
     attempts = deliveries.attempts + 1, lease_id = NULL, claimed_at = NULL FROM v \
     WHERE deliveries.id = v.delivery AND deliveries.lease_id = v.lease RETURNING id",
);
static RECORD: Batched = Batched::new(
    "-- record attempt\nINSERT INTO attempts (delivery_id, number, event_id, started_at, duration_ms, outcome, \
     status_code, error, url, resolve_ms, connect_ms, tls_ms, first_byte_ms, sealed_answer, answer_truncated) VALUES ",
    15,
    "",
);
static HAND_BACK: Batched = Batched::new(
    // One whose place a replay took meanwhile ends here.
    "-- hand back\nWITH v(delivery, lease, next_due) AS (VALUES ",
    3,
    ") UPDATE deliveries SET lease_id = NULL, claimed_at = NULL, \
     state = CASE WHEN is_current THEN state ELSE 'failed' END, \
     due_at = CASE WHEN is_current THEN v.next_due END, \
     finished_at = CASE WHEN NOT is_current THEN v.next_due END FROM v \
     WHERE deliveries.id = v.delivery AND deliveries.lease_id = v.lease",
);

impl Store {
    /// Moves each delivery on and records its attempt, in one transaction. The answer names those that were moved:
    /// a worker whose lease ran out and was taken over is missing from it, and has changed nothing.
    ///
    /// # Errors
    /// [`StoreError`]: then none was moved.
    pub async fn settle(&self, settlements: &[Settlement]) -> Result<HashSet<DeliveryId>, StoreError> {
        let mut settlements: Vec<_> = settlements.iter().collect();
        // In one order everywhere, so that two transactions never wait for each other's rows.
        settlements.sort_by_key(|it| it.delivery_id);
        again!(self.settle_once(&settlements).await)
    }

    async fn settle_once(&self, settlements: &[&Settlement]) -> Result<HashSet<DeliveryId>, StoreError> {
        Ok(write_tx!(self, |tx| {
            let moved = fetch!(tx, (Uuid,), MOVE, settlements, |it| [
                it.delivery_id.0,
                it.lease_id.0,
                it.next.state.as_str(),
                it.next.due_at.map(Timestamp::unix_ms),
                it.settled_at.unix_ms(),
            ]);
            let moved: HashSet<_> = moved.into_iter().map(|(id,)| DeliveryId(id)).collect();
            let recorded: Vec<_> = settlements.iter().filter(|it| moved.contains(&it.delivery_id)).collect();
            execute!(tx, RECORD, &recorded, |it| [
                it.delivery_id.0,
                i64::from(it.attempt.number),
                it.event_id.0,
                it.attempt.started_at.unix_ms(),
                millis(it.attempt.duration_ms),
                it.attempt.outcome,
                it.attempt.status_code.map(i64::from),
                &it.attempt.error,
                &it.attempt.url,
                it.attempt.resolve_ms.map(millis),
                it.attempt.connect_ms.map(millis),
                it.attempt.tls_ms.map(millis),
                it.attempt.first_byte_ms.map(millis),
                &it.attempt.sealed_answer,
                it.attempt.answer_truncated,
            ]);
            moved
        }))
    }

    /// Gives up leases under which nothing was sent: the deliveries are due at the given instants, no attempt is
    /// counted.
    ///
    /// # Errors
    /// [`StoreError`]: then the leases stay, and run out.
    pub async fn hand_back(&self, leases: &[(DeliveryId, LeaseId, Timestamp)]) -> Result<(), StoreError> {
        write_tx!(self, |tx| {
            execute!(tx, HAND_BACK, leases, |(delivery, lease, due_at)| [delivery.0, lease.0, due_at.unix_ms()]);
        });
        Ok(())
    }
}

fn millis(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}
