//! What waits for destinations that have as much to do as they may: it stands aside, so that everybody else's overdue
//! deliveries are found at once, however long their backlog is.

use anyhook_domain::{DeliveryId, DestinationId, Timestamp, delivery::Hint};
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::small;
use crate::{
    Store, StoreError,
    error::again,
    pools::{read, write_tx},
};

/// Each step finds the next destination in the index: what lies between them is not read.
const DESTINATIONS: &str = "-- parked destinations\nWITH RECURSIVE found(id, n) AS ( \
     SELECT (SELECT destination_id FROM deliveries WHERE is_parked AND state = 'pending' AND destination_id > $1 \
     ORDER BY destination_id LIMIT 1), 1 UNION ALL \
     SELECT (SELECT destination_id FROM deliveries WHERE is_parked AND state = 'pending' \
     AND destination_id > found.id ORDER BY destination_id LIMIT 1), n + 1 \
     FROM found WHERE found.id IS NOT NULL AND n < $2) SELECT id FROM found WHERE id IS NOT NULL";
const UNPARK: &str = "-- unpark\nUPDATE deliveries SET is_parked = FALSE, due_at = $2 WHERE id IN ( \
     SELECT id FROM deliveries WHERE is_parked AND state = 'pending' AND destination_id = $1 ORDER BY id LIMIT $3) \
     AND is_parked AND state = 'pending' AND lease_id IS NULL RETURNING id, attempts";

impl Store {
    /// Puts aside, until an instant, those of the `most` longest overdue deliveries that wait for these destinations. How
    /// many they were.
    ///
    /// # Errors
    /// [`StoreError`]: then none was.
    pub async fn park(
        &self,
        destinations: &[DestinationId],
        now: Timestamp,
        until: Timestamp,
        most: u32,
    ) -> Result<u64, StoreError> {
        if destinations.is_empty() {
            return Ok(0);
        }
        again!(self.park_once(destinations, now, until, most).await)
    }

    async fn park_once(
        &self,
        destinations: &[DestinationId],
        now: Timestamp,
        until: Timestamp,
        most: u32,
    ) -> Result<u64, StoreError> {
        Ok(write_tx!(self, |tx| {
            let mut query = QueryBuilder::new("-- park\nUPDATE deliveries SET is_parked = TRUE, due_at = ");
            query.push_bind(until.unix_ms());
            query.push(
                " WHERE id IN (SELECT id FROM (SELECT id, destination_id, lease_id FROM deliveries WHERE due_at <= ",
            );
            query.push_bind(now.unix_ms()).push(" ORDER BY due_at LIMIT ").push_bind(i64::from(most));
            query.push(") AS overdue WHERE lease_id IS NULL AND destination_id IN (");
            let mut list = query.separated(", ");
            for destination in destinations {
                list.push_bind(destination.0);
            }
            query.push(")) AND lease_id IS NULL AND state = 'pending' AND due_at + 0 <= ").push_bind(now.unix_ms());
            query.build().execute(&mut *tx).await?.rows_affected()
        }))
    }

    /// The destinations for which deliveries are put aside, in order, from the one after `after` on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn parked_destinations(
        &self,
        after: Option<DestinationId>,
        most: u32,
    ) -> Result<Vec<DestinationId>, StoreError> {
        let after = after.map_or_else(Uuid::nil, |id| id.0);
        let ids: Vec<Uuid> = read!(self, |conn| {
            sqlx::query_scalar(DESTINATIONS).bind(after).bind(i64::from(most)).fetch_all(conn).await?
        });
        Ok(ids.into_iter().map(DestinationId).collect())
    }

    /// Brings back the oldest deliveries that were put aside for a destination. The sweep leaves them to the answered hints
    /// until `due_at`.
    ///
    /// # Errors
    /// [`StoreError`]: then none was brought back.
    pub async fn unpark(
        &self,
        destination: DestinationId,
        due_at: Timestamp,
        most: u32,
    ) -> Result<Vec<Hint>, StoreError> {
        let mut rows = again!(self.unpark_once(destination, due_at, most).await)?;
        rows.sort_unstable();
        let hint = |(id, attempts): (Uuid, i64)| Hint {
            delivery_id: DeliveryId(id),
            destination_id: destination,
            attempts: small(attempts),
        };
        Ok(rows.into_iter().map(hint).collect())
    }

    async fn unpark_once(
        &self,
        destination: DestinationId,
        due_at: Timestamp,
        most: u32,
    ) -> Result<Vec<(Uuid, i64)>, StoreError> {
        Ok(write_tx!(self, |tx| {
            sqlx::query_as(UNPARK)
                .bind(destination.0)
                .bind(due_at.unix_ms())
                .bind(i64::from(most))
                .fetch_all(&mut *tx)
                .await?
        }))
    }
}
