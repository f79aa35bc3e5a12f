//! Replaying: new deliveries of stored events take the place of older ones.

use std::collections::HashSet;

use anyhook_domain::{AppId, DeliveryId, DestinationId, EventId, TenantId, Timestamp, delivery::Hint};
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::{
    TRY_SOON,
    once::{Once, take_key},
};
use crate::{
    Store, StoreError,
    batched::{Batched, execute, fetch},
    config::{AuditEntry, insert_audits},
    pools::{read_of, write_of},
};

/// What decides whether an event can be replayed, and where to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replayable {
    pub app_id: AppId,
    pub is_rejected: bool,
    /// Its content was not forgotten.
    pub has_content: bool,
    /// It waits for room in its tenant's plan.
    pub is_over_quota: bool,
}

/// Where an event is replayed to.
#[derive(Clone, Copy, Debug)]
pub enum ReplayTo<'a> {
    /// Each with the new delivery.
    Destinations(&'a [(DestinationId, DeliveryId)]),
    /// The id of a URL that is no destination.
    Url(DestinationId, DeliveryId),
}

/// When a replay happens.
#[derive(Clone, Copy, Debug)]
pub struct ReplayTimes {
    pub now: Timestamp,
    /// The instant before which the sweep leaves the new deliveries to the answered hints.
    pub due_at: Timestamp,
}

/// A search for an app's failed deliveries, in batches, oldest event first.
#[derive(Clone, Copy, Debug)]
pub struct FailedSearch<'a> {
    pub tenant: TenantId,
    pub app: AppId,
    /// Only to these is anything replayed: the others are gone.
    pub destinations: &'a [DestinationId],
    /// Where the batch before this one ended: what it replayed and failed again at once is not replayed once more.
    pub after: Option<(EventId, DeliveryId)>,
    pub most: u32,
}

/// One batch of replayed deliveries.
#[derive(Clone, Debug, Default)]
pub struct ReplayedBatch {
    pub hints: Vec<Hint>,
    /// Whose they are.
    pub events: HashSet<EventId>,
    /// Where the next batch begins; `None` after the last one.
    pub next: Option<(EventId, DeliveryId)>,
}

/// What became of a replay of one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replayed {
    Done(Vec<Hint>),
    NoSuchEvent,
    /// Its key was taken before: nothing was done.
    Repeat,
}

/// A delivery that a replay makes.
pub(super) struct Renewal {
    pub(super) id: DeliveryId,
    pub(super) event: EventId,
    pub(super) destination: DestinationId,
    pub(super) tenant: TenantId,
    pub(super) app: AppId,
    pub(super) is_aside: bool,
    pub(super) due_ms: i64,
    pub(super) made_ms: i64,
}

type FailedRow = (Uuid, Uuid, Uuid);

/// Changes nothing; what counts is the lock. INVARIANT: whoever makes deliveries current holds their events' rows, so
/// that two replays at once cannot leave two current deliveries to one destination.
pub(super) static LOCK: Batched =
    Batched::new("-- replay lock\nUPDATE events SET source = source WHERE id IN (", 1, ") RETURNING id");
/// A delivery that waits ends here, since the replay takes its place; one that runs is left to its worker.
pub(super) static SUPERSEDE: Batched = Batched::new(
    "-- replay supersede\nWITH v(event, destination, ended) AS (VALUES ",
    3,
    ") UPDATE deliveries SET is_current = FALSE, held_reason = NULL, \
     state = CASE WHEN state IN ('pending', 'held') AND lease_id IS NULL THEN 'failed' ELSE state END, \
     due_at = CASE WHEN lease_id IS NULL THEN NULL ELSE due_at END, \
     finished_at = CASE WHEN state IN ('pending', 'held') AND lease_id IS NULL THEN v.ended ELSE finished_at END \
     FROM v WHERE deliveries.event_id = v.event AND deliveries.destination_id = v.destination AND deliveries.is_current",
);
/// Who was replayed by another meanwhile is missing from the answer.
static SUPERSEDE_FAILED: Batched = Batched::new(
    "-- replay supersede failed\nUPDATE deliveries SET is_current = FALSE \
     WHERE is_current AND state = 'failed' AND id IN (VALUES ",
    1,
    ") RETURNING id",
);
pub(super) static INSERT: Batched = Batched::new(
    "-- replay insert\nWITH v(id, event, tenant, app, destination, is_aside, due, made) AS (VALUES ",
    8,
    ") INSERT INTO deliveries (id, event_id, tenant_id, app_id, destination_id, triggered_by, state, attempts, due_at, \
     is_current, is_aside, created_at) SELECT id, event, tenant, app, destination, 'replay', 'pending', 0, due, TRUE, \
     is_aside, made FROM v",
);

