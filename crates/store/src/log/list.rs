//! Listing events, newest first: an index proposes ids, their rows say which status they have.

use std::collections::HashMap;

use anyhook_domain::{
    AppId, DestinationId, EventId, TenantId, Timestamp,
    delivery::State,
    event::{EventStatus, Verification},
};
use uuid::Uuid;

use super::{small, state, verification};
use crate::{Store, StoreError, batched::Batched, pools::read};

/// Which events are wanted.
#[derive(Clone, Copy, Debug)]
pub struct EventFilter<'a> {
    pub tenant: TenantId,
    /// Of one app only.
    pub app: Option<AppId>,
    /// The tenant's apps; where no single one is wanted, each is searched through its own index.
    pub existing_apps: &'a [AppId],
    pub wanted: Wanted,
    /// Only events before this one; an id of another tenant is as good as any.
    pub before: Option<EventId>,
    pub limit: u32,
}

/// In which state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    Any,
    Status(EventStatus),
    /// Accepted, and not yet, or never, delivered to each of its destinations.
    Undelivered,
}

/// Events, newest first.
#[derive(Clone, Debug, Default)]
pub struct EventPage {
    pub events: Vec<EventSummary>,
    /// Older ones may follow before this event. A page may have fewer events than asked for and still name one: the
    /// search for a rare status goes on from there.
    pub next: Option<EventId>,
}

/// What a list shows of an event.
#[derive(Clone, Debug)]
pub struct EventSummary {
    pub id: EventId,
    pub app_id: AppId,
    pub source: String,
    pub received_at: Timestamp,
    pub event_type: Option<String>,
    pub status: EventStatus,
    pub verification: Verification,
    /// Of all current deliveries.
    pub n_attempts: u32,
    /// The current delivery that the event's status comes from.
    pub leading: Option<CurrentDelivery>,
}

/// A delivery that no replay has taken the place of.
#[derive(Clone, Debug)]
pub struct CurrentDelivery {
    pub destination_id: DestinationId,
    pub state: State,
    pub attempts: u32,
    pub last: Option<LastAttempt>,
}

/// The newest attempt of a delivery.
#[derive(Clone, Debug)]
pub struct LastAttempt {
    pub status_code: Option<u32>,
    pub duration_ms: i64,
    pub url: String,
}

/// How many ids are looked at in one go while searching, and how often before a page is answered half full.
const SEARCH_BATCH: u32 = 500;
const MOST_SEARCHES: usize = 10;

type EventRow = (Uuid, Uuid, String, i64, Option<String>, String, bool);
type DeliveryRow = (Uuid, Uuid, String, i64, Option<i64>, Option<i64>, Option<String>);

static EVENTS: Batched = Batched::new(
    "-- summarise events\nWITH v(event) AS (VALUES ",
    1,
    ") SELECT e.id, e.app_id, e.source, e.received_at, e.event_type, e.verification, e.rejection IS NOT NULL FROM v \
     JOIN events e ON e.id = v.event",
);
static DELIVERIES: Batched = Batched::new(
    "-- summarise deliveries\nWITH v(event) AS (VALUES ",
    1,
    ") SELECT d.event_id, d.destination_id, d.state, d.attempts, a.status_code, a.duration_ms, a.url FROM v \
     JOIN deliveries d ON d.event_id = v.event AND d.is_current \
     LEFT JOIN attempts a ON a.delivery_id = d.id AND a.number = d.attempts",
);

