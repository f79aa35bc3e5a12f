//! Listing events, newest first: an index proposes ids, their rows say which status they have.

use std::collections::HashMap;

use anyhook_domain::{
    AppId, DestinationId, EventId, TenantId, Timestamp,
    delivery::State,
    event::{EventStatus, Verification},
};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{
    narrow::{Narrowing, TERMS, TEXTS, Termed, Texts, Verdict},
    small, state, verification,
};
use crate::{
    Store, StoreError,
    batched::{Batched, fetch},
    pools::read_of,
};

/// Which events are wanted.
#[derive(Clone, Debug)]
pub struct EventFilter {
    pub tenant: TenantId,
    /// Of one app only.
    pub app: Option<AppId>,
    pub wanted: Wanted,
    pub narrowing: Narrowing,
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
    /// Why it was turned away, in words.
    pub rejection: Option<String>,
    /// Of all current deliveries.
    pub n_attempts: u32,
    /// The current delivery that the event's status comes from.
    pub leading: Option<CurrentDelivery>,
    /// Nothing has happened to it since then; `None` while something may.
    pub settled_at: Option<Timestamp>,
}

/// A delivery that no replay has taken the place of.
#[derive(Clone, Debug)]
pub struct CurrentDelivery {
    pub destination_id: DestinationId,
    pub state: State,
    pub attempts: u32,
    pub finished_at: Option<Timestamp>,
    pub last: Option<LastAttempt>,
}

/// The newest attempt of a delivery.
#[derive(Clone, Debug)]
pub struct LastAttempt {
    pub status_code: Option<u32>,
    pub duration_ms: i64,
    pub url: String,
    /// What went wrong, in words.
    pub error: Option<String>,
}

/// A part of a walk: what was wanted of the ids that an index proposed.
pub(super) struct Stretch {
    pub(super) events: Vec<EventSummary>,
    /// Where the walk goes on; `None` at its end.
    pub(super) last: Option<EventId>,
}

/// The ids that a walk may still meet, both ends excluded, and from which of them it comes.
#[derive(Clone, Copy)]
pub(super) struct Range {
    pub(super) after: Uuid,
    pub(super) before: Uuid,
    pub(super) is_oldest_first: bool,
}

/// How many ids are looked at in one go while searching.
pub(super) const SEARCH_BATCH: u32 = 500;
/// The same for a page of which nothing was found yet.
const LONG_SEARCH: u32 = 2_000;
/// How many are looked at for a page, which is then answered half full.
const MOST_LOOKED_AT: u32 = 5_000;

type EventRow = (Uuid, Uuid, String, i64, Option<String>, String, Option<String>, Uuid);
type DeliveryRow = (Uuid, Uuid, String, i64, Option<i64>, Option<i64>, Option<i64>, Option<String>, Option<String>);

static EVENTS: Batched = Batched::look_up(
    "-- summarise events\nSELECT e.id, e.app_id, e.source, e.received_at, e.event_type, e.verification, \
     e.rejection, e.tenant_id FROM events e WHERE e.id IN (",
    1,
    ")",
);
static DELIVERIES: Batched = Batched::look_up(
    "-- summarise deliveries\nSELECT d.event_id, d.destination_id, d.state, d.attempts, d.finished_at, a.status_code, \
     a.duration_ms, a.url, a.error FROM deliveries d \
     LEFT JOIN attempts a ON a.delivery_id = d.id AND a.number = d.attempts \
     WHERE d.is_current AND NOT d.is_aside AND d.event_id IN (",
    1,
    ")",
);

