//! One event in full.

use anyhook_domain::{delivery::public_state, event::Answer};
use anyhook_store::log::{StoredAttempt, StoredDelivery, StoredEvent};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    event::{Configured, Event},
    opened::Opened,
    redacted::Hidden,
    text::{Encoding, HeaderField, fields, fields_without, text},
};

/// An event with its request, its deliveries and their attempts.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventDetail {
    #[serde(flatten)]
    event: Event,
    #[schema(examples("POST"))]
    method: String,
    /// What followed the app's part of the inbound URL.
    path: String,
    /// The query string as it came, without its question mark; a value that is a secret itself is `[redacted]`.
    query: Option<String>,
    /// As they came, but for values that are secrets themselves: those are `[redacted]`.
    headers: Vec<HeaderField>,
    /// Null when the event's content was forgotten.
    body: Option<String>,
    body_encoding: Option<Encoding>,
    body_bytes: i64,
    /// SHA-256, in hex.
    body_hash: String,
    /// The provider's own id of the event.
    provider_id: Option<String>,
    /// The same provider's id came before with another body.
    is_conflicting: bool,
    /// How often the same came again: answered with this event's id, and not delivered.
    duplicates: i64,
    /// The content was erased; what is left says that there was an event.
    is_forgotten: bool,
    /// When the event will be removed; null: not by itself.
    keep_until: Option<String>,
    deliveries: Vec<Delivery>,
}

/// The event on its way to one destination.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Delivery {
    #[schema(examples("dlv_01h455vb4pex5vsknk084sn02q"))]
    id: String,
    destination_id: String,
    /// It goes to a URL that a replay named, which is no destination; then it does not count for the event's `status`.
    is_aside: bool,
    /// Null once the destination was deleted; attempts say where they went.
    url: Option<String>,
    /// `queued`, `retrying`, `success`, `failed` or `held`.
    #[schema(examples("success"))]
    state: &'static str,
    attempt_count: u32,
    /// Null also while an attempt runs.
    next_attempt_at: Option<String>,
    /// `app_paused`, `destination_paused` or `over_quota`: until the plan has room. Null unless it is held.
    held_reason: Option<String>,
    /// `initial` or `replay`.
    #[schema(examples("initial"))]
    trigger: &'static str,
    /// False once a replay took its place.
    is_current: bool,
    created_at: String,
    finished_at: Option<String>,
    attempts: Vec<Attempt>,
}

/// One HTTP request made for a delivery.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Attempt {
    number: u32,
    started_at: String,
    duration_ms: i64,
    /// `success`, `http_error`, or what kept an answer from coming.
    #[schema(examples("success"))]
    outcome: String,
    status_code: Option<u32>,
    error: Option<String>,
    url: String,
    timings: Timings,
    /// Null where none came, or newer ones of the event leave no room for it.
    answer: Option<HandlerAnswer>,
}

/// How long each phase took, in milliseconds; null for one that was not reached or not needed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Timings {
    resolve: Option<i64>,
    connect: Option<i64>,
    tls: Option<i64>,
    first_byte: Option<i64>,
}

/// What the handler answered, as far as it is kept.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HandlerAnswer {
    headers: Vec<HeaderField>,
    body: String,
    body_encoding: Encoding,
    /// The answer was longer than what is kept of it.
    truncated: bool,
}

impl EventDetail {
    pub(crate) fn of(
        stored: StoredEvent,
        mut opened: Option<Opened>,
        configured: &Configured,
        hidden: &Hidden,
    ) -> Self {
        let event = Event::of(&stored.summary(), configured);
        let body = opened.as_mut().map(|opened| text(std::mem::take(&mut opened.body).into()));
        let (body, body_encoding) = body.unzip();
        let deliveries =
            stored.deliveries.into_iter().map(|it| Delivery::of(it, configured, opened.as_mut())).collect();
        Self {
            event,
            deliveries,
            method: stored.method,
            path: stored.path_rest,
            headers: opened.as_ref().map(|opened| fields_without(hidden, &opened.head.headers)).unwrap_or_default(),
            // What was not asked for is still there.
            is_forgotten: opened.is_none() && stored.sealed.is_none(),
            query: opened.and_then(|opened| opened.head.query).map(|query| hidden.redact_query(query)),
            body,
            body_encoding,
            body_bytes: stored.body_bytes,
            body_hash: hex::encode(&stored.body_hash),
            provider_id: stored.provider_id,
            is_conflicting: stored.is_conflicting,
            duplicates: stored.n_duplicates,
            keep_until: stored.keep_until.map(|at| at.to_string()),
        }
    }
}

impl Delivery {
    fn of(stored: StoredDelivery, configured: &Configured, mut opened: Option<&mut Opened>) -> Self {
        let mut answer = |number| opened.as_mut().and_then(|opened| opened.answers.remove(&(stored.id, number)));
        let attempt = |it: StoredAttempt| {
            let answer = answer(it.number);
            Attempt::of(it, answer)
        };
        Self {
            attempts: stored.attempts.into_iter().map(attempt).collect(),
            id: stored.id.to_string(),
            destination_id: stored.destination_id.to_string(),
            is_aside: stored.is_aside,
            url: configured.url(stored.destination_id),
            state: public_state(stored.state, stored.n_attempts),
            attempt_count: stored.n_attempts,
            next_attempt_at: stored.next_attempt_at.map(|at| at.to_string()),
            held_reason: stored.held_reason,
            trigger: stored.trigger.as_str(),
            is_current: stored.is_current,
            created_at: stored.created_at.to_string(),
            finished_at: stored.finished_at.map(|at| at.to_string()),
        }
    }
}

impl Attempt {
    fn of(stored: StoredAttempt, answer: Option<Answer>) -> Self {
        Self {
            number: stored.number,
            started_at: stored.started_at.to_string(),
            duration_ms: stored.duration_ms,
            outcome: stored.outcome,
            status_code: stored.status_code,
            error: stored.error,
            url: stored.url,
            timings: Timings {
                resolve: stored.resolve_ms,
                connect: stored.connect_ms,
                tls: stored.tls_ms,
                first_byte: stored.first_byte_ms,
            },
            answer: answer.map(|answer| HandlerAnswer::of(answer, stored.answer_truncated)),
        }
    }
}

impl HandlerAnswer {
    fn of(answer: Answer, truncated: bool) -> Self {
        let headers = fields(&answer.headers);
        let (body, body_encoding) = text(answer.body);
        Self { headers, body, body_encoding, truncated }
    }
}

#[cfg(test)]
mod tests;
