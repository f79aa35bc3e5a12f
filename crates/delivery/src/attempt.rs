//! One attempt: prepare, send, decide, hand over for settlement.

use std::{sync::Arc, time::Duration};

use anyhook_domain::{
    Headers, Timestamp,
    delivery::{Lease, State},
    event::{self, column},
    retry::{self, Control, Next, Outcome},
    seal::{Key, Place},
};
use anyhook_egress::{Answer, Failure, FailureKind, Timings};
use anyhook_store::{
    StoreError, in_time,
    log::{AttemptRecord, Content, Settlement},
};
use http::{HeaderMap, StatusCode, header::RETRY_AFTER};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use crate::{
    Deps, Shared,
    destinations::Destination,
    dispatch::PlaceInLane,
    prepare::{NotPrepared, Prepared, prepare},
    settle::Unsettled,
};

/// Nothing of ours can be done now (keys, memory): tried again after this, without charging the delivery.
const NOT_NOW: Duration = Duration::from_secs(15);
/// Between tries to hand a delivery back while the database is away.
const HAND_BACK_AGAIN: Duration = Duration::from_millis(500);
/// How long an attempt with a large body waits for memory; well within the lease's margin.
const MEMORY_WITHIN: Duration = Duration::from_secs(20);
/// Bytes of an answer's header fields that are kept.
const MOST_HEADER_BYTES: usize = 16 * 1024;

pub(crate) struct Attempt {
    pub(crate) shared: Arc<Shared>,
    pub(crate) settlements: mpsc::Sender<Unsettled>,
    pub(crate) large_bytes: Arc<Semaphore>,
    pub(crate) lease: Lease,
    /// `None`: it was deleted.
    pub(crate) destination: Option<Arc<Destination>>,
    /// `None`: it is large, or was erased.
    pub(crate) content: Option<Content>,
    pub(crate) place: PlaceInLane,
    /// The destination takes only so many at once.
    pub(crate) is_bounded: bool,
    /// By it is seen whether the destination is well again.
    pub(crate) is_try: bool,
    /// Cancelled when the process cannot wait any longer.
    pub(crate) cut: CancellationToken,
}

/// What an attempt came to.
struct Result {
    outcome: Outcome,
    record: AttemptRecord,
}