impl Store {
    /// Lists events, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list_events(&self, filter: &EventFilter) -> Result<EventPage, StoreError> {
        let mut page = EventPage::default();
        let (after, mut before) = filter.narrowing.bounds();
        before = filter.before.map_or(before, |event| before.min(event.0));
        // One more than fits tells whether there is a next page.
        let n_wanted = filter.limit.saturating_add(1);
        let mut n_left = MOST_LOOKED_AT.max(n_wanted);
        let mut most = if filter.narrowing.is_choosy() { n_wanted.max(SEARCH_BATCH) } else { n_wanted };
        loop {
            let range = Range { after, before, is_oldest_first: false };
            let stretch = self.stretch(filter, range, most).await?;
            let n_found = stretch.events.len();
            page.events.extend(stretch.events);
            if page.fill(filter.limit) {
                return Ok(page);
            }
            page.next = stretch.last;
            let Some(last) = stretch.last else { return Ok(page) };
            before = last.0;
            n_left -= most;
            if n_left == 0 {
                return Ok(page);
            }
            most = next_stretch(most, n_found, n_wanted as usize - page.events.len()).min(n_left);
        }
    }

    /// Looks at the next so many ids of a range.
    pub(super) async fn stretch(&self, filter: &EventFilter, range: Range, most: u32) -> Result<Stretch, StoreError> {
        let ids = self.propose(filter, range, most).await?;
        let last = ids.last().copied().filter(|_| ids.len() >= most as usize);
        let ids = self.with_terms(filter, ids).await?;
        let verdicts = self.judge(filter, &ids).await?;
        let possible: Vec<_> = match &verdicts {
            Some(verdicts) => ids.into_iter().filter(|id| verdicts.contains_key(id)).collect(),
            None => ids,
        };
        let mut events = self.summarise_events(filter.tenant, &possible).await?;
        let verdict = |event: &EventSummary| {
            verdicts.as_ref().map_or(Verdict::Yes, |them| them.get(&event.id).copied().unwrap_or(Verdict::No))
        };
        events.retain(|event| {
            filter.app.is_none_or(|app| app == event.app_id)
                && filter.wanted.takes(event.status)
                && filter.narrowing.takes(event, verdict(event))
        });
        Ok(Stretch { events, last })
    }

    /// The next ids that an index holds for the filter; all else is yet to be compared.
    async fn propose(&self, filter: &EventFilter, range: Range, most: u32) -> Result<Vec<EventId>, StoreError> {
        let ids: Vec<Uuid> = read_of!(self, filter.tenant, |conn| {
            let query = sqlx::query_scalar(walk(filter, range.is_oldest_first));
            let query = query.bind(filter.tenant.0).bind(range.before).bind(i64::from(most)).bind(range.after);
            let query = match (&filter.narrowing.provider_id, filter.narrowing.leading_field(), filter.app) {
                (Some(provider_id), ..) => query.bind(provider_id),
                (None, Some(field), _) => field.terms.iter().fold(query, |query, term| query.bind(&term[..])),
                (None, None, Some(app)) => query.bind(app.0),
                (None, None, None) => query,
            };
            query.fetch_all(conn).await?
        });
        Ok(ids.into_iter().map(EventId).collect())
    }

    /// Those that have the fields that led nowhere.
    async fn with_terms(&self, filter: &EventFilter, mut ids: Vec<EventId>) -> Result<Vec<EventId>, StoreError> {
        if filter.narrowing.other_fields().is_empty() {
            return Ok(ids);
        }
        let rows = read_of!(self, filter.tenant, |conn| fetch!(conn, Termed, TERMS, &ids, |id| [id.0]));
        let has_all = filter.narrowing.having(&rows);
        ids.retain(has_all);
        Ok(ids)
    }

    /// Those that may be wanted by what their own rows say; `None` where that does not matter.
    async fn judge(
        &self,
        filter: &EventFilter,
        ids: &[EventId],
    ) -> Result<Option<HashMap<EventId, Verdict>>, StoreError> {
        if !filter.narrowing.reads_events() {
            return Ok(None);
        }
        let rows = read_of!(self, filter.tenant, |conn| fetch!(conn, Texts, TEXTS, ids, |id| [id.0]));
        let verdicts = rows.iter().map(|row| (EventId(row.0), filter.narrowing.judge(row)));
        Ok(Some(verdicts.filter(|(_, verdict)| *verdict != Verdict::No).collect()))
    }

    /// The tenant's events of these ids, in this order; those that are gone or another's are left out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn summarise_events(&self, tenant: TenantId, ids: &[EventId]) -> Result<Vec<EventSummary>, StoreError> {
        let (events, rows) = read_of!(self, tenant, |conn| {
            let events = fetch!(conn, EventRow, EVENTS, ids, |id| [id.0]);
            (events, fetch!(conn, DeliveryRow, DELIVERIES, ids, |id| [id.0]))
        });
        let own = events.into_iter().filter(|row| row.7 == tenant.0);
        let mut events: HashMap<_, _> = own.map(|row| (row.0, row)).collect();
        let mut deliveries = HashMap::<Uuid, Vec<CurrentDelivery>>::new();
        for row in rows {
            deliveries.entry(row.0).or_default().push(current(row)?);
        }
        let found = ids.iter().filter_map(|id| events.remove(&id.0));
        found.map(|row| summary(deliveries.remove(&row.0).unwrap_or_default(), row)).collect()
    }
}

