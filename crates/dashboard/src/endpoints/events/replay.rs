//! Sending one event again.

use anyhook_domain::{DeliveryId, DestinationId};
use anyhook_rpc::tenants::v1::{App, Destination};
use anyhook_store::log::{ReplayTo, Replayable, Replayed as Outcome};
use axum::{Json, extract::State};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{event_id, is_choosy, no_such_event, one_app, replay_url};
use crate::{
    api::{Api, new_delivery_id},
    auth::Editor,
    extract::{OptionalBody, PathPart},
    idempotency::IdempotencyKey,
    problem::{Problem, ProblemBody},
};

#[derive(Default, Deserialize, ToSchema)]
#[schema(as = EventReplay)]
pub(crate) struct Replay {
    /// To this destination only. When left out, to all of the app's, but of those that want only some events, to those
    /// alone that the event went to before.
    #[serde(alias = "destinationId")]
    destination_id: Option<String>,
    /// To this URL in place of destinations. It is held to the same rules as theirs, is sent to with their defaults, and
    /// is forgotten 14 days after its last replay; what comes of it does not count for the event's `status`. Needs what
    /// making a destination needs.
    #[schema(examples("https://tunnel.example/hook"))]
    url: Option<String>,
    /// What signs at `url`, from now on; when left out, what signed there before, or else a new secret.
    #[serde(alias = "signingSecret")]
    signing_secret: Option<String>,
}

#[derive(Deserialize, Serialize, ToSchema)]
pub(crate) struct Replayed {
    /// Always `true`.
    queued: bool,
    /// The event's id.
    id: String,
    deliveries: Vec<NewDelivery>,
    /// What signs at `url`, where it was made just now: shown this once.
    #[serde(rename = "signing_secret", default, skip_serializing_if = "Option::is_none")]
    signing_secret: Option<String>,
}

#[derive(Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewDelivery {
    id: String,
    destination_id: String,
}

/// Replay an event
///
/// Makes new deliveries, which take the place of the ones before them to the same destinations. Needs no body. With an `Idempotency-Key`, the same
/// request sent again within 24 hours gives the same answer and makes nothing new.
#[utoipa::path(
    post, path = "/api/v1/events/{id}/replay", tag = "Events",
    params(
        ("id" = String, Path, description = "The event's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Any text of your own, new for each replay"),
    ),
    request_body = Option<Replay>,
    responses(
        (status = 202, description = "On its way", body = Replayed),
        (status = "default", description = "Among others `not_found`, `no_destination`", body = ProblemBody),
    )
)]
pub(crate) async fn replay_event(
    State(api): State<Api>,
    Editor(caller): Editor,
    PathPart(id): PathPart<String>,
    key: IdempotencyKey,
    OptionalBody(body): OptionalBody<Replay>,
) -> Result<(StatusCode, Json<Replayed>), Problem> {
    let event = event_id(&id)?;
    let (url, wanted) = (body.url.as_deref(), body.destination_id.as_deref());
    replay_url::allow(&caller, url, wanted)?;
    let request = format!("replay {event} {}", url.or(wanted).unwrap_or_default());
    if let Some(answer) = key.answered(&api, &caller, &request).await? {
        return Ok((StatusCode::ACCEPTED, Json(answer)));
    }
    let found = api.store().replayable(caller.tenant, event).await?.ok_or_else(no_such_event)?;
    refuse_unreplayable(found)?;
    let app = one_app(&api, &caller, &found.app_id.to_string()).await.map_err(app_is_gone)?;
    let times = api.replay_times();
    let (targets, taken) = match url {
        Some(url) => {
            let taken = replay_url::take(&api, &caller, &app, url, body.signing_secret).await?;
            (vec![(taken.id, new_delivery_id(times.now))], Some(taken))
        }
        None => {
            let had = api.store().destinations_of_event(caller.tenant, event).await?;
            let destinations = choose(&app, wanted, &had)?;
            (destinations.into_iter().map(|it| (it, new_delivery_id(times.now))).collect(), None)
        }
    };
    let to = match taken.as_ref().zip(targets.first()) {
        Some((_, (url, delivery))) => ReplayTo::Url(*url, *delivery),
        None => ReplayTo::Destinations(&targets),
    };
    let deliveries = targets.iter().map(NewDelivery::of).collect();
    // What is remembered for the key is without the secret.
    let answer = Replayed { queued: true, id, deliveries, signing_secret: None };
    let keyed = key.keyed(&caller, &request, &answer);
    let once = keyed.once();
    let subject = event.to_string();
    let records = [caller.record(&api, "event.replayed", &subject)?];
    let done = api.store().replay_event_once(caller.tenant, event, to, times, once.as_ref(), &records).await;
    if !matches!(done, Ok(Outcome::Done(_) | Outcome::Repeat))
        && let Some(taken) = taken
    {
        taken.give_back(&api, &caller).await;
        return Err(done.map_or_else(Problem::from, |_| no_such_event()));
    }
    let answer = match done? {
        Outcome::Done(hints) => {
            api.queue().publish(hints);
            api.cache().announce_events([(caller.tenant, event)]);
            answer
        }
        Outcome::Repeat => key.answered_meanwhile(&api, &caller, &request).await?,
        Outcome::NoSuchEvent => return Err(no_such_event()),
    };
    let signing_secret = taken.and_then(|taken| taken.signing_secret);
    Ok((StatusCode::ACCEPTED, Json(Replayed { signing_secret, ..answer })))
}