impl Attempt {
    #[tracing::instrument(name = "attempt", skip_all, fields(
        tenant.id = %self.lease.tenant_id, event.id = %self.lease.event_id, delivery.id = %self.lease.delivery_id,
        destination.id = %self.lease.destination_id, attempt.number = self.lease.number(),
        outcome = tracing::field::Empty, duration_ms = tracing::field::Empty,
    ))]
    pub(crate) async fn run(mut self) {
        let Some(destination) = self.destination.take() else {
            return self.end("the destination was deleted before this delivery was made").await;
        };
        let cut = self.cut.clone();
        let fetched =
            tokio::select! { biased; fetched = self.fetch_large() => fetched, () = cut.cancelled() => Err(()) };
        let _memory = match fetched {
            Ok(memory) => memory,
            Err(()) => return self.hand_back().await,
        };
        let Some(content) = self.content.take() else {
            return self.end("the event's content was erased before this delivery was made").await;
        };
        let now = self.shared.deps.clock.now();
        let prepared = tokio::select! {
            biased;
            prepared = prepare(&self.shared, &self.lease, &destination, &content, now) => prepared,
            () = cut.cancelled() => Err(NotPrepared::NotNow),
        };
        // The sealed copy is not needed beside the plain one for as long as the handler takes.
        drop(content);
        match prepared {
            Ok(prepared) => self.send(&destination, prepared, now).await,
            Err(NotPrepared::NotNow) => self.hand_back().await,
            Err(NotPrepared::Never(why)) => self.end(&why).await,
        }
    }

    /// Fetches a content that did not come with the others, once there is memory for it.
    async fn fetch_large(&mut self) -> std::result::Result<Option<impl Drop + use<>>, ()> {
        if self.content.is_some() {
            return Ok(None);
        }
        let store = &self.shared.deps.store;
        let n_bytes = in_time(store.body_bytes(self.lease.event_id)).await.map_err(|error| report_unread(&error))?;
        let Some(n_bytes) = n_bytes else { return Ok(None) };
        let memory = self.large_bytes.clone().acquire_many_owned(u32::try_from(n_bytes).unwrap_or(u32::MAX));
        let memory = tokio::time::timeout(MEMORY_WITHIN, memory).await.map_err(|_| ())?;
        self.content = in_time(store.content(self.lease.event_id)).await.map_err(|error| report_unread(&error))?;
        Ok(memory.ok())
    }

    async fn send(self, destination: &Destination, prepared: Prepared, started_at: Timestamp) {
        // INVARIANT: nobody else attempts the delivery while this request may run.
        if self.shared.deps.clock.now() + destination.limits.timeout > self.lease.until {
            return self.hand_back().await;
        }
        let Prepared { request, shown_url: url, key } = prepared;
        let over_at = self.shared.deps.clock.now() + destination.limits.timeout;
        let sent = tokio::select! {
            biased;
            sent = self.shared.deps.egress.send(request, destination.limits.timeout) => sent,
            () = self.cut.cancelled() => return self.cut_off(over_at).await,
        };
        let now = self.shared.deps.clock.now();
        let number = self.lease.number();
        let result = match sent {
            Ok(answer) => answered(&self.lease, &key, answer, url, started_at, now),
            Err(failure) => failed(number, failure, url, started_at),
        };
        let next = retry::decide(&destination.limits.retries, number, result.outcome, now, rand::random());
        let span = tracing::Span::current();
        span.record("outcome", result.record.outcome).record("duration_ms", result.record.duration_ms);
        tracing::info!(
            state = next.state.as_str(),
            status = result.record.status_code,
            next_at = next.due_at.map(tracing::field::display),
            "attempted"
        );
        if next.pause_destination {
            let reason = format!("the handler answered {}", result.record.status_code.unwrap_or_default());
            self.shared.destinations.pause(destination.id, &reason).await;
        }
        self.shared.breakers.record(destination.id, result.outcome, self.is_try).await;
        self.settle(next, result.record, now).await;
    }

    /// Ends the delivery without a request.
    async fn end(self, why: &str) {
        self.give_back_try().await;
        let now = self.shared.deps.clock.now();
        let record = AttemptRecord {
            error: Some(why.to_owned()),
            ..record(self.lease.number(), "not_sent", String::new(), now, &Timings::default())
        };
        let next = Next { state: State::Failed, due_at: None, pause_destination: false };
        self.settle(next, record, now).await;
    }

    async fn settle(self, next: Next, attempt: AttemptRecord, settled_at: Timestamp) {
        let settlement = Settlement {
            delivery_id: self.lease.delivery_id,
            event_id: self.lease.event_id,
            lease_id: self.lease.id,
            next,
            settled_at,
            attempt,
        };
        let (place, early) = if self.is_bounded { (Some(self.place), None) } else { (None, Some(self.place)) };
        let unsettled = Unsettled { place, tenant_id: self.lease.tenant_id, settlement };
        if self.settlements.send(unsettled).await.is_err() {
            tracing::error!("an attempt's result could not be settled: the settler has ended");
        }
        drop(early);
    }

    /// The process ends before the handler has answered. The handler may be at work until its time is over.
    async fn cut_off(self, over_at: Timestamp) {
        // INVARIANT: no hint, however old, has it claimed before that.
        let due_at = over_at + self.shared.deps.config.early_by();
        tracing::info!(next_at = %due_at, "cut off, because this process stops; it does not count");
        if self.is_bounded
            && let Err(error) =
                in_time(self.shared.deps.store.keep_slot(self.lease.tenant_id, self.lease.id, over_at)).await
        {
            tracing::warn!(%error, "another attempt may begin while the handler is at work on this one");
        }
        self.hand_back_until(due_at).await;
    }

    async fn hand_back(self) {
        let due_at = self.shared.deps.clock.now() + NOT_NOW;
        self.hand_back_until(due_at).await;
    }

    async fn give_back_try(&self) {
        if self.is_try {
            self.shared.breakers.give_back_try(self.lease.destination_id).await;
        }
    }

    /// Tries for as long as the lease holds: a delivery that is not handed back waits until then.
    async fn hand_back_until(self, due_at: Timestamp) {
        self.give_back_try().await;
        let Deps { store, clock, .. } = &self.shared.deps;
        let lease = (self.lease.delivery_id, self.lease.id, due_at);
        loop {
            match in_time(store.hand_back(&[lease])).await {
                Ok(()) => return,
                Err(error @ StoreError::Unavailable(_)) if clock.now() + NOT_NOW < self.lease.until => {
                    tracing::warn!(%error, "handing a delivery back waits for the database");
                    clock.sleep(HAND_BACK_AGAIN).await;
                }
                Err(error) => {
                    return tracing::warn!(%error, "a delivery could not be handed back; its lease runs out");
                }
            }
        }
    }
}

