//! Replaying all events that a filter takes.

use anyhook_domain::{AppId, DestinationId, ReplayId, event::EventStatus};
use anyhook_rpc::tenants::v1::{App, Destination};
use anyhook_store::log::{
    Count, EventFilter, MOST_RUNNING, NewReplay, ReplayState, ReplayTarget as Target, StartReplay, Wanted,
};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    api::Api,
    auth::{Caller, Editor},
    endpoints::{
        Members,
        events::{
            is_choosy,
            replay_url::{self, ReplayUrl},
        },
    },
    extract::Body,
    idempotency::IdempotencyKey,
    problem::{Problem, ProblemBody},
    shapes::{event::Configured, replay::Replay},
};

const DEFAULT_RATE: u32 = 500;
const MAX_RATE: u32 = 10_000;

/// What is to be replayed.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
pub(crate) struct NewReplayOf {
    /// Which events, as `GET /api/v1/events` takes it; it must name at least one member. Only those count that have come
    /// by now.
    filter: Members,
    /// To this destination only. When left out, to all of each event's app, but of those that want only some events, to
    /// those alone that the event went to before.
    #[serde(alias = "destinationId")]
    destination_id: Option<String>,
    /// To this URL in place of destinations, as where one event is replayed; needs `filter.app_slug`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("https://tunnel.example/hook"))]
    url: Option<String>,
    /// What signs at `url`, from now on; when left out, what signed there before, or else a new secret.
    #[serde(alias = "signingSecret", skip_serializing)]
    signing_secret: Option<String>,
    /// Only says how many events there are.
    #[serde(default, alias = "dryRun")]
    dry_run: bool,
    /// At most so many events in a second; 500 when left out.
    #[serde(alias = "ratePerSecond")]
    #[schema(minimum = 1, maximum = 10_000, examples(50))]
    rate_per_second: Option<u32>,
}

/// What a replay would be.
#[derive(Serialize, ToSchema)]
pub(crate) struct Counted {
    /// How many events the filter takes.
    #[schema(examples(1200))]
    count: u64,
    /// There may be more: not all could be looked at.
    #[schema(examples(false))]
    more: bool,
}

/// Replay events
///
/// Sends all events again that a filter takes, oldest first, each once, in the background: `GET /api/v1/replays/{id}` says
/// how far it has come. It uses nothing of the plan. With `dry_run` nothing is sent, and the answer is how many events
/// there are. With an `Idempotency-Key`, the same request sent again within 24 hours gives the same answer and starts
/// nothing new.
#[utoipa::path(
    post, path = "/api/v1/replays", tag = "Events",
    params(("Idempotency-Key" = Option<String>, Header, description = "Any text of your own, new for each replay")),
    request_body(
        content = NewReplayOf,
        example = json!({ "filter": { "app_slug": "shop", "since": "2026-11-21T00:00:00Z" }, "dry_run": true })
    ),
    responses(
        (status = 202, description = "It has begun", body = Replay),
        (status = 200, description = "With `dry_run`: how many events there are", body = Counted),
        (status = "default", description = "Among others `invalid_field`, `no_destination`", body = ProblemBody),
    )
)]
pub(crate) async fn create_replay(
    State(api): State<Api>,
    Editor(caller): Editor,
    key: IdempotencyKey,
    Body(body): Body<NewReplayOf>,
) -> Result<Response, Problem> {
    let rate_per_second = rate(body.rate_per_second)?;
    replay_url::allow(&caller, body.url.as_deref(), body.destination_id.as_deref())?;
    // What stands for the values of fields is part of the request; without them, a repeat is answered whatever has changed.
    let read = if body.filter.has_fields() { Some(read_filter(&api, &caller, &body.filter).await?) } else { None };
    let request = as_kept(&body, read.as_ref().map(|(filter, _)| filter));
    if !body.dry_run
        && let Some(answer) = key.answered::<Replay>(&api, &caller, &request).await?
    {
        return Ok((StatusCode::ACCEPTED, Json(answer)).into_response());
    }
    let (filter, apps) = match read {
        Some(read) => read,
        None => read_filter(&api, &caller, &body.filter).await?,
    };
    let goal = Goal::of(&body, &filter, &apps)?;
    // Those of other apps could not be sent there.
    let filter = EventFilter { app: filter.app.or(goal.app()), ..filter };
    let count = api.store().count_events(&filter).await?;
    if body.dry_run {
        return Ok(Json(Counted { count: count.n, more: !count.is_whole }).into_response());
    }
    let (destination, targets, taken) = goal.take(&api, &caller, &body).await?;
    let at = api.now();
    let id = ReplayId::new(at, rand::random());
    let new = NewReplay {
        id,
        filter: &filter,
        destination,
        url: taken.as_ref().map(|it| it.url.as_str()),
        targets: &targets,
        rate_per_second,
        count,
        at,
    };
    let answer = begun(&new, filter.app.and_then(|app| Configured::of(apps).slug(app)));
    let keyed = key.keyed(&caller, &request, &answer);
    let subject = id.to_string();
    let records = [caller.record(&api, "replay.started", &subject)?];
    let started = api.store().start_replay(&new, keyed.once().as_ref(), &records).await;
    if !matches!(started, Ok(StartReplay::Started | StartReplay::Repeat))
        && let Some(taken) = taken
    {
        taken.give_back(&api, &caller).await;
        return Err(started.map_or_else(Problem::from, |_| too_many()));
    }
    let answer = match started? {
        StartReplay::Started => answer,
        StartReplay::Repeat => key.answered_meanwhile(&api, &caller, &request).await?,
        StartReplay::TooMany => return Err(too_many()),
    };
    let signing_secret = taken.and_then(|it| it.signing_secret);
    Ok((StatusCode::ACCEPTED, Json(Replay { signing_secret, ..answer })).into_response())
}