impl Store {
    /// Lists events, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list_events(&self, filter: &EventFilter<'_>) -> Result<EventPage, StoreError> {
        let mut page = EventPage::default();
        let mut before = filter.before;
        // One more than fits tells whether there is a next page.
        let mut most = filter.limit.saturating_add(1);
        for _ in 0..MOST_SEARCHES {
            let ids = self.propose(filter, before, most).await?;
            let wanted = self.summaries(&ids).await?.into_iter().filter(|event| filter.wanted.takes(event.status));
            page.events.extend(wanted);
            if page.fill(filter.limit) || ids.len() < most as usize {
                return Ok(page);
            }
            before = ids.last().copied();
            most = SEARCH_BATCH;
        }
        page.next = before;
        Ok(page)
    }

    /// The next ids, newest first, that an index holds for the filter; the status is yet to be compared.
    async fn propose(
        &self,
        filter: &EventFilter<'_>,
        before: Option<EventId>,
        most: u32,
    ) -> Result<Vec<EventId>, StoreError> {
        let walk = Walk { tenant: filter.tenant.0, before: before.map_or(Uuid::max(), Uuid::from), most: most.into() };
        if filter.app.is_none() && filter.wanted.is_common() {
            return self.walk_tenant(walk).await;
        }
        let mut ids = Vec::new();
        for app in filter.app.as_ref().map_or(filter.existing_apps, std::slice::from_ref) {
            ids.extend(self.walk_app(walk, *app, filter.wanted).await?);
        }
        ids.sort_unstable_by(|a, b| b.cmp(a));
        ids.truncate(most as usize);
        Ok(ids)
    }

    async fn walk_tenant(&self, walk: Walk) -> Result<Vec<EventId>, StoreError> {
        let ids: Vec<Uuid> = read!(self, |conn| {
            sqlx::query_scalar(
                "-- list events of tenant\nSELECT id FROM events WHERE tenant_id = $1 AND id < $2 \
                 ORDER BY id DESC LIMIT $3",
            )
            .bind(walk.tenant)
            .bind(walk.before)
            .bind(walk.most)
            .fetch_all(conn)
            .await?
        });
        Ok(ids.into_iter().map(EventId).collect())
    }

    async fn walk_app(&self, walk: Walk, app: AppId, wanted: Wanted) -> Result<Vec<EventId>, StoreError> {
        let (sql, delivery) = wanted.statement();
        let ids: Vec<Uuid> = read!(self, |conn| {
            let mut query = sqlx::query_scalar(sql).bind(app.0).bind(walk.tenant).bind(walk.before).bind(walk.most);
            if let Some((state, least, most)) = delivery {
                query = query.bind(state.as_str()).bind(least).bind(most);
            }
            query.fetch_all(conn).await?
        });
        Ok(ids.into_iter().map(EventId).collect())
    }

    /// The events of these ids, in this order; those that are gone are left out.
    async fn summaries(&self, ids: &[EventId]) -> Result<Vec<EventSummary>, StoreError> {
        let (events, mut deliveries) = read!(self, |conn| {
            let mut events = HashMap::with_capacity(ids.len());
            for (sql, piece) in EVENTS.pieces(crate::batched::Connection::placeholders(&*conn), ids) {
                let query = piece.iter().fold(sqlx::query_as::<_, EventRow>(sql), |query, id| query.bind(id.0));
                events.extend(query.fetch_all(&mut *conn).await?.into_iter().map(|row| (row.0, row)));
            }
            let mut deliveries = HashMap::<Uuid, Vec<CurrentDelivery>>::new();
            for (sql, piece) in DELIVERIES.pieces(crate::batched::Connection::placeholders(&*conn), ids) {
                let query = piece.iter().fold(sqlx::query_as::<_, DeliveryRow>(sql), |query, id| query.bind(id.0));
                for row in query.fetch_all(&mut *conn).await? {
                    deliveries.entry(row.0).or_default().push(current(row)?);
                }
            }
            (events, deliveries)
        });
        let found = ids.iter().filter_map(|id| events.get(&id.0));
        found.map(|row| summary(row.clone(), deliveries.remove(&row.0).unwrap_or_default())).collect()
    }
}

const OF_APP: &str = "-- list events of app\nSELECT id FROM events WHERE app_id = $1 AND tenant_id = $2 AND id < $3 \
                      ORDER BY id DESC LIMIT $4";
const REJECTED: &str = "-- list rejected events\nSELECT id FROM events WHERE app_id = $1 AND rejection IS NOT NULL \
                        AND tenant_id = $2 AND id < $3 ORDER BY id DESC LIMIT $4";