fn report_unread(error: &StoreError) {
    tracing::error!(%error, "an event's content could not be read");
}

fn answered(lease: &Lease, key: &Key, answer: Answer, url: String, started_at: Timestamp, now: Timestamp) -> Result {
    let status = answer.status;
    let header = |name: &str| answer.headers.get(name).and_then(|value| value.to_str().ok());
    let outcome = Outcome::Answered {
        status: status.as_u16(),
        retry_after: header(RETRY_AFTER.as_str()).and_then(|value| retry::parse_retry_after(value, now)),
        control: header("webhook-delivery").and_then(Control::parse),
    };
    let word = if status.is_success() { "success" } else { "http_error" };
    let place = Place { tenant: lease.tenant_id, row: lease.delivery_id.0, column: column::ANSWER };
    let kept = event::Answer { headers: kept_headers(&answer.headers), body: answer.body.to_vec() };
    let record = AttemptRecord {
        status_code: Some(status.as_u16()),
        error: explain(status),
        sealed_answer: Some(key.seal(rand::random(), &place, &kept.to_bytes())),
        answer_truncated: answer.truncated,
        ..record(lease.number(), word, url, started_at, &answer.timings)
    };
    Result { outcome, record }
}

fn failed(number: u32, failure: Failure, url: String, started_at: Timestamp) -> Result {
    let outcome = match failure.kind {
        FailureKind::Timeout => Outcome::TimedOut,
        FailureKind::Forbidden
        | FailureKind::Resolve
        | FailureKind::Connect
        | FailureKind::Tls
        | FailureKind::Broken => Outcome::Unreachable,
    };
    let record = AttemptRecord {
        error: Some(failure.message),
        ..record(number, failure.kind.as_str(), url, started_at, &failure.timings)
    };
    Result { outcome, record }
}

fn record(number: u32, outcome: &'static str, url: String, started_at: Timestamp, timings: &Timings) -> AttemptRecord {
    let ms = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    AttemptRecord {
        number,
        started_at,
        duration_ms: ms(timings.total),
        outcome,
        status_code: None,
        error: None,
        url,
        resolve_ms: timings.resolve.map(ms),
        connect_ms: timings.connect.map(ms),
        tls_ms: timings.tls.map(ms),
        first_byte_ms: timings.first_byte.map(ms),
        sealed_answer: None,
        answer_truncated: false,
    }
}

/// What an answer that is no success means, for the destination's owner.
fn explain(status: StatusCode) -> Option<String> {
    let hint = match status.as_u16() {
        200..=299 => return None,
        300..=399 => "redirects are not followed: set the destination to the final URL",
        401 | 403 => "it refused the request: does it check the right signing secret?",
        404 | 405 => "is the destination's URL right?",
        410 => "the destination was paused",
        413 => "the event is too large for it; this delivery has ended",
        502..=504 => "a proxy before it may have given up: is its time-out shorter than the handler needs?",
        _ => "look into its log",
    };
    Some(format!("the handler answered {}: {hint}", status.as_u16()))
}

fn kept_headers(headers: &HeaderMap) -> Headers {
    let mut n_left = MOST_HEADER_BYTES;
    let fits = |(name, value): &(&http::HeaderName, &http::HeaderValue)| {
        let n_bytes = name.as_str().len() + value.len();
        n_left.checked_sub(n_bytes).inspect(|left| n_left = *left).is_some()
    };
    headers.iter().take_while(fits).map(|(name, value)| (name, value.as_bytes())).collect()
}
