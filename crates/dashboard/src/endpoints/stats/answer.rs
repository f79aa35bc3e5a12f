//! The figures as they are answered, and those that were answered a moment ago.

use std::{sync::Arc, time::Duration};

use anyhook_cache::{Fresh, Freshness};
use anyhook_domain::{AppId, TenantId};
use anyhook_rpc::tenants::v1::App;
use anyhook_store::log::{Backlog, Failing, Stats, StatsPoint};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    held_back::HeldBackAnswer,
    places::Places,
    question::{Asked, Question},
};
use crate::{api::Api, auth::Caller, problem::Problem};

/// What is looked at by many at once is counted once.
const FRESHNESS: Freshness = Freshness {
    fresh_for: Duration::from_secs(3),
    absent_for: Duration::from_secs(3),
    stale_for: Duration::from_secs(30),
};
const MOST_ANSWERS: usize = 200;

/// Figures over a stretch of time. Nothing is counted beforehand: at most the newest 200,000 events of it are looked at.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatsAnswer {
    /// Where the first point begins; later than asked for where `isPartial`.
    #[schema(examples("2026-11-21T00:00:00.000Z"))]
    from: String,
    #[schema(examples("2026-11-22T00:00:00.000Z"))]
    to: String,
    #[schema(examples(1800))]
    step_seconds: u64,
    /// There are more events than are counted: the stretch begins later than asked for, or its one step is not whole.
    is_partial: bool,
    /// Oldest first, one for each step.
    points: Vec<Point>,
    backlog: BacklogAnswer,
    /// Destinations where deliveries fail, the most failures first; at most 20.
    failing: Vec<FailingAnswer>,
    /// Destinations that fail so much that deliveries to them wait; the longest first.
    held_back: Vec<HeldBackAnswer>,
    /// Of the last attempts of deliveries of these events, the most frequent first.
    status_codes: Vec<StatusCount>,
}

/// Events that came in one step; with `destination_id`, those that were to go there.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Point {
    #[schema(examples("2026-11-21T00:00:00.000Z"))]
    at: String,
    /// All that came: the sum of the next four.
    received: u64,
    /// Delivered to each destination.
    delivered: u64,
    failed: u64,
    /// Queued, held or between two attempts.
    waiting: u64,
    rejected: u64,
    /// Deliveries that were yet to be made when the step ended, also of events from before the stretch; without those of
    /// such events that have succeeded since. Of those that wait, the newest 100,000 are counted.
    backlog: u64,
    /// How long half of the last attempts took at most; interpolated, an eighth off at most. Null without attempts.
    #[schema(examples(180))]
    p50_ms: Option<u64>,
    /// The same for 95 of 100.
    #[schema(examples(950))]
    p95_ms: Option<u64>,
}

/// Deliveries that are yet to be made, whenever their events came. More than 100,000 are counted as that many.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Backlog)]
pub(crate) struct BacklogAnswer {
    /// For the first or next attempt.
    waiting: u64,
    /// For somebody to resume the app or destination, or for the next month.
    held: u64,
    /// Since when the oldest of them waits.
    oldest_at: Option<String>,
}

/// A destination where deliveries of these events failed, or are between two attempts. The newest 5,000 of each are
/// looked at.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FailingDestination)]
pub(crate) struct FailingAnswer {
    #[schema(examples("replicate"))]
    app_slug: String,
    #[schema(examples("dst_01h455vb4pex5vsknk084sn02q"))]
    destination_id: String,
    /// Where it points now.
    #[schema(examples("https://app.example/hooks"))]
    url: String,
    /// Since when the oldest of them has been on its way.
    since: String,
    /// What the newest of them heard last.
    last_error: Option<String>,
    #[schema(examples(502))]
    last_status: Option<u32>,
    count: u64,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct StatusCount {
    /// Null: no answer came.
    #[schema(examples(200))]
    code: Option<u32>,
    count: u64,
}

/// Who asks what: answers are kept by it.
type Key = (TenantId, Option<Vec<AppId>>, Asked);

/// Answers of the last seconds.
#[derive(Debug)]
pub(crate) struct Answers {
    kept: Fresh<Key, Arc<StatsAnswer>>,
    places: Places,
}

impl Default for Answers {
    fn default() -> Self {
        Self { kept: Fresh::new(MOST_ANSWERS, FRESHNESS), places: Places::default() }
    }
}

impl Answers {
    /// # Errors
    /// [`Problem`] when the question makes no sense, or cannot be answered.
    pub(super) async fn get(&self, api: &Api, caller: &Caller, asked: Asked) -> Result<Arc<StatsAnswer>, Problem> {
        let key = (caller.tenant, caller.apps(), asked);
        let answer = self.kept.get(&key, async || self.count(api, caller, &key.2).await.map(Some)).await?;
        answer.ok_or_else(|| Problem::internal("stats: no answer was kept"))
    }