/// A name that is misspelt is ignored: then nothing must look like everything.
async fn read_filter(api: &Api, caller: &Caller, members: &Members) -> Result<(EventFilter, Vec<App>), Problem> {
    if members.is_empty() {
        let text = "filter must name at least one of app_slug, status, source, event_type, provider_id, \
                    outbound_status, since, until, q and field; since alone takes everything from then on.";
        return Err(Problem::bad_field("filter", text));
    }
    if members.wanted().map_err(inside)? == Wanted::Status(EventStatus::Rejected) {
        let text = "Rejected events cannot be replayed; correct the app's secret, and have them verified again.";
        return Err(Problem::bad_field("filter.status", text));
    }
    members.narrowing().map_err(inside)?;
    members.filter(api, caller).await.map_err(inside)
}

/// The request as it is remembered for its key: with what stands for the values of fields, and without a secret.
fn as_kept(body: &NewReplayOf, filter: Option<&EventFilter>) -> String {
    let text = |body: &NewReplayOf| serde_json::to_string(body).expect("what was read can be written");
    let Some(filter) = filter else { return format!("replays {}", text(body)) };
    let terms = filter.narrowing.fields.iter().flat_map(|field| field.terms.iter().map(hex::encode));
    let terms = terms.collect::<Vec<_>>().join(" ");
    let without = NewReplayOf { filter: body.filter.without_values(), ..body.clone() };
    format!("replays {} {terms}", text(&without))
}

/// Where it goes.
enum Goal<'a> {
    /// The one that is named, if one is, and where the events of each app go.
    Destinations(Option<DestinationId>, Vec<Target>),
    /// The app's events to a URL that is no destination.
    Url(&'a str, &'a App, AppId),
}

impl<'a> Goal<'a> {
    fn of(body: &'a NewReplayOf, filter: &EventFilter, apps: &'a [App]) -> Result<Self, Problem> {
        let Some(url) = &body.url else {
            let (destination, targets) = targets(apps, body.destination_id.as_deref())?;
            return Ok(Self::Destinations(destination, targets));
        };
        let (Some(id), [app]) = (filter.app, apps) else {
            return Err(Problem::bad_field(
                "filter.app_slug",
                "With url, filter must name the app whose events are meant.",
            ));
        };
        Ok(Self::Url(url, app, id))
    }

    /// The app of the one destination that is named.
    fn app(&self) -> Option<AppId> {
        match self {
            Self::Destinations(destination, targets) => destination.and(targets.first()).map(|it| it.app),
            Self::Url(_, _, app) => Some(*app),
        }
    }

    /// A URL is taken for it.
    async fn take(
        self,
        api: &Api,
        caller: &Caller,
        body: &NewReplayOf,
    ) -> Result<(Option<DestinationId>, Vec<Target>, Option<ReplayUrl>), Problem> {
        match self {
            Self::Destinations(destination, targets) => Ok((destination, targets, None)),
            Self::Url(url, app, id) => {
                let taken = replay_url::take(api, caller, app, url, body.signing_secret.clone()).await?;
                let target = Target { app: id, destination: taken.id, is_choosy: false };
                Ok((Some(taken.id), vec![target], Some(taken)))
            }
        }
    }
}

