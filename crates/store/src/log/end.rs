//! Ending what a tenant has in the log, for the pruning to remove.

use anyhook_domain::{EventId, TenantId, Timestamp};
use uuid::Uuid;

use crate::{
    Store, StoreError,
    batched::{Batched, execute},
    error::again,
    pools::write_of,
};

/// Removed with the next pruning, once their day is sealed. A list of ids names the days' partitions that are looked into.
static EXPIRE: Batched = Batched::new("-- end events\nUPDATE events SET keep_until = 0 WHERE id IN (", 1, ")");
/// One that runs is left to its worker: its next attempt finds no destination.
static END: Batched = Batched::new(
    "-- end deliveries\nWITH v(event, ended_at) AS (VALUES ",
    2,
    ") UPDATE deliveries SET state = 'failed', held_reason = NULL, due_at = NULL, finished_at = v.ended_at FROM v \
     WHERE deliveries.event_id = v.event AND deliveries.state IN ('pending', 'held') AND deliveries.lease_id IS NULL",
);

impl Store {
    /// Ends the deliveries of a tenant's oldest `most` events after one, and the time for which they are kept. The last of
    /// these events, to go on after; `None` when there was none any more.
    ///
    /// # Errors
    /// [`StoreError`]: then nothing of it is done.
    pub async fn end_events(
        &self,
        tenant: TenantId,
        after: Option<EventId>,
        now: Timestamp,
        most: u32,
    ) -> Result<Option<EventId>, StoreError> {
        again!(self.end_events_once(tenant, after, now, most).await)
    }

    async fn end_events_once(
        &self,
        tenant: TenantId,
        after: Option<EventId>,
        now: Timestamp,
        most: u32,
    ) -> Result<Option<EventId>, StoreError> {
        Ok(write_of!(self, tenant, |tx| {
            let events: Vec<Uuid> = sqlx::query_scalar(
                "-- end which events\nSELECT id FROM events WHERE tenant_id = $1 AND id > $2 ORDER BY id LIMIT $3",
            )
            .bind(tenant.0)
            .bind(after.map_or(Uuid::nil(), |event| event.0))
            .bind(i64::from(most))
            .fetch_all(&mut *tx)
            .await?;
            execute!(tx, EXPIRE, &events, |id| [*id]);
            execute!(tx, END, &events, |id| [*id, now.unix_ms()]);
            events.last().copied().map(EventId)
        }))
    }
}
