//! What became of the events of a stretch of time, step by step. Nothing is counted beforehand: rows are, when asked.

mod latency;
mod standing;
mod statements;
mod waiting;

use std::{collections::BTreeMap, time::Duration};

use anyhook_domain::{AppId, DestinationId, EventId, TenantId, Timestamp, delivery::State};
use uuid::Uuid;

pub use latency::Latencies;
pub use standing::{Backlog, Failing, MOST_BACKLOG, MOST_FAILING};
use statements::{ATTEMPTS, EVENTS, OLDEST, Owner, UNDELIVERED, UNDELIVERED_OF_APP, earlier};
use waiting::Waiting;

use super::{small, state};
use crate::{Store, StoreError, batched::fetch, pools::read_of};

/// At most so many events are looked at, the newest ones of the stretch.
const MOST_EVENTS: i64 = 200_000;
/// Of deliveries of earlier events that failed, the newest ones that are looked at.
const MOST_FAILED: i64 = 5_000;
/// Deliveries are looked for from so long before: their ids were made with their events, by the clock of some process.
const SLACK: Duration = Duration::from_secs(24 * 60 * 60);

/// Of deliveries that are alike: the step, their state, the last answer's status, its class of durations, in which steps
/// they began to wait and ended, and their number.
type AttemptsRow = (i64, String, Option<i64>, Option<i64>, Option<i64>, Option<i64>, i64);

/// Whose events, and of when.
#[derive(Clone, Debug)]
pub struct StatsQuestion {
    pub tenant: TenantId,
    /// Of these apps only.
    pub apps: Option<Vec<AppId>>,
    /// What became of them at this destination only.
    pub destination: Option<DestinationId>,
    pub from: Timestamp,
    pub step: Duration,
    pub n_steps: usize,
}

/// One step's events. At one destination: what was to go there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatsPoint {
    /// All that came: the sum of the others.
    pub received: u64,
    pub delivered: u64,
    pub failed: u64,
    /// Queued, held or between two attempts.
    pub waiting: u64,
    pub rejected: u64,
    /// Deliveries, also of earlier events, that were yet to be made when the step ended. Those of earlier events that have
    /// succeeded since are left out, and of very many only the newest are counted.
    pub backlog: u64,
    /// How long the last attempts of the deliveries took.
    pub latencies: Latencies,
}

/// Steps, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Where the first point begins: later than asked for where there were too many events.
    pub from: Timestamp,
    /// There were more events than are looked at.
    pub is_partial: bool,
    pub points: Vec<StatsPoint>,
    /// How often the last attempts were answered with which HTTP status; `None`: there was no answer.
    pub status_codes: BTreeMap<Option<u32>, u64>,
}

/// The last bind of a statement about an app's rows.
macro_rules! of_app {
    ($query:ident, $owner:ident) => {
        match $owner.app {
            Some(app) => $query.bind(app.0),
            None => $query,
        }
    };
}
use of_app;

/// What is known so far.
struct Counting<'a> {
    question: &'a StatsQuestion,
    points: Vec<StatsPoint>,
    /// The steps before this one were not looked at whole.
    first: usize,
    is_partial: bool,
    /// The oldest event that was looked at, of each owner that has more.
    oldest: Vec<Option<Uuid>>,
    /// At most so many events are looked at.
    most_events: i64,
    waiting: Waiting,
    status_codes: BTreeMap<Option<u32>, u64>,
}

impl StatsQuestion {
    fn step_ms(&self) -> i64 {
        i64::try_from(self.step.as_millis()).unwrap_or(i64::MAX).max(1)
    }

    fn begins(&self, step: usize) -> Timestamp {
        self.from + self.step.saturating_mul(u32::try_from(step).unwrap_or(u32::MAX))
    }

    /// The step of an instant; those outside of all are counted to the nearest.
    fn step_of(&self, step: i64) -> usize {
        usize::try_from(step).unwrap_or(0).min(self.n_steps.saturating_sub(1))
    }

    /// The first id of a step.
    fn first_id(&self, step: usize) -> Uuid {
        EventId::new(self.begins(step), [0; 10]).0
    }

    fn owners(&self) -> Vec<Owner> {
        match &self.apps {
            None => vec![Owner { tenant: self.tenant, app: None }],
            Some(apps) => apps.iter().map(|app| Owner { tenant: self.tenant, app: Some(*app) }).collect(),
        }
    }
}

