//! Holding back and releasing.

use anyhook_domain::{
    DeliveryId, DestinationId, LeaseId, Timestamp,
    delivery::{HeldReason, Hint},
};
use uuid::Uuid;

use super::small;
use crate::{
    Store, StoreError,
    batched::{Batched, execute},
    pools::{read, write_tx},
};

/// A delivery to be held back by the worker that has just claimed it.
#[derive(Clone, Copy, Debug)]
pub struct Hold {
    pub delivery_id: DeliveryId,
    pub lease_id: LeaseId,
    pub reason: HeldReason,
    pub held_at: Timestamp,
}

/// What may go of what was held back.
#[derive(Clone, Copy, Debug)]
pub struct Release {
    pub destination: DestinationId,
    /// Of those over the quota, the ones that were made before this instant; of the others all.
    pub over_quota_before: Timestamp,
    /// The instant until which the sweep leaves them to the answered hints.
    pub due_at: Timestamp,
    pub most: u32,
}

static HOLD: Batched = Batched::new(
    // One whose place a replay took meanwhile ends here.
    "-- hold\nWITH v(delivery, lease, reason, held_at) AS (VALUES ",
    4,
    ") UPDATE deliveries SET state = CASE WHEN is_current THEN 'held' ELSE 'failed' END, \
     held_reason = CASE WHEN is_current THEN v.reason END, \
     finished_at = CASE WHEN NOT is_current THEN v.held_at END, \
     due_at = NULL, lease_id = NULL, claimed_at = NULL FROM v \
     WHERE deliveries.id = v.delivery AND deliveries.lease_id = v.lease",
);

impl Store {
    /// Holds back claimed deliveries; no attempt is counted.
    ///
    /// # Errors
    /// [`StoreError`]: then the leases stay, and run out.
    pub async fn hold(&self, holds: &[Hold]) -> Result<(), StoreError> {
        if holds.is_empty() {
            return Ok(());
        }
        write_tx!(self, |tx| {
            execute!(
                tx,
                HOLD,
                holds,
                |it| [it.delivery_id.0, it.lease_id.0, it.reason.as_str(), it.held_at.unix_ms(),]
            );
        });
        Ok(())
    }

    /// The destinations that deliveries are held back from.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn held_destinations(&self) -> Result<Vec<DestinationId>, StoreError> {
        let ids: Vec<Uuid> = read!(self, |conn| {
            sqlx::query_scalar(
                "-- held destinations\nSELECT DISTINCT destination_id FROM deliveries WHERE state = 'held'",
            )
            .fetch_all(conn)
            .await?
        });
        Ok(ids.into_iter().map(DestinationId).collect())
    }

    /// Releases held deliveries of a destination, oldest first.
    ///
    /// # Errors
    /// [`StoreError`]: then none is released.
    pub async fn release(&self, release: Release) -> Result<Vec<Hint>, StoreError> {
        let rows: Vec<(Uuid, i64)> = write_tx!(self, |tx| {
            sqlx::query_as(
                "-- release\nUPDATE deliveries SET state = 'pending', held_reason = NULL, due_at = $2 WHERE id IN \
                 (SELECT id FROM deliveries WHERE destination_id = $1 AND state = 'held' \
                 AND (held_reason <> 'over_quota' OR created_at < $4) ORDER BY id LIMIT $3) \
                 AND state = 'held' RETURNING id, attempts",
            )
            .bind(release.destination.0)
            .bind(release.due_at.unix_ms())
            .bind(i64::from(release.most))
            .bind(release.over_quota_before.unix_ms())
            .fetch_all(&mut *tx)
            .await?
        });
        let hint = |(id, attempts)| Hint {
            delivery_id: DeliveryId(id),
            destination_id: release.destination,
            attempts: small(attempts),
        };
        Ok(rows.into_iter().map(hint).collect())
    }
}