/// A rejected event may be forged: our signature on it would make it look genuine.
fn refuse_unreplayable(found: Replayable) -> Result<(), Problem> {
    if found.is_rejected {
        let text = "This event was rejected: its signature was wrong or missing. Correct the app's secret, and let the \
                    provider send it again.";
        return Err(Problem::conflict("event_rejected", text));
    }
    if !found.has_content {
        return Err(Problem::conflict("event_forgotten", "This event's content was erased; there is nothing to send."));
    }
    if found.is_over_quota {
        let text = "This event is held because the plan's events of its month are used up. It is sent by itself in the \
                    next month, or once the plan is changed.";
        return Err(Problem::conflict("over_quota", text));
    }
    Ok(())
}

fn app_is_gone(problem: Problem) -> Problem {
    if problem.is_not_found() {
        no_destination("This event's app was deleted, so there is nowhere to send it.")
    } else {
        problem
    }
}

fn no_destination(text: &str) -> Problem {
    Problem::conflict("no_destination", text)
}

/// The destination asked for, or all that the app has now, less the choosy ones that the event was not for.
fn choose(app: &App, wanted: Option<&str>, had: &[DestinationId]) -> Result<Vec<DestinationId>, Problem> {
    let matching = app.destinations.iter().filter(|it| wanted.is_none_or(|id| it.id == id));
    let with_id = matching.filter_map(|it| Some((it, it.id.parse().ok()?)));
    let takes = |(it, id): &(&Destination, DestinationId)| wanted.is_some() || !is_choosy(it) || had.contains(id);
    let chosen: Vec<_> = with_id.filter(takes).map(|(_, id)| id).collect();
    match (chosen.is_empty(), wanted) {
        (false, _) => Ok(chosen),
        (true, None) if !app.destinations.is_empty() => {
            let text =
                "This event was for none of the app's destinations, by their filters; name one as destination_id.";
            Err(no_destination(text))
        }
        (true, None) => Err(no_destination("This event's app has no destination; add one, then replay again.")),
        (true, Some(_)) => {
            let text = "This event's app has no such destination; GET /api/v1/apps lists them.";
            Err(Problem::not_found(text).about("destination_id"))
        }
    }
}

impl NewDelivery {
    fn of((destination, delivery): &(DestinationId, DeliveryId)) -> Self {
        Self { id: delivery.to_string(), destination_id: destination.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use anyhook_domain::AppId;
    use anyhook_rpc::tenants::v1;
    use uuid::Uuid;

    use super::*;

    fn app(n_destinations: u128) -> App {
        let id = |number| DestinationId(Uuid::from_u128(number)).to_string();
        let destinations =
            (0..n_destinations).map(|number| v1::Destination { id: id(number), ..v1::Destination::default() });
        App { destinations: destinations.collect(), ..App::default() }
    }

    #[test]
    fn all_destinations_or_the_one_asked_for() {
        let second = DestinationId(Uuid::from_u128(1));
        assert_eq!(choose(&app(2), None, &[]).unwrap().len(), 2);
        assert_eq!(choose(&app(2), Some(&second.to_string()), &[]).unwrap(), [second]);
        assert_eq!(choose(&app(1), Some(&second.to_string()), &[]).expect_err("it has one").seen().0, 404);
        assert_eq!(choose(&app(1), Some("x"), &[]).expect_err("no id").seen().3, Some("destination_id"));
        assert_eq!(choose(&app(0), None, &[]).expect_err("it has none").seen().1, "no_destination");
    }

    #[test]
    fn who_wants_only_some_events_gets_those_alone_that_were_for_it() {
        let mut app = app(2);
        app.destinations[1].event_types.push("invoice.*".to_owned());
        let [first, second] = [0, 1].map(|n| DestinationId(Uuid::from_u128(n)));
        assert_eq!(choose(&app, None, &[]).unwrap(), [first]);
        assert_eq!(choose(&app, None, &[second]).unwrap(), [first, second]);
        assert_eq!(choose(&app, Some(&second.to_string()), &[]).unwrap(), [second]);
        app.destinations.remove(0);
        assert_eq!(choose(&app, None, &[]).expect_err("for none").seen().1, "no_destination");
    }

    #[test]
    fn what_is_rejected_forgotten_or_over_the_quota_is_not_sent() {
        let found =
            Replayable { app_id: AppId(Uuid::nil()), is_rejected: false, has_content: true, is_over_quota: false };
        assert!(refuse_unreplayable(found).is_ok());
        let rejected = refuse_unreplayable(Replayable { is_rejected: true, ..found }).expect_err("rejected");
        assert_eq!(rejected.seen().1, "event_rejected");
        let forgotten = refuse_unreplayable(Replayable { has_content: false, ..found }).expect_err("forgotten");
        assert_eq!(forgotten.seen().1, "event_forgotten");
        let over = refuse_unreplayable(Replayable { is_over_quota: true, ..found }).expect_err("over the quota");
        assert_eq!(over.seen().1, "over_quota");
    }
}
