//! One batch of a replay.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use anyhook_domain::{AppId, DeliveryId, DestinationId, EventId, delivery::Hint, event::EventStatus};
use uuid::Uuid;

use super::{
    super::{
        EventSummary, ReplayTimes,
        list::{Range, SEARCH_BATCH},
        replay::{INSERT, LOCK, Renewal, SUPERSEDE, hint},
    },
    Replay, ReplayTarget,
};
use crate::{
    Store, StoreError,
    batched::{Batched, execute, fetch},
    error::again,
    pools::{read_of, write_of},
};

/// What one batch made.
#[derive(Clone, Debug, Default)]
pub struct ReplayStep {
    pub hints: Vec<Hint>,
    /// Whose they are.
    pub events: Vec<EventId>,
    /// It was the last one.
    pub is_over: bool,
}

/// A batch that is about to be made.
struct Batch {
    /// Those that can be sent as far as is known, with their destinations; oldest first.
    events: Vec<(EventId, AppId)>,
    n_skipped: usize,
    looked_at: Uuid,
    is_last: bool,
}

static KEYED: Batched = Batched::new("-- replay keyed\nSELECT event_id FROM event_keys WHERE event_id IN (", 1, ")");
static OVER_QUOTA: Batched = Batched::new(
    "-- replay over quota\nSELECT DISTINCT event_id FROM deliveries WHERE held_reason = 'over_quota' AND event_id IN (",
    1,
    ")",
);
/// Where events went.
static HAD: Batched =
    Batched::new("-- replay had\nSELECT DISTINCT event_id, destination_id FROM deliveries WHERE event_id IN (", 1, ")");
/// Changes something only where nobody has gone on with it meanwhile.
const TAKE: &str = "-- replay take\nUPDATE replays SET looked_at_id = $3 WHERE id = $1 AND looked_at_id = $2 \
                    AND state = 'running' RETURNING id";
const NEXT: &str = "-- replay next\nUPDATE replays SET n_replayed = n_replayed + $2, n_skipped = n_skipped + $3, \
                    due_at = $4 WHERE id = $1";
const LAST: &str = "-- replay last\nUPDATE replays SET n_replayed = n_replayed + $2, n_skipped = n_skipped + $3, \
                    due_at = NULL, state = 'done', finished_at = $4 WHERE id = $1";

impl Store {
    /// Makes a replay's next batch: the deliveries, and in the same transaction how far it has come. `None` when another
    /// process was faster, or the replay has ended.
    ///
    /// # Errors
    /// [`StoreError`]: then nothing of this batch is replayed.
    pub async fn advance_replay(
        &self,
        replay: &Replay,
        times: ReplayTimes,
        most: usize,
        mut new_id: impl FnMut() -> DeliveryId + Send,
    ) -> Result<Option<ReplayStep>, StoreError> {
        let range = Range { after: replay.looked_at, before: replay.ends_before, is_oldest_first: true };
        let stretch = self.stretch(&replay.filter, range, SEARCH_BATCH).await?;
        let batch = Batch::of(stretch.events, stretch.last, most, replay);
        let targets = self.replay_targets(replay).await?;
        again!(self.advance_once(replay, &batch, &targets, times, &mut new_id).await)
    }

    async fn replay_targets(&self, replay: &Replay) -> Result<HashMap<AppId, Vec<ReplayTarget>>, StoreError> {
        let rows: Vec<(Uuid, Uuid, bool)> = read_of!(self, replay.filter.tenant, |conn| {
            sqlx::query_as(
                "-- targets of replay\nSELECT app_id, destination_id, is_choosy FROM replay_targets \
                 WHERE replay_id = $1 AND tenant_id = $2",
            )
            .bind(replay.id.0)
            .bind(replay.filter.tenant.0)
            .fetch_all(conn)
            .await?
        });
        let mut targets = HashMap::<_, Vec<_>>::new();
        for (app, destination, is_choosy) in rows {
            let (app, destination) = (AppId(app), DestinationId(destination));
            targets.entry(app).or_default().push(ReplayTarget { app, destination, is_choosy });
        }
        Ok(targets)
    }