/// A walk through one index from one of its ends: that of the tenant's or the app's events, of the provider's ids, of
/// terms, of the rejected ones, or of the deliveries in a state. It binds the tenant, the id to stay before, how many, the
/// id to stay behind, and what is left of provider's id, terms and app.
fn walk(filter: &EventFilter, is_oldest_first: bool) -> AssertSqlSafe<String> {
    let order = if is_oldest_first { "id LIMIT $3" } else { "id DESC LIMIT $3" };
    let within = "id < $2 AND id > $4";
    if filter.narrowing.provider_id.is_some() {
        return AssertSqlSafe(format!(
            "-- list events by provider's id\nSELECT id FROM events WHERE tenant_id = $1 AND provider_id = $5 AND {within} \
             ORDER BY {order}"
        ));
    }
    if let Some(field) = filter.narrowing.leading_field() {
        let walks: Vec<_> = (5..).zip(&field.terms).map(|(bind, _)| walk_term(bind, is_oldest_first)).collect();
        return AssertSqlSafe(format!("-- list events by term\n{} ORDER BY {order}", walks.join(" UNION")));
    }
    // The tenant is not compared but asked about: of the two indexes, only the app's can serve.
    let owner = filter.app.map_or("tenant_id = $1", |_| "app_id = $5 AND (tenant_id = $1) IS TRUE");
    AssertSqlSafe(match filter.leading() {
        Wanted::Any | Wanted::Status(EventStatus::Success) => {
            format!("-- list events\nSELECT id FROM events WHERE {owner} AND {within} ORDER BY {order}")
        }
        Wanted::Status(EventStatus::Rejected) => format!(
            "-- list rejected events\nSELECT id FROM events WHERE rejection IS NOT NULL AND {owner} AND {within} \
             ORDER BY {order}"
        ),
        _ => {
            let states = filter.leading().states().iter();
            let walks: Vec<_> = states.map(|state| walk_state(owner, *state, is_oldest_first)).collect();
            format!("-- list events by state\n{} ORDER BY {order}", walks.join(" UNION"))
        }
    })
}

/// The tenant is asked about only: a term is one tenant's.
fn walk_term(bind: usize, is_oldest_first: bool) -> String {
    let order = if is_oldest_first { "event_id" } else { "event_id DESC" };
    format!(
        " SELECT id FROM (SELECT event_id AS id FROM event_terms WHERE term = ${bind} AND (tenant_id = $1) IS TRUE \
         AND event_id < $2 AND event_id > $4 ORDER BY {order} LIMIT $3) s",
    )
}

/// `state <> 'success'` stands there although a state is named: it is what the partial index promises.
fn walk_state(owner: &str, (state, attempts): (State, &str), is_oldest_first: bool) -> String {
    let order = if is_oldest_first { "event_id" } else { "event_id DESC" };
    format!(
        " SELECT id FROM (SELECT DISTINCT event_id AS id FROM deliveries WHERE is_current AND NOT is_aside \
         AND state <> 'success' AND {owner} AND state = '{}'{attempts} AND event_id < $2 AND event_id > $4 ORDER BY {order} LIMIT $3) s",
        state.as_str(),
    )
}

