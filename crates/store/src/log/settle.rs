//! Settling: an attempt's result and what follows from it become one fact.

use std::collections::HashSet;

use anyhook_domain::{DeliveryId, EventId, LeaseId, Timestamp, retry::Next};
use uuid::Uuid;

use crate::{Store, StoreError, batched::Batched, pools::write_tx};

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
static RELEASE: Batched = Batched::new(
    "-- hand back\nWITH v(delivery, lease, next_due) AS (VALUES ",
    3,
    ") UPDATE deliveries SET lease_id = NULL, claimed_at = NULL, due_at = v.next_due FROM v \
     WHERE deliveries.id = v.delivery AND deliveries.lease_id = v.lease",
);

impl Store {
    /// Moves each delivery on and records its attempt, in one transaction. The answer names those that were moved:
    /// a worker whose lease ran out and was taken over is missing from it, and has changed nothing.
    ///
    /// # Errors
    /// [`StoreError`]: then none was moved.
    pub async fn settle(&self, settlements: &[Settlement]) -> Result<HashSet<DeliveryId>, StoreError> {
        Ok(write_tx!(self, |tx| {
            let mut moved = HashSet::with_capacity(settlements.len());
            for (sql, piece) in MOVE.pieces(settlements) {
                let mut query = sqlx::query_scalar::<_, Uuid>(sql);
                for settlement in piece {
                    query = query
                        .bind(settlement.delivery_id.0)
                        .bind(settlement.lease_id.0)
                        .bind(settlement.next.state.as_str())
                        .bind(settlement.next.due_at.map(Timestamp::unix_ms))
                        .bind(settlement.settled_at.unix_ms());
                }
                moved.extend(query.fetch_all(&mut *tx).await?.into_iter().map(DeliveryId));
            }
            let recorded: Vec<_> = settlements.iter().filter(|it| moved.contains(&it.delivery_id)).collect();
            for (sql, piece) in RECORD.pieces(&recorded) {
                let mut query = sqlx::query(sql);
                for settlement in piece {
                    let attempt = &settlement.attempt;
                    query = query
                        .bind(settlement.delivery_id.0)
                        .bind(i64::from(attempt.number))
                        .bind(settlement.event_id.0)
                        .bind(attempt.started_at.unix_ms())
                        .bind(millis(attempt.duration_ms))
                        .bind(attempt.outcome)
                        .bind(attempt.status_code.map(i64::from))
                        .bind(&attempt.error)
                        .bind(&attempt.url)
                        .bind(attempt.resolve_ms.map(millis))
                        .bind(attempt.connect_ms.map(millis))
                        .bind(attempt.tls_ms.map(millis))
                        .bind(attempt.first_byte_ms.map(millis))
                        .bind(&attempt.sealed_answer)
                        .bind(attempt.answer_truncated);
                }
                query.execute(&mut *tx).await?;
            }
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
            for (sql, piece) in RELEASE.pieces(leases) {
                let mut query = sqlx::query(sql);
                for (delivery, lease, due_at) in piece {
                    query = query.bind(delivery.0).bind(lease.0).bind(due_at.unix_ms());
                }
                query.execute(&mut *tx).await?;
            }
        });
        Ok(())
    }
}

fn millis(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}
