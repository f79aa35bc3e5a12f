//! One event with everything that the log knows about it, sealed parts still sealed.

use std::{cmp::Reverse, collections::HashMap};

use anyhook_domain::{
    AppId, DeliveryId, DestinationId, EventId, TenantId, Timestamp,
    delivery::{State, Trigger},
    event::Verification,
    seal::Salt,
};
use sqlx::FromRow;
use uuid::Uuid;

use super::{
    list::{CurrentDelivery, EventSummary, LastAttempt, summarise},
    small, state, unknown_word, verification,
};
use crate::{
    Store, StoreError,
    batched::{Batched, fetch},
    pools::read_of,
};

/// An event with its deliveries and their attempts.
#[derive(Clone, Debug)]
pub struct StoredEvent {
    pub id: EventId,
    pub app_id: AppId,
    pub source: String,
    pub received_at: Timestamp,
    pub method: String,
    pub path_rest: String,
    pub event_type: Option<String>,
    pub provider_id: Option<String>,
    pub is_conflicting: bool,
    /// How often the same came again.
    pub n_duplicates: i64,
    pub verification: Verification,
    pub rejection: Option<String>,
    pub body_hash: Vec<u8>,
    pub body_bytes: i64,
    pub key_version: u32,
    pub keep_until: Option<Timestamp>,
    /// `None` for an event that was forgotten.
    pub sealed: Option<SealedEvent>,
    /// Oldest first; where there are many, the current and the newest ones.
    pub deliveries: Vec<StoredDelivery>,
}

/// What it takes to open an event's content, but for the tenant's key.
#[derive(Clone, Debug)]
pub struct SealedEvent {
    pub salt: Salt,
    pub head: Vec<u8>,
    pub body: Vec<u8>,
}

/// A delivery with its attempts.
#[derive(Clone, Debug)]
pub struct StoredDelivery {
    pub id: DeliveryId,
    pub destination_id: DestinationId,
    pub trigger: Trigger,
    pub state: State,
    pub n_attempts: u32,
    /// When the next attempt is due; `None` also while one runs.
    pub next_attempt_at: Option<Timestamp>,
    pub held_reason: Option<String>,
    pub is_current: bool,
    /// It goes to a URL that is no destination, and says nothing about its event's status.
    pub is_aside: bool,
    pub created_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    /// By number; where the event has many, not all.
    pub attempts: Vec<StoredAttempt>,
}

/// One attempt.
#[derive(Clone, Debug)]
pub struct StoredAttempt {
    pub number: u32,
    pub started_at: Timestamp,
    pub duration_ms: i64,
    pub outcome: String,
    pub status_code: Option<u32>,
    pub error: Option<String>,
    pub url: String,
    pub resolve_ms: Option<i64>,
    pub connect_ms: Option<i64>,
    pub tls_ms: Option<i64>,
    pub first_byte_ms: Option<i64>,
    /// `None` also for one that newer ones leave no room for.
    pub sealed_answer: Option<Vec<u8>>,
    pub answer_truncated: bool,
}

/// How much of an event is shown, the newest of it: an event can be replayed without end, and answers take memory.
const MOST_DELIVERIES: i64 = 100;
const MOST_ATTEMPTS: i64 = 1_000;
const MOST_ANSWER_BYTES: i64 = 4 * 1024 * 1024;

#[derive(FromRow)]
struct EventRow {
    app_id: Uuid,
    source: String,
    received_at: i64,
    method: String,
    path_rest: String,
    event_type: Option<String>,
    provider_id: Option<String>,
    is_conflicting: bool,
    n_duplicates: i64,
    verification: String,
    rejection: Option<String>,
    body_hash: Vec<u8>,
    body_bytes: i64,
    key_version: i64,
    keep_until: Option<i64>,
    salt: Option<Vec<u8>>,
    sealed_head: Option<Vec<u8>>,
    sealed_body: Option<Vec<u8>>,
}

#[derive(FromRow)]
struct DeliveryRow {
    id: Uuid,
    destination_id: Uuid,
    triggered_by: String,
    state: String,
    attempts: i64,
    is_leased: bool,
    is_parked: bool,
    due_at: Option<i64>,
    held_reason: Option<String>,
    is_current: bool,
    is_aside: bool,
    created_at: i64,
    finished_at: Option<i64>,
}

#[derive(FromRow)]
struct AttemptRow {
    delivery_id: Uuid,
    number: i64,
    started_at: i64,
    duration_ms: i64,
    outcome: String,
    status_code: Option<i64>,
    error: Option<String>,
    url: String,
    resolve_ms: Option<i64>,
    connect_ms: Option<i64>,
    tls_ms: Option<i64>,
    first_byte_ms: Option<i64>,
    answer_bytes: Option<i64>,
    answer_truncated: bool,
}