fn too_many() -> Problem {
    let text = format!("{MOST_RUNNING} replays run already; wait for one of them, or cancel it.");
    Problem::conflict("too_many", text)
}

fn inside(problem: Problem) -> Problem {
    problem.within("filter")
}

fn rate(given: Option<u32>) -> Result<u32, Problem> {
    let rate = given.unwrap_or(DEFAULT_RATE);
    let text = format!("rate_per_second must be a number from 1 to {MAX_RATE}.");
    if (1..=MAX_RATE).contains(&rate) { Ok(rate) } else { Err(Problem::bad_field("rate_per_second", text)) }
}

/// The destination asked for, and where the events of each app go.
fn targets(apps: &[App], wanted: Option<&str>) -> Result<(Option<DestinationId>, Vec<Target>), Problem> {
    let all = apps.iter().flat_map(|app| app.destinations.iter().map(move |it| (&app.id, it)));
    let chosen = all.filter(|(_, it)| wanted.is_none_or(|wanted| wanted == it.id));
    let target = |(app, it): (&String, &Destination)| {
        let is_choosy = wanted.is_none() && is_choosy(it);
        Some(Target { app: app.parse().ok()?, destination: it.id.parse().ok()?, is_choosy })
    };
    let chosen: Vec<Target> = chosen.filter_map(target).collect();
    match (chosen.first(), wanted) {
        (Some(first), Some(_)) => Ok((Some(first.destination), chosen)),
        (Some(_), None) => Ok((None, chosen)),
        (None, None) => {
            let text = "There is no destination that the events could go to; add one, then replay again.";
            Err(Problem::conflict("no_destination", text))
        }
        (None, Some(_)) => {
            let text = "There is no such destination; GET /api/v1/apps lists them.";
            Err(Problem::not_found(text).about("destination_id"))
        }
    }
}

fn begun(new: &NewReplay<'_>, app_slug: Option<String>) -> Replay {
    let Count { n: total, is_whole } = new.count;
    Replay {
        id: new.id.to_string(),
        state: ReplayState::Running.as_str().to_owned(),
        total,
        more: !is_whole,
        replayed: 0,
        skipped: 0,
        rate_per_second: new.rate_per_second,
        destination_id: new.destination.map(|destination| destination.to_string()),
        url: new.url.map(str::to_owned),
        signing_secret: None,
        filter: Members::of(new.filter, app_slug),
        created_at: new.at.to_string(),
        finished_at: None,
    }
}

#[cfg(test)]
mod tests {
    use anyhook_rpc::tenants::v1;
    use uuid::Uuid;

    use super::*;

    fn app(n: u128, destinations: &[u128]) -> App {
        let destination =
            |n: &u128| v1::Destination { id: DestinationId(Uuid::from_u128(*n)).to_string(), ..Default::default() };
        let destinations = destinations.iter().map(destination).collect();
        App { id: AppId(Uuid::from_u128(n)).to_string(), destinations, ..App::default() }
    }

    #[test]
    fn events_go_to_their_own_apps_destinations() {
        let apps = [app(1, &[10, 11]), app(2, &[20]), app(3, &[])];
        let pair = |(app, destination)| Target {
            app: AppId(Uuid::from_u128(app)),
            destination: DestinationId(Uuid::from_u128(destination)),
            is_choosy: false,
        };
        let (destination, all) = targets(&apps, None).unwrap();
        assert_eq!((destination, all), (None, [(1, 10), (1, 11), (2, 20)].map(pair).to_vec()));
        let wanted = DestinationId(Uuid::from_u128(20));
        let (destination, one) = targets(&apps, Some(&wanted.to_string())).unwrap();
        assert_eq!((destination, one), (Some(wanted), vec![pair((2, 20))]));
        assert_eq!(targets(&apps, Some("x")).expect_err("no id").seen().3, Some("destination_id"));
        assert_eq!(targets(&apps[2..], None).expect_err("it has none").seen().1, "no_destination");
    }

    #[test]
    fn rates_are_bounded() {
        assert_eq!([rate(None).unwrap(), rate(Some(1)).unwrap(), rate(Some(10_000)).unwrap()], [500, 1, 10_000]);
        assert!([0, 10_001].into_iter().all(|it| rate(Some(it)).is_err()));
    }
}