    async fn count(&self, api: &Api, caller: &Caller, asked: &Asked) -> Result<Arc<StatsAnswer>, Problem> {
        let question = asked.question(api, caller).await?;
        let _place = self.places.take(caller.tenant).await?;
        let (store, counted) = (api.store(), &question.counted);
        let stats = store.stats(counted).await?;
        let (backlog, failing) = (store.backlog(counted).await?, store.failing(counted).await?);
        let mut answer = StatsAnswer::of(&question, &stats, backlog, failing);
        let mut breakers = store.breakers_of(counted.tenant).await?;
        breakers.retain(|(id, _)| counted.destination.is_none_or(|destination| destination == *id));
        let held_back = breakers.iter().filter_map(|(id, it)| HeldBackAnswer::of(*id, it, &question.apps, api.now()));
        answer.held_back = held_back.collect();
        Ok(Arc::new(answer))
    }
}

impl StatsAnswer {
    fn of(question: &Question, stats: &Stats, backlog: Backlog, failing: Vec<Failing>) -> Self {
        let Question { counted, apps } = question;
        let at = |step| (stats.from + counted.step.saturating_mul(step)).to_string();
        let points = (0..).zip(&stats.points).map(|(step, point)| Point::of(at(step), point));
        let mut status_codes: Vec<_> =
            stats.status_codes.iter().map(|(code, count)| StatusCount { code: *code, count: *count }).collect();
        status_codes.sort_by_key(|it| u64::MAX - it.count);
        let n_steps = u32::try_from(stats.points.len()).unwrap_or(u32::MAX);
        Self {
            from: stats.from.to_string(),
            to: at(n_steps),
            step_seconds: counted.step.as_secs(),
            is_partial: stats.is_partial,
            points: points.collect(),
            backlog: BacklogAnswer {
                waiting: backlog.waiting,
                held: backlog.held,
                oldest_at: backlog.oldest_at.map(|at| at.to_string()),
            },
            failing: failing.into_iter().filter_map(|it| FailingAnswer::of(it, apps)).collect(),
            held_back: Vec::new(),
            status_codes,
        }
    }
}

impl Point {
    fn of(at: String, point: &StatsPoint) -> Self {
        Self {
            at,
            received: point.received,
            delivered: point.delivered,
            failed: point.failed,
            waiting: point.waiting,
            rejected: point.rejected,
            backlog: point.backlog,
            p50_ms: point.latencies.percentile(50),
            p95_ms: point.latencies.percentile(95),
        }
    }
}

impl FailingAnswer {
    /// `None` for a destination that is gone: nobody can mend it.
    fn of(failing: Failing, apps: &[App]) -> Option<Self> {
        let destination_id = failing.destination_id.to_string();
        let app = apps.iter().find(|app| app.id == failing.app_id.to_string())?;
        let destination = app.destinations.iter().find(|it| it.id == destination_id)?;
        Some(Self {
            app_slug: app.slug.clone(),
            destination_id,
            url: destination.url.clone(),
            since: failing.since.to_string(),
            last_error: failing.error,
            last_status: failing.status_code,
            count: failing.n_deliveries,
        })
    }
}
