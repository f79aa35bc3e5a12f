//! Replaying all events that a filter takes.

use anyhook_domain::{AppId, DestinationId, ReplayId, event::EventStatus};
use anyhook_rpc::tenants::v1::App;
use anyhook_store::log::{Count, EventFilter, MOST_RUNNING, NewReplay, ReplayState, StartReplay, Wanted};
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
    endpoints::Members,
    extract::Body,
    idempotency::IdempotencyKey,
    problem::{Problem, ProblemBody},
    shapes::{event::Configured, replay::Replay},
};

/// Where the events of an app go.
type Target = (AppId, DestinationId);

const DEFAULT_RATE: u32 = 500;
const MAX_RATE: u32 = 10_000;

/// What is to be replayed.
#[derive(Deserialize, Serialize, ToSchema)]
pub(crate) struct NewReplayOf {
    /// Which events, as `GET /api/v1/events` takes it; it must name at least one member. Only those count that have come
    /// by now.
    filter: Members,
    /// To this destination only; to all of each event's app when left out.
    #[serde(alias = "destinationId")]
    destination_id: Option<String>,
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
    let request = format!("replays {}", serde_json::to_string(&body).expect("what was read can be written"));
    if !body.dry_run
        && let Some(answer) = key.answered::<Replay>(&api, &caller, &request).await?
    {
        return Ok((StatusCode::ACCEPTED, Json(answer)).into_response());
    }
    let (filter, apps) = read_filter(&api, &caller, &body.filter).await?;
    let (destination, targets) = targets(&apps, body.destination_id.as_deref())?;
    // Those of other apps could not be sent there.
    let app = filter.app.or_else(|| destination.and(targets.first()).map(|(app, _)| *app));
    let filter = EventFilter { app, ..filter };
    let count = api.store().count_events(&filter).await?;
    if body.dry_run {
        return Ok(Json(Counted { count: count.n, more: !count.is_whole }).into_response());
    }
    let at = api.now();
    let id = ReplayId::new(at, rand::random());
    let new = NewReplay { id, filter: &filter, destination, targets: &targets, rate_per_second, count, at };
    let answer = begun(&new, app.and_then(|app| Configured::of(apps).slug(app)));
    let keyed = key.clone().keyed(request.clone(), &answer);
    let answer = match api.store().start_replay(&new, keyed.once().as_ref()).await? {
        StartReplay::Started => answer,
        StartReplay::Repeat => key.answered_meanwhile(&api, &caller, &request).await?,
        StartReplay::TooMany => return Err(too_many()),
    };
    Ok((StatusCode::ACCEPTED, Json(answer)).into_response())
}

/// A name that is misspelt is ignored: then nothing must look like everything.
async fn read_filter(api: &Api, caller: &Caller, members: &Members) -> Result<(EventFilter, Vec<App>), Problem> {
    if members.is_empty() {
        let text = "filter must name at least one of app_slug, status, source, event_type, provider_id, \
                    outbound_status, since, until and q; since alone takes everything from then on.";
        return Err(Problem::bad_field("filter", text));
    }
    if members.wanted().map_err(inside)? == Wanted::Status(EventStatus::Rejected) {
        let text = "Rejected events cannot be replayed; correct the app's secret, and have them verified again.";
        return Err(Problem::bad_field("filter.status", text));
    }
    members.narrowing().map_err(inside)?;
    members.filter(api, caller).await
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
    let all = apps.iter().flat_map(|app| app.destinations.iter().map(move |it| (&app.id, &it.id)));
    let chosen = all.filter(|(_, id)| wanted.is_none_or(|wanted| wanted == id.as_str()));
    let chosen: Vec<Target> = chosen.filter_map(|(app, id)| Some((app.parse().ok()?, id.parse().ok()?))).collect();
    match (chosen.first(), wanted) {
        (Some((_, destination)), Some(_)) => Ok((Some(*destination), chosen)),
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
        let pair = |(app, destination)| (AppId(Uuid::from_u128(app)), DestinationId(Uuid::from_u128(destination)));
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