impl Store {
    /// Counts the events of a stretch of time.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn stats(&self, question: &StatsQuestion) -> Result<Stats, StoreError> {
        self.stats_of(question, MOST_EVENTS).await
    }

    async fn stats_of(&self, question: &StatsQuestion, most_events: i64) -> Result<Stats, StoreError> {
        let points = vec![StatsPoint::default(); question.n_steps];
        let (first, is_partial, oldest) = (0, false, Vec::new());
        let (waiting, status_codes) = (Waiting::new(question.n_steps), BTreeMap::new());
        let mut counting = Counting { question, points, first, is_partial, oldest, most_events, waiting, status_codes };
        self.count_received(&mut counting).await?;
        if question.destination.is_none() {
            self.count_undelivered(&mut counting).await?;
        }
        self.count_attempts(&mut counting).await?;
        self.count_earlier(&mut counting).await?;
        Ok(counting.into_stats())
    }

    /// What came, and how far back it can be counted.
    async fn count_received(&self, counting: &mut Counting<'_>) -> Result<(), StoreError> {
        let question = counting.question;
        for owner in question.owners() {
            let rows: Vec<(i64, i64, i64)> = read_of!(self, question.tenant, |conn| {
                let query = sqlx::query_as(EVENTS.text(owner)).bind(owner.tenant.0);
                let query = query
                    .bind(question.first_id(question.n_steps))
                    .bind(question.first_id(0))
                    .bind(counting.most_of_owner());
                let query = query.bind(question.from.unix_ms()).bind(question.step_ms());
                of_app!(query, owner).fetch_all(&mut *conn).await?
            });
            let is_cut = rows.iter().map(|row| row.1).sum::<i64>() >= counting.most_of_owner();
            if let Some(oldest) = rows.iter().map(|row| row.0).min().filter(|_| is_cut) {
                counting.begin_after(question.step_of(oldest));
            }
            let oldest = if is_cut { self.oldest_of(counting, owner).await? } else { None };
            counting.oldest.push(oldest);
            for (step, n_events, n_rejected) in rows {
                counting.came(step, n_events, n_rejected);
            }
        }
        Ok(())
    }

    /// The last one that is looked at of those of an owner, which are more.
    async fn oldest_of(&self, counting: &Counting<'_>, owner: Owner) -> Result<Option<Uuid>, StoreError> {
        let question = counting.question;
        Ok(read_of!(self, question.tenant, |conn| {
            let query = sqlx::query_scalar(OLDEST.text(owner)).bind(owner.tenant.0);
            let query = query.bind(question.first_id(question.n_steps)).bind(question.first_id(0));
            let query = query.bind(counting.most_of_owner() - 1);
            of_app!(query, owner).fetch_optional(&mut *conn).await?
        }))
    }

    /// Those that are not delivered: they are few, and have an index of their own.
    async fn count_undelivered(&self, counting: &mut Counting<'_>) -> Result<(), StoreError> {
        let question = counting.question;
        for (owner, oldest) in question.owners().into_iter().zip(counting.oldest.clone()) {
            // Of a step that was not looked at whole, only what was looked at.
            let low =
                |step: usize| oldest.map_or(question.first_id(step), |oldest| oldest.max(question.first_id(step)));
            let steps: Vec<_> =
                (counting.first..question.n_steps).map(|step| (step, low(step), question.first_id(step + 1))).collect();
            let rows = read_of!(self, question.tenant, |conn| match owner.app {
                None => fetch!(conn, (Uuid, i64, i64), UNDELIVERED, &steps, |it| [owner.tenant.0, it.1, it.2]),
                Some(app) => {
                    fetch!(conn, (Uuid, i64, i64), UNDELIVERED_OF_APP, &steps, |it| [app.0, owner.tenant.0, it.1, it.2])
                }
            });
            for (low, n_events, n_failed) in rows {
                let step = steps.iter().find(|it| it.1 == low).map(|it| it.0);
                step.into_iter().for_each(|step| counting.undelivered(step, n_events, n_failed));
            }
        }
        Ok(())
    }

    /// The last attempts of what went out; at one destination, also what has not.
    async fn count_attempts(&self, counting: &mut Counting<'_>) -> Result<(), StoreError> {
        let question = counting.question;
        let after = question.begins(counting.first);
        for owner in question.owners() {
            let rows: Vec<AttemptsRow> = read_of!(self, question.tenant, |conn| {
                let query = sqlx::query_as(ATTEMPTS.text(owner)).bind(owner.tenant.0);
                let query = query.bind(question.first_id(question.n_steps)).bind(question.first_id(counting.first));
                let query = query.bind(counting.most_of_owner()).bind(question.from.unix_ms()).bind(question.step_ms());
                let query = query.bind(EventId::new(after - SLACK, [0; 10]).0);
                let query = query.bind(question.destination.map(|it| it.0));
                of_app!(query, owner).fetch_all(&mut *conn).await?
            });
            for (step, word, status_code, class_ms, began, ended, n_deliveries) in rows {
                began.into_iter().for_each(|began| counting.waited(began, ended, n_deliveries));
                if let Some(class_ms) = class_ms {
                    counting.attempted(step, class_ms, status_code, n_deliveries);
                }
                counting.went(step, state(&word)?, n_deliveries);
            }
        }
        Ok(())
    }

    /// Deliveries of events from before that waited into the stretch.
    async fn count_earlier(&self, counting: &mut Counting<'_>) -> Result<(), StoreError> {
        let question = counting.question;
        for owner in question.owners() {
            let most = MOST_BACKLOG.cast_signed();
            for (word, most) in [("pending", most), ("held", most), ("failed", MOST_FAILED)] {
                let rows: Vec<(i64, Option<i64>, i64)> = read_of!(self, question.tenant, |conn| {
                    let query = sqlx::query_as(earlier(owner, word)).bind(owner.tenant.0);
                    let query = query.bind(question.destination.map(|it| it.0)).bind(most);
                    let query = query.bind(question.first_id(counting.first));
                    let query = query.bind(question.from.unix_ms()).bind(question.step_ms());
                    of_app!(query, owner).fetch_all(&mut *conn).await?
                });
                rows.into_iter().for_each(|(began, ended, n)| counting.waited(began, ended, n));
            }
        }
        Ok(())
    }
}