/// A delivery, the number of its attempt, and the answer.
type AnswerRow = (Uuid, i64, Vec<u8>);

static ANSWERS: Batched = Batched::new(
    "-- inspect answers\nWITH v(delivery, number) AS (VALUES ",
    2,
    ") SELECT a.delivery_id, a.number, a.sealed_answer FROM v \
     JOIN attempts a ON a.delivery_id = v.delivery AND a.number = v.number WHERE a.sealed_answer IS NOT NULL",
);

impl Store {
    /// One event of a tenant; `None` when the tenant has no such event.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn inspect_event(&self, tenant: TenantId, event: EventId) -> Result<Option<StoredEvent>, StoreError> {
        let (row, deliveries, attempts, answers) = read_of!(self, tenant, |conn| {
            let query = sqlx::query_as(EVENT).bind(event.0).bind(tenant.0);
            let Some(row) = query.fetch_optional(&mut *conn).await? else { return Ok(None) };
            let query = sqlx::query_as(DELIVERIES).bind(event.0).bind(tenant.0).bind(MOST_DELIVERIES);
            let deliveries = query.fetch_all(&mut *conn).await?;
            let query = sqlx::query_as(ATTEMPTS).bind(event.0).bind(tenant.0).bind(MOST_DELIVERIES);
            let attempts = query.bind(MOST_ATTEMPTS).fetch_all(&mut *conn).await?;
            let shown = with_room(&attempts);
            let answers = fetch!(conn, AnswerRow, ANSWERS, &shown, |(delivery, number)| [*delivery, *number]);
            (row, deliveries, attempts, answers)
        });
        stored(event, row, together(deliveries, attempts, answers)?).map(Some)
    }
}

const EVENT: &str = "-- inspect event\nSELECT e.app_id, e.source, e.received_at, e.method, e.path_rest, e.event_type, \
                     e.provider_id, e.is_conflicting, e.n_duplicates, e.verification, e.rejection, e.body_hash, e.body_bytes, \
                     e.key_version, e.keep_until, k.salt, c.sealed_head, c.sealed_body FROM events e \
                     LEFT JOIN event_keys k ON k.event_id = e.id LEFT JOIN event_contents c ON c.event_id = e.id \
                     WHERE e.id = $1 AND e.tenant_id = $2";
/// Current deliveries before all others: the event's status comes from them, however old they are.
const DELIVERIES: &str = "-- inspect deliveries\nSELECT id, destination_id, triggered_by, state, attempts, \
                          lease_id IS NOT NULL AS is_leased, is_parked, due_at, held_reason, is_current, is_aside, created_at, \
                          finished_at \
                          FROM deliveries WHERE event_id = $1 AND tenant_id = $2 \
                          ORDER BY is_current DESC, created_at DESC, id DESC LIMIT $3";
/// Of the same deliveries, and in their order.
const ATTEMPTS: &str = "-- inspect attempts\nSELECT a.delivery_id, a.number, a.started_at, a.duration_ms, a.outcome, \
                        a.status_code, a.error, a.url, a.resolve_ms, a.connect_ms, a.tls_ms, a.first_byte_ms, \
                        CAST(LENGTH(a.sealed_answer) AS BIGINT) AS answer_bytes, a.answer_truncated FROM \
                        (SELECT id, is_current FROM deliveries WHERE event_id = $1 AND tenant_id = $2 \
                        ORDER BY is_current DESC, created_at DESC, id DESC LIMIT $3) d \
                        JOIN attempts a ON a.delivery_id = d.id \
                        ORDER BY d.is_current DESC, a.started_at DESC, a.number DESC LIMIT $4";

/// Those of the newest attempts' answers that fit.
fn with_room(attempts: &[AttemptRow]) -> Vec<(Uuid, i64)> {
    let mut newest: Vec<_> = attempts.iter().filter_map(|it| Some((it, it.answer_bytes?))).collect();
    newest.sort_by_key(|(attempt, _)| Reverse(attempt.started_at));
    let mut n_bytes = 0;
    newest.retain(|(_, answer_bytes)| {
        n_bytes += answer_bytes;
        n_bytes <= MOST_ANSWER_BYTES
    });
    newest.into_iter().map(|(attempt, _)| (attempt.delivery_id, attempt.number)).collect()
}

