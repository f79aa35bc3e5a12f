//! Claiming: one worker gets hold of one delivery, or learns that it lost the race.

use anyhook_domain::{
    AppId, DeliveryId, DestinationId, EventId, LeaseId, TenantId, Timestamp,
    delivery::{Lease, Trigger},
};
use uuid::Uuid;

use super::{small, unknown_word};
use crate::{
    Store, StoreError,
    batched::{Batched, fetch},
    error::again,
    pools::write_tx,
};

/// What a hint said of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    pub delivery_id: DeliveryId,
    pub attempts: u32,
}

/// A wish to hold a delivery until an instant.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    pub seen: Seen,
    /// Fresh: the fence against workers that come back late.
    pub lease_id: LeaseId,
    pub claimed_at: Timestamp,
    pub until: Timestamp,
    /// A delivery that is due later stays where it is: its hint is an old one.
    pub due_by: Timestamp,
}

/// As [`CLAIM`] answers.
pub(super) type ClaimedRow = (Uuid, Uuid, Uuid, Uuid, Uuid, Uuid, String, i64, i64);

pub(super) static CLAIM: Batched = Batched::new(
    // `+ 0`: rows are found by their ids; the index on `due_at` would be walked for each of them. What is parked was due
    // before that.
    "-- claim\nWITH v(delivery, seen, lease, started, lease_until, due_by) AS (VALUES ",
    6,
    ") UPDATE deliveries SET lease_id = v.lease, claimed_at = v.started, due_at = v.lease_until, is_parked = FALSE FROM v \
     WHERE deliveries.id = v.delivery AND deliveries.attempts = v.seen AND deliveries.state = 'pending' \
     AND deliveries.lease_id IS NULL AND (deliveries.is_parked OR deliveries.due_at + 0 <= v.due_by) \
     RETURNING id, event_id, tenant_id, app_id, destination_id, lease_id, triggered_by, attempts, due_at",
);

impl Store {
    /// Takes hold of those deliveries that still stand as they were seen. Who is missing from the answer was claimed by
    /// another, has moved on, or is gone: an old or double hint changes nothing.
    ///
    /// # Errors
    /// [`StoreError`]: then none is held.
    pub async fn claim(&self, claims: &[Claim]) -> Result<Vec<Lease>, StoreError> {
        if claims.is_empty() {
            return Ok(Vec::new());
        }
        let mut claims: Vec<_> = claims.iter().collect();
        // In one order everywhere, so that two transactions never wait for each other's rows.
        claims.sort_by_key(|it| it.seen.delivery_id);
        let rows = again!(self.claim_once(&claims).await)?;
        rows.into_iter().map(lease).collect()
    }

    async fn claim_once(&self, claims: &[&Claim]) -> Result<Vec<ClaimedRow>, StoreError> {
        Ok(write_tx!(self, |tx| {
            fetch!(tx, ClaimedRow, CLAIM, claims, |it| [
                it.seen.delivery_id.0,
                i64::from(it.seen.attempts),
                it.lease_id.0,
                it.claimed_at.unix_ms(),
                it.until.unix_ms(),
                it.due_by.unix_ms(),
            ])
        }))
    }
}

pub(super) fn lease(
    (id, event, tenant, app, destination, lease, trigger, attempts, until): ClaimedRow,
) -> Result<Lease, StoreError> {
    Ok(Lease {
        id: LeaseId(lease),
        delivery_id: DeliveryId(id),
        event_id: EventId(event),
        destination_id: DestinationId(destination),
        tenant_id: TenantId(tenant),
        app_id: AppId(app),
        trigger: Trigger::parse(&trigger).ok_or_else(|| unknown_word("deliveries.triggered_by", &trigger))?,
        attempts: small(attempts),
        until: Timestamp::from_unix_ms(until),
    })
}