impl Counting<'_> {
    /// A step was not looked at whole. The last one is shown all the same: it is better than nothing.
    fn begin_after(&mut self, step: usize) {
        let last = self.question.n_steps.saturating_sub(1);
        self.first = self.first.max(step + 1).min(last);
        self.is_partial = true;
    }

    fn came(&mut self, step: i64, n_events: i64, n_rejected: i64) {
        if self.question.destination.is_some() {
            return;
        }
        let point = &mut self.points[self.question.step_of(step)];
        point.received += positive(n_events);
        point.rejected += positive(n_rejected);
    }

    fn most_of_owner(&self) -> i64 {
        let n_owners = self.question.apps.as_ref().map_or(1, Vec::len).max(1);
        self.most_events / i64::try_from(n_owners).unwrap_or(self.most_events)
    }

    fn undelivered(&mut self, step: usize, n_events: i64, n_failed: i64) {
        self.points[step].failed += positive(n_failed);
        self.points[step].waiting += positive(n_events - n_failed);
    }

    fn attempted(&mut self, step: i64, class_ms: i64, status_code: Option<i64>, n: i64) {
        let n = positive(n);
        self.points[self.question.step_of(step)].latencies.add(class_ms, n);
        *self.status_codes.entry(status_code.map(small)).or_default() += n;
    }

    fn waited(&mut self, began: i64, ended: Option<i64>, n_deliveries: i64) {
        let ended = ended.and_then(|ended| usize::try_from(ended).ok());
        self.waiting.add(usize::try_from(began).unwrap_or(0), ended, n_deliveries);
    }

    /// At one destination, an event is its delivery there.
    fn went(&mut self, step: i64, state: State, n: i64) {
        if self.question.destination.is_none() {
            return;
        }
        let point = &mut self.points[self.question.step_of(step)];
        let n = positive(n);
        point.received += n;
        match state {
            State::Success => {}
            State::Failed => point.failed += n,
            State::Pending | State::Held => point.waiting += n,
        }
    }

    /// What is left has been delivered; a figure that moved between two statements makes none negative.
    fn into_stats(self) -> Stats {
        let from = self.question.begins(self.first);
        let points = self.points.into_iter().zip(self.waiting.at_ends()).skip(self.first);
        let mut points: Vec<_> = points.map(|(point, backlog)| StatsPoint { backlog, ..point }).collect();
        for point in &mut points {
            let others = point.failed + point.waiting + point.rejected;
            point.delivered = point.received.saturating_sub(others);
        }
        Stats { from, is_partial: self.is_partial, points, status_codes: self.status_codes }
    }
}

fn positive(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

#[cfg(test)]
mod tests;
