//! Claiming for a destination that takes only so many attempts at once, whichever processes make them.

use anyhook_domain::{DeliveryId, DestinationId, LeaseId, TenantId, Timestamp, delivery::Lease};

use super::{
    Claim,
    claim::{CLAIM, ClaimedRow, lease},
};
use crate::{
    Store, StoreError,
    batched::{Batched, execute, fetch},
    error::again,
    pools::{write_of, write_tx},
};

/// Deliveries that were claimed for one destination, and those for which it had no room.
#[derive(Clone, Debug, Default)]
pub struct ClaimedWithin {
    pub leases: Vec<Lease>,
    /// They stay as they are.
    pub refused: Vec<DeliveryId>,
}

/// Changes nothing; on PostgreSQL it makes whoever else claims for this destination wait. Gives its bound.
const LOCK: &str = "-- lock slots\nUPDATE destinations SET max_concurrency = max_concurrency WHERE id = $1 \
                    RETURNING max_concurrency";
/// A slot is free once its delivery is not leased as it was any more, and its handler's time is over.
const FREE: &str = "-- free slots\nDELETE FROM destination_slots WHERE destination_id = $1 AND until <= $2 \
                    AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.id = destination_slots.delivery_id \
                    AND d.lease_id = destination_slots.lease_id)";
const N_TAKEN: &str = "-- taken slots\nSELECT count(*) FROM destination_slots WHERE destination_id = $1";
static TAKE: Batched = Batched::new(
    "-- take slots\nINSERT INTO destination_slots (lease_id, destination_id, tenant_id, delivery_id, until) VALUES ",
    5,
    "",
);

impl Store {
    /// Like [`Store::claim`], for deliveries to one destination: no more of them are leased at once than it takes. The
    /// first ones of the list come first.
    ///
    /// # Errors
    /// [`StoreError`]: then none is held.
    pub async fn claim_within(
        &self,
        destination: DestinationId,
        claims: &[Claim],
        now: Timestamp,
    ) -> Result<ClaimedWithin, StoreError> {
        if claims.is_empty() {
            return Ok(ClaimedWithin::default());
        }
        let (rows, n_tried) = again!(self.claim_within_once(destination, claims, now).await)?;
        let leases = rows.into_iter().map(lease).collect::<Result<_, _>>()?;
        Ok(ClaimedWithin { leases, refused: claims[n_tried..].iter().map(|it| it.seen.delivery_id).collect() })
    }

    async fn claim_within_once(
        &self,
        destination: DestinationId,
        claims: &[Claim],
        now: Timestamp,
    ) -> Result<(Vec<ClaimedRow>, usize), StoreError> {
        Ok(write_tx!(self, |tx| {
            let most: Option<Option<i64>> =
                sqlx::query_scalar(LOCK).bind(destination.0).fetch_optional(&mut *tx).await?;
            let bound = most.flatten();
            let n_free = match bound {
                Some(most) => {
                    sqlx::query(FREE).bind(destination.0).bind(now.unix_ms()).execute(&mut *tx).await?;
                    let n_taken: i64 = sqlx::query_scalar(N_TAKEN).bind(destination.0).fetch_one(&mut *tx).await?;
                    usize::try_from(most - n_taken).unwrap_or(0)
                }
                None => usize::MAX,
            };
            let n_tried = n_free.min(claims.len());
            let mut tried: Vec<_> = claims[..n_tried].iter().collect();
            // In one order everywhere, so that two transactions never wait for each other's rows.
            tried.sort_by_key(|it| it.seen.delivery_id);
            let rows = fetch!(tx, ClaimedRow, CLAIM, &tried, |it| [
                it.seen.delivery_id.0,
                i64::from(it.seen.attempts),
                it.lease_id.0,
                it.claimed_at.unix_ms(),
                it.until.unix_ms(),
                it.due_by.unix_ms(),
            ]);
            if bound.is_some() {
                execute!(tx, TAKE, &rows, |row| [row.5, row.4, row.2, row.0, 0_i64]);
            }
            (rows, n_tried)
        }))
    }

    /// Keeps the slot of a lease, if it has one, until an instant, though the lease ends before that.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn keep_slot(&self, tenant: TenantId, lease: LeaseId, until: Timestamp) -> Result<(), StoreError> {
        write_of!(self, tenant, |tx| {
            sqlx::query("-- keep slot\nUPDATE destination_slots SET until = $2 WHERE lease_id = $1")
                .bind(lease.0)
                .bind(until.unix_ms())
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }
}
