//! What is overdue: retries whose time has come, hints that were lost, workers that vanished.

use anyhook_domain::{
    AppId, DeliveryId, DestinationId, EventId, LeaseId, TenantId, Timestamp,
    delivery::{Hint, Lease, Trigger},
};
use uuid::Uuid;

use super::{small, unknown_word};
use crate::{
    Store, StoreError,
    batched::{Batched, fetch},
    error::again,
    pools::{read, write_tx},
};

/// An overdue delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Nobody holds it: to be attempted.
    Free(Overdue),
    /// Its holder's time has run out.
    Abandoned { lease: Lease, claimed_at: Timestamp },
}

/// A free delivery as the sweep saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overdue {
    pub hint: Hint,
    pub due_at: Timestamp,
}

type Row = (Uuid, Uuid, Uuid, Uuid, Uuid, Option<Uuid>, String, i64, i64, Option<i64>);

static DEFER: Batched = Batched::new(
    "-- defer\nWITH v(delivery, seen, next_due) AS (VALUES ",
    3,
    ") UPDATE deliveries SET due_at = v.next_due, is_parked = FALSE FROM v \
     WHERE deliveries.id = v.delivery AND deliveries.due_at = v.seen AND deliveries.lease_id IS NULL RETURNING id",
);

impl Store {
    /// The deliveries that are overdue, longest first; at most `most`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn due(&self, now: Timestamp, most: u32) -> Result<Vec<Due>, StoreError> {
        let rows: Vec<Row> = read!(self, |conn| {
            sqlx::query_as(
                "-- due\nSELECT id, event_id, tenant_id, app_id, destination_id, lease_id, triggered_by, attempts, \
                 due_at, claimed_at FROM deliveries WHERE due_at <= $1 ORDER BY due_at LIMIT $2",
            )
            .bind(now.unix_ms())
            .bind(i64::from(most))
            .fetch_all(conn)
            .await?
        });
        rows.into_iter().map(due).collect()
    }

    /// Puts free overdue deliveries off to the given instant; the answer names those that nobody else touched first.
    /// Any number of sweepers may do this at once.
    ///
    /// # Errors
    /// [`StoreError`]: then none was put off.
    pub async fn defer(&self, seen: &[Overdue], until: Timestamp) -> Result<Vec<DeliveryId>, StoreError> {
        let mut seen: Vec<_> = seen.iter().collect();
        // In one order everywhere, so that two transactions never wait for each other's rows.
        seen.sort_by_key(|it| it.hint.delivery_id);
        let deferred = again!(self.defer_once(&seen, until).await)?;
        Ok(deferred.into_iter().map(|(id,)| DeliveryId(id)).collect())
    }

    async fn defer_once(&self, seen: &[&Overdue], until: Timestamp) -> Result<Vec<(Uuid,)>, StoreError> {
        Ok(write_tx!(self, |tx| {
            fetch!(tx, (Uuid,), DEFER, seen, |it| [it.hint.delivery_id.0, it.due_at.unix_ms(), until.unix_ms()])
        }))
    }

    /// The instant at which the longest overdue delivery was due: the age of the backlog.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn oldest_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let oldest: Option<i64> = read!(self, |conn| {
            sqlx::query_scalar("-- oldest due\nSELECT min(due_at) FROM deliveries WHERE due_at IS NOT NULL")
                .fetch_one(conn)
                .await?
        });
        Ok(oldest.map(Timestamp::from_unix_ms))
    }
}

fn due(row: Row) -> Result<Due, StoreError> {
    let (id, event, tenant, app, destination, lease_id, trigger, attempts, due_at, claimed_at) = row;
    let (delivery_id, destination_id) = (DeliveryId(id), DestinationId(destination));
    let (attempts, due_at) = (small(attempts), Timestamp::from_unix_ms(due_at));
    let Some(lease_id) = lease_id else {
        return Ok(Due::Free(Overdue { hint: Hint { delivery_id, destination_id, attempts }, due_at }));
    };
    let lease = Lease {
        id: LeaseId(lease_id),
        delivery_id,
        event_id: EventId(event),
        destination_id,
        tenant_id: TenantId(tenant),
        app_id: AppId(app),
        trigger: Trigger::parse(&trigger).ok_or_else(|| unknown_word("deliveries.triggered_by", &trigger))?,
        attempts,
        until: due_at,
    };
    Ok(Due::Abandoned { lease, claimed_at: claimed_at.map_or(due_at, Timestamp::from_unix_ms) })
}