/// `state <> 'success'` stands in both although a state is named: it is what the partial index promises.
const UNDELIVERED: &str = "-- list undelivered events\nSELECT DISTINCT event_id FROM deliveries WHERE app_id = $1 \
                           AND is_current AND state <> 'success' AND tenant_id = $2 AND event_id < $3 \
                           ORDER BY event_id DESC LIMIT $4";
const OF_STATE: &str = "-- list events of state\nSELECT DISTINCT event_id FROM deliveries WHERE app_id = $1 \
                        AND is_current AND state <> 'success' AND tenant_id = $2 AND event_id < $3 \
                        AND state = $5 AND attempts BETWEEN $6 AND $7 ORDER BY event_id DESC LIMIT $4";

#[derive(Clone, Copy)]
struct Walk {
    tenant: Uuid,
    before: Uuid,
    most: i64,
}

impl Wanted {
    fn takes(self, status: EventStatus) -> bool {
        match self {
            Self::Any => true,
            Self::Status(wanted) => wanted == status,
            Self::Undelivered => !matches!(status, EventStatus::Success | EventStatus::Rejected),
        }
    }

    /// Whether most events are wanted, so that reading the log itself finds them soon.
    const fn is_common(self) -> bool {
        matches!(self, Self::Any | Self::Status(EventStatus::Success))
    }

    /// The walk, and for one through deliveries the state and the range of attempts that one of the event's has.
    const fn statement(self) -> (&'static str, Option<(State, i64, i64)>) {
        let Self::Status(status) = self else {
            return (if self.is_common() { OF_APP } else { UNDELIVERED }, None);
        };
        match status {
            EventStatus::Success => (OF_APP, None),
            EventStatus::Rejected => (REJECTED, None),
            EventStatus::Queued => (OF_STATE, Some((State::Pending, 0, 0))),
            EventStatus::Retrying => (OF_STATE, Some((State::Pending, 1, i64::MAX))),
            EventStatus::Held => (OF_STATE, Some((State::Held, 0, i64::MAX))),
            EventStatus::Failed => (OF_STATE, Some((State::Failed, 0, i64::MAX))),
        }
    }
}

impl EventPage {
    /// Cuts what is too much, and says whether there was as much.
    fn fill(&mut self, limit: u32) -> bool {
        let is_full = self.events.len() > limit as usize;
        if is_full {
            self.events.truncate(limit as usize);
            self.next = self.events.last().map(|event| event.id);
        }
        is_full
    }
}

fn current(row: DeliveryRow) -> Result<CurrentDelivery, StoreError> {
    let (_, destination, word, attempts, status_code, duration_ms, url) = row;
    let last = duration_ms.zip(url).map(|(duration_ms, url)| LastAttempt {
        status_code: status_code.map(small),
        duration_ms,
        url,
    });
    Ok(CurrentDelivery {
        destination_id: DestinationId(destination),
        state: state(&word)?,
        attempts: small(attempts),
        last,
    })
}

fn summary(row: EventRow, deliveries: Vec<CurrentDelivery>) -> Result<EventSummary, StoreError> {
    let (id, app, source, received_at, event_type, word, is_rejected) = row;
    let facts = (EventId(id), AppId(app), source, Timestamp::from_unix_ms(received_at), event_type);
    Ok(summarise(facts, verification(&word)?, is_rejected, deliveries))
}

/// What an event's row says of itself.
type Facts = (EventId, AppId, String, Timestamp, Option<String>);

pub(super) fn summarise(
    (id, app_id, source, received_at, event_type): Facts,
    verification: Verification,
    is_rejected: bool,
    deliveries: Vec<CurrentDelivery>,
) -> EventSummary {
    // Between deliveries in equal states, the one with more attempts says more.
    let rank = |it: &CurrentDelivery| (EventStatus::of(false, [(it.state, it.attempts)]) as u8, it.attempts);
    EventSummary {
        id,
        app_id,
        source,
        received_at,
        event_type,
        status: EventStatus::of(is_rejected, deliveries.iter().map(|it| (it.state, it.attempts))),
        verification,
        n_attempts: deliveries.iter().fold(0, |sum, it| sum.saturating_add(it.attempts)),
        leading: deliveries.into_iter().max_by_key(rank),
    }
}