    async fn advance_once(
        &self,
        replay: &Replay,
        batch: &Batch,
        targets: &HashMap<AppId, Vec<ReplayTarget>>,
        times: ReplayTimes,
        new_id: &mut (impl FnMut() -> DeliveryId + Send),
    ) -> Result<Option<ReplayStep>, StoreError> {
        let (now_ms, tenant) = (times.now.unix_ms(), replay.filter.tenant);
        Ok(write_of!(self, tenant, |tx| {
            let take = sqlx::query_scalar::<_, Uuid>(TAKE).bind(replay.id.0).bind(replay.looked_at);
            if take.bind(batch.looked_at).fetch_optional(&mut *tx).await?.is_none() {
                return Ok(None);
            }
            let locked = fetch!(tx, (Uuid,), LOCK, &batch.events, |(event, _)| [event.0]);
            let keyed = fetch!(tx, (Uuid,), KEYED, &locked, |(id,)| [*id]);
            let mut sendable: HashSet<_> = keyed.into_iter().collect();
            for over in fetch!(tx, (Uuid,), OVER_QUOTA, &locked, |(id,)| [*id]) {
                sendable.remove(&over);
            }
            let mut had = HashSet::new();
            if targets.values().flatten().any(|it| it.is_choosy) {
                had.extend(fetch!(tx, (Uuid, Uuid), HAD, &locked, |(id,)| [*id]));
            }
            let mut renewals = Vec::new();
            let mut events = Vec::new();
            for (event, app) in batch.events.iter().filter(|(event, _)| sendable.contains(&(event.0,))) {
                let wanted = targets.get(app).into_iter().flatten();
                let wanted = wanted.filter(|it| !it.is_choosy || had.contains(&(event.0, it.destination.0)));
                let n_before = renewals.len();
                renewals.extend(wanted.map(|it| Renewal {
                    id: new_id(),
                    event: *event,
                    destination: it.destination,
                    tenant,
                    app: *app,
                    is_aside: replay.url.is_some(),
                    due_ms: times.due_at.unix_ms(),
                    made_ms: now_ms,
                }));
                if renewals.len() > n_before {
                    events.push(*event);
                }
            }
            execute!(tx, SUPERSEDE, &renewals, |it| [it.event.0, it.destination.0, now_ms]);
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
            let n_skipped = batch.n_skipped + batch.events.len() - events.len();
            let next_at = times.now + replay.pause_after(events.len());
            let (count, at) = if batch.is_last { (LAST, times.now) } else { (NEXT, next_at) };
            sqlx::query(count)
                .bind(replay.id.0)
                .bind(i64::try_from(events.len()).unwrap_or(i64::MAX))
                .bind(i64::try_from(n_skipped).unwrap_or(i64::MAX))
                .bind(at.unix_ms())
                .execute(&mut *tx)
                .await?;
            let hints = renewals.iter().map(|it| hint(it.id, it.destination)).collect();
            Some(ReplayStep { hints, events, is_over: batch.is_last })
        }))
    }
}

impl Replay {
    /// How long its rate makes it wait after so many events.
    #[must_use]
    pub fn pause_after(&self, n_events: usize) -> Duration {
        Duration::from_secs(n_events as u64) / self.rate_per_second.max(1)
    }
}

impl Batch {
    /// Of a part of the walk, as many as the rate allows; the walk goes on behind the last of them.
    fn of(mut found: Vec<EventSummary>, last: Option<EventId>, most: usize, replay: &Replay) -> Self {
        let is_cut = found.len() > most;
        found.truncate(most);
        let looked_at = if is_cut { found.last().map(|event| event.id) } else { last };
        let n_found = found.len();
        let is_sendable = |event: &EventSummary| event.status != EventStatus::Rejected;
        let events: Vec<_> = found.iter().filter(|it| is_sendable(it)).map(|it| (it.id, it.app_id)).collect();
        Self {
            n_skipped: n_found - events.len(),
            events,
            looked_at: looked_at.map_or(replay.looked_at, |event| event.0),
            is_last: looked_at.is_none(),
        }
    }
}