impl Store {
    /// What a replay must know of an event; `None` when the tenant has no such event.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn replayable(&self, tenant: TenantId, event: EventId) -> Result<Option<Replayable>, StoreError> {
        let row: Option<(Uuid, bool, bool, bool)> = read_of!(self, tenant, |conn| {
            sqlx::query_as(
                "-- replayable\nSELECT e.app_id, e.rejection IS NOT NULL, k.event_id IS NOT NULL, \
                 EXISTS (SELECT 1 FROM deliveries d WHERE d.event_id = e.id AND d.held_reason = 'over_quota') \
                 FROM events e LEFT JOIN event_keys k ON k.event_id = e.id WHERE e.id = $1 AND e.tenant_id = $2",
            )
            .bind(event.0)
            .bind(tenant.0)
            .fetch_optional(conn)
            .await?
        });
        let replayable = |(app, is_rejected, has_content, is_over_quota)| Replayable {
            app_id: AppId(app),
            is_rejected,
            has_content,
            is_over_quota,
        };
        Ok(row.map(replayable))
    }

    /// The destinations that an event had deliveries to.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn destinations_of_event(
        &self,
        tenant: TenantId,
        event: EventId,
    ) -> Result<Vec<DestinationId>, StoreError> {
        let ids: Vec<Uuid> = read_of!(self, tenant, |conn| {
            sqlx::query_scalar(
                "-- destinations of event\nSELECT DISTINCT destination_id FROM deliveries WHERE event_id = $1 \
                 AND tenant_id = $2",
            )
            .bind(event.0)
            .bind(tenant.0)
            .fetch_all(conn)
            .await?
        });
        Ok(ids.into_iter().map(DestinationId).collect())
    }

    /// Makes a new delivery of an event to each of these destinations; they take the place of the ones before them.
    /// `None` when the tenant has no such event.
    ///
    /// # Errors
    /// [`StoreError`]: then nothing is replayed.
    pub async fn replay_event(
        &self,
        tenant: TenantId,
        event: EventId,
        destinations: &[(DestinationId, DeliveryId)],
        times: ReplayTimes,
    ) -> Result<Option<Vec<Hint>>, StoreError> {
        let replayed =
            self.replay_event_once(tenant, event, ReplayTo::Destinations(destinations), times, None, &[]).await?;
        Ok(if let Replayed::Done(hints) = replayed { Some(hints) } else { None })
    }

    /// The same, once for each key, and written down.
    ///
    /// # Errors
    /// [`StoreError`]: then nothing is replayed, and the key is free.
    pub async fn replay_event_once(
        &self,
        tenant: TenantId,
        event: EventId,
        to: ReplayTo<'_>,
        times: ReplayTimes,
        once: Option<&Once<'_>>,
        records: &[AuditEntry<'_>],
    ) -> Result<Replayed, StoreError> {
        let (due_ms, made_ms) = (times.due_at.unix_ms(), times.now.unix_ms());
        let (aside, is_aside);
        let destinations = match to {
            ReplayTo::Destinations(destinations) => {
                is_aside = false;
                destinations
            }
            ReplayTo::Url(url, delivery) => {
                (aside, is_aside) = ([(url, delivery)], true);
                &aside
            }
        };
        write_of!(self, tenant, |tx| {
            if let Some(once) = once
                && !take_key!(tx, tenant, once, times.now)
            {
                return Ok(Replayed::Repeat);
            }
            let app: Option<Uuid> = sqlx::query_scalar(
                "-- replay one lock\nUPDATE events SET source = source WHERE id = $1 AND tenant_id = $2 RETURNING app_id",
            )
            .bind(event.0)
            .bind(tenant.0)
            .fetch_optional(&mut *tx)
            .await?;
            let Some(app) = app.map(AppId) else { return Ok(Replayed::NoSuchEvent) };
            execute!(tx, SUPERSEDE, destinations, |(destination, _)| [event.0, destination.0, made_ms]);
            let renewal =
                |&(destination, id)| Renewal { id, event, destination, tenant, app, is_aside, due_ms, made_ms };
            let renewals: Vec<_> = destinations.iter().map(renewal).collect();
            execute!(tx, INSERT, &renewals, |it| [
                it.id.0,
                it.event.0,
                it.tenant.0,
                it.app.0,
                it.destination.0,
                it.is_aside,
                it.due_ms,
                it.made_ms
            ]);
            execute!(tx, TRY_SOON, destinations, |(destination, _)| [destination.0]);
            insert_audits!(tx, records);
        });
        Ok(Replayed::Done(destinations.iter().map(|&(destination, id)| hint(id, destination)).collect()))
    }

    /// Replays one batch of an app's failed deliveries to the destinations that they failed at, and writes that down, unless
    /// there was nothing to replay.
    ///
    /// # Errors
    /// [`StoreError`]: then nothing of this batch is replayed.
    pub async fn replay_failed(
        &self,
        search: &FailedSearch<'_>,
        times: ReplayTimes,
        mut new_id: impl FnMut() -> DeliveryId + Send,
        records: &[AuditEntry<'_>],
    ) -> Result<ReplayedBatch, StoreError> {
        let failed = if search.destinations.is_empty() { Vec::new() } else { self.failed_deliveries(search).await? };
        if failed.is_empty() {
            return Ok(ReplayedBatch::default());
        }
        let more = failed.len() >= search.most as usize;
        let next = failed.last().map(|&(event, id, _)| (EventId(event), DeliveryId(id))).filter(|_| more);
        let mut events: Vec<_> = failed.iter().map(|(event, ..)| *event).collect();
        events.dedup();
        let ids: Vec<_> = failed.iter().map(|(_, id, _)| *id).collect();
        let (due_ms, made_ms) = (times.due_at.unix_ms(), times.now.unix_ms());
        let renewals: Vec<Renewal> = write_of!(self, search.tenant, |tx| {
            let locked: HashSet<_> = fetch!(tx, (Uuid,), LOCK, &events, |id| [*id]).into_iter().collect();
            let superseded = fetch!(tx, (Uuid,), SUPERSEDE_FAILED, &ids, |id| [*id]);
            let superseded: HashSet<_> = superseded.into_iter().collect();
            let renewals: Vec<_> = failed
                .iter()
                .filter(|(event, id, _)| locked.contains(&(*event,)) && superseded.contains(&(*id,)))
                .map(|&(event, _, destination)| Renewal {
                    id: new_id(),
                    event: EventId(event),
                    destination: DestinationId(destination),
                    tenant: search.tenant,
                    app: search.app,
                    is_aside: false,
                    due_ms,
                    made_ms,
                })
                .collect();
            execute!(tx, INSERT, &renewals, |it| [
                it.id.0,
                it.event.0,
                it.tenant.0,
                it.app.0,
                it.destination.0,
                it.is_aside,
                it.due_ms,
                it.made_ms
            ]);
            if !renewals.is_empty() {
                execute!(tx, TRY_SOON, search.destinations, |destination| [destination.0]);
                insert_audits!(tx, records);
            }
            renewals
        });
        let events: HashSet<_> = renewals.iter().map(|renewal| renewal.event).collect();
        let hints = renewals.iter().map(|renewal| hint(renewal.id, renewal.destination)).collect();
        Ok(ReplayedBatch { hints, events, next })
    }

    /// The next failed current deliveries, to destinations that exist, whose events still have their content.
    async fn failed_deliveries(&self, search: &FailedSearch<'_>) -> Result<Vec<FailedRow>, StoreError> {
        let (event, delivery) = search.after.map_or((Uuid::nil(), Uuid::nil()), |(event, id)| (event.0, id.0));
        read_of!(self, search.tenant, |conn| {
            // What other destinations failed at is passed over here: skipped later, it would fill batch after batch.
            let mut query = QueryBuilder::new(
                "-- failed deliveries\nSELECT event_id, id, destination_id FROM deliveries \
                 WHERE is_current AND state <> 'success' AND state = 'failed' AND app_id = ",
            );
            query.push_bind(search.app.0).push(" AND tenant_id = ").push_bind(search.tenant.0);
            query.push(" AND (event_id, id) > (").push_bind(event).push(", ").push_bind(delivery);
            query.push(") AND destination_id IN (");
            let mut destinations = query.separated(", ");
            for destination in search.destinations {
                destinations.push_bind(destination.0);
            }
            query.push(
                ") AND EXISTS (SELECT 1 FROM event_keys k WHERE k.event_id = deliveries.event_id) \
                 ORDER BY event_id, id LIMIT ",
            );
            query.push_bind(i64::from(search.most));
            Ok(query.build_query_as().fetch_all(conn).await?)
        })
    }
}

pub(super) fn hint(delivery_id: DeliveryId, destination_id: DestinationId) -> Hint {
    Hint { delivery_id, destination_id, attempts: 0 }
}