impl StoredEvent {
    /// The event as a list shows it.
    #[must_use]
    pub fn summary(&self) -> EventSummary {
        let deliveries =
            self.deliveries.iter().filter(|it| it.is_current && !it.is_aside).map(StoredDelivery::current).collect();
        let row = (self.id, self.app_id, self.source.clone(), self.received_at, self.event_type.clone());
        summarise(row, self.verification, self.rejection.clone(), deliveries)
    }
}

impl StoredDelivery {
    fn current(&self) -> CurrentDelivery {
        let last = self.attempts.iter().find(|attempt| attempt.number == self.n_attempts).map(|attempt| LastAttempt {
            status_code: attempt.status_code,
            duration_ms: attempt.duration_ms,
            url: attempt.url.clone(),
            error: attempt.error.clone(),
        });
        CurrentDelivery {
            destination_id: self.destination_id,
            state: self.state,
            attempts: self.n_attempts,
            finished_at: self.finished_at,
            last,
        }
    }
}

fn stored(id: EventId, row: EventRow, deliveries: Vec<StoredDelivery>) -> Result<StoredEvent, StoreError> {
    Ok(StoredEvent {
        id,
        app_id: AppId(row.app_id),
        source: row.source,
        received_at: Timestamp::from_unix_ms(row.received_at),
        method: row.method,
        path_rest: row.path_rest,
        event_type: row.event_type,
        provider_id: row.provider_id,
        is_conflicting: row.is_conflicting,
        n_duplicates: row.n_duplicates,
        verification: verification(&row.verification)?,
        rejection: row.rejection,
        body_hash: row.body_hash,
        body_bytes: row.body_bytes,
        key_version: small(row.key_version),
        keep_until: row.keep_until.map(Timestamp::from_unix_ms),
        sealed: sealed(row.salt, row.sealed_head, row.sealed_body)?,
        deliveries,
    })
}

pub(super) fn sealed(
    salt: Option<Vec<u8>>,
    head: Option<Vec<u8>>,
    body: Option<Vec<u8>>,
) -> Result<Option<SealedEvent>, StoreError> {
    let (Some(salt), Some(head), Some(body)) = (salt, head, body) else { return Ok(None) };
    let salt = salt.try_into().map_err(|_| unknown_word("event_keys.salt", "not 16 bytes"))?;
    Ok(Some(SealedEvent { salt, head, body }))
}

/// Oldest deliveries first, each with its attempts by number.
fn together(
    mut deliveries: Vec<DeliveryRow>,
    attempts: Vec<AttemptRow>,
    answers: Vec<AnswerRow>,
) -> Result<Vec<StoredDelivery>, StoreError> {
    let mut answers: HashMap<_, _> = answers.into_iter().map(|(id, number, sealed)| ((id, number), sealed)).collect();
    let mut own = HashMap::<Uuid, Vec<StoredAttempt>>::new();
    for row in attempts {
        let answer = answers.remove(&(row.delivery_id, row.number));
        own.entry(row.delivery_id).or_default().push(attempt(row, answer));
    }
    deliveries.sort_by_key(|row| (row.created_at, row.id));
    deliveries.into_iter().map(|row| delivery(own.remove(&row.id).unwrap_or_default(), row)).collect()
}

fn delivery(mut attempts: Vec<StoredAttempt>, row: DeliveryRow) -> Result<StoredDelivery, StoreError> {
    attempts.sort_by_key(|attempt| attempt.number);
    Ok(StoredDelivery {
        id: DeliveryId(row.id),
        destination_id: DestinationId(row.destination_id),
        trigger: Trigger::parse(&row.triggered_by)
            .ok_or_else(|| unknown_word("deliveries.triggered_by", &row.triggered_by))?,
        state: state(&row.state)?,
        n_attempts: small(row.attempts),
        next_attempt_at: row.due_at.filter(|_| !row.is_leased && !row.is_parked).map(Timestamp::from_unix_ms),
        held_reason: row.held_reason,
        is_current: row.is_current,
        is_aside: row.is_aside,
        created_at: Timestamp::from_unix_ms(row.created_at),
        finished_at: row.finished_at.map(Timestamp::from_unix_ms),
        attempts,
    })
}

fn attempt(row: AttemptRow, sealed_answer: Option<Vec<u8>>) -> StoredAttempt {
    StoredAttempt {
        number: small(row.number),
        started_at: Timestamp::from_unix_ms(row.started_at),
        duration_ms: row.duration_ms,
        outcome: row.outcome,
        status_code: row.status_code.map(small),
        error: row.error,
        url: row.url,
        resolve_ms: row.resolve_ms,
        connect_ms: row.connect_ms,
        tls_ms: row.tls_ms,
        first_byte_ms: row.first_byte_ms,
        sealed_answer,
        answer_truncated: row.answer_truncated,
    }
}