impl EventFilter {
    /// Which of the indexes by state leads to all that may be wanted.
    fn leading(&self) -> Wanted {
        match self.wanted {
            Wanted::Any if self.narrowing.is_of_undelivered() => Wanted::Undelivered,
            wanted => wanted,
        }
    }
}

impl Wanted {
    pub(super) const fn status(self) -> Option<EventStatus> {
        match self {
            Self::Status(status) => Some(status),
            Self::Any | Self::Undelivered => None,
        }
    }

    fn takes(self, status: EventStatus) -> bool {
        match self {
            Self::Any => true,
            Self::Status(wanted) => wanted == status,
            Self::Undelivered => !matches!(status, EventStatus::Success | EventStatus::Rejected),
        }
    }

    /// What is true of one of the event's deliveries: its state, and a condition on its attempts; nothing for what the
    /// event's own row says. Delivered events are most, so reading the log itself finds them soon.
    const fn states(self) -> &'static [(State, &'static str)] {
        match self {
            Self::Any | Self::Status(EventStatus::Success | EventStatus::Rejected) => &[],
            Self::Status(EventStatus::Queued) => &[(State::Pending, " AND attempts = 0")],
            Self::Status(EventStatus::Retrying) => &[(State::Pending, " AND attempts > 0")],
            Self::Status(EventStatus::Held) => &[(State::Held, "")],
            Self::Status(EventStatus::Failed) => &[(State::Failed, "")],
            Self::Undelivered => &[(State::Pending, ""), (State::Held, ""), (State::Failed, "")],
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

/// How many ids are likely to hold what is missing, if they are like those before them.
fn next_stretch(looked_at: u32, n_found: usize, n_missing: usize) -> u32 {
    let likely = (n_missing as u64 * 5 * u64::from(looked_at)).checked_div(n_found as u64 * 4);
    likely.map_or(LONG_SEARCH, |likely| u32::try_from(likely).unwrap_or(LONG_SEARCH).clamp(32, LONG_SEARCH))
}

fn current(row: DeliveryRow) -> Result<CurrentDelivery, StoreError> {
    let (_, destination, word, attempts, finished_at, status_code, duration_ms, url, error) = row;
    let last = duration_ms.zip(url).map(|(duration_ms, url)| LastAttempt {
        status_code: status_code.map(small),
        duration_ms,
        url,
        error,
    });
    Ok(CurrentDelivery {
        destination_id: DestinationId(destination),
        state: state(&word)?,
        attempts: small(attempts),
        finished_at: finished_at.map(Timestamp::from_unix_ms),
        last,
    })
}

fn summary(deliveries: Vec<CurrentDelivery>, row: EventRow) -> Result<EventSummary, StoreError> {
    let (id, app, source, received_at, event_type, word, rejection, _) = row;
    let facts = (EventId(id), AppId(app), source, Timestamp::from_unix_ms(received_at), event_type);
    Ok(summarise(facts, verification(&word)?, rejection, deliveries))
}

/// What an event's row says of itself.
type Facts = (EventId, AppId, String, Timestamp, Option<String>);

pub(super) fn summarise(
    (id, app_id, source, received_at, event_type): Facts,
    verification: Verification,
    rejection: Option<String>,
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
        status: EventStatus::of(rejection.is_some(), deliveries.iter().map(|it| (it.state, it.attempts))),
        verification,
        rejection,
        settled_at: deliveries.iter().try_fold(received_at, |latest, it| Some(latest.max(it.finished_at?))),
        n_attempts: deliveries.iter().fold(0, |sum, it| sum.saturating_add(it.attempts)),
        leading: deliveries.into_iter().max_by_key(rank),
    }
}

#[cfg(test)]
mod tests;
