//! Verifying an app's rejected events again.

use std::collections::BTreeMap;

use anyhook_domain::{
    AppId, DestinationId, Month,
    delivery::{HeldReason, Hint},
    event::Verification,
    plan::Standing,
};
use anyhook_rpc::tenants::v1::{
    GetAppRequest, RejectedEvent, ResolveRouteRequest, Reverified, ReverifyEventsRequest, Route, WantedBy,
};
use anyhook_store::log::{Content, NewDelivery, Readmission, Readmitted, ReplayTimes};
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::{Api, ask, new_delivery_id},
    auth::{Caller, Editor},
    extract::PathPart,
    problem::{Problem, ProblemBody},
};

/// More than the rejected events that are kept of an app make: a request should end although new ones come.
const MOST_PAGES: usize = 64;
/// Different reasons that are told; some hold a part of the request.
const MOST_REASONS: usize = 20;
const OTHER_REASONS: &str = "other reasons";

#[derive(Default, Serialize, ToSchema)]
pub(crate) struct ReverifiedEvents {
    /// How many rejected events were looked at.
    #[schema(examples(5))]
    checked: u64,
    /// How many of them are on their way now.
    #[schema(examples(3))]
    released: u64,
    /// Their provider sent them again, and that was accepted: they are not delivered twice.
    #[schema(examples(1))]
    duplicates: u64,
    /// They stay rejected.
    #[schema(examples(1))]
    rejected: u64,
    /// Why, each with how often.
    #[schema(example = json!({ "signed with another secret, or changed on its way": 1 }))]
    reasons: BTreeMap<String, u64>,
    /// There may be more; send the request again.
    more: bool,
}

/// Verify rejected events again
///
/// With the app's source, settings and secret as they are now, and at the time at which each event came. Those that are
/// right are released, oldest first, and count as used; where nothing can be checked, as unverified ones. Needs no body.
#[utoipa::path(
    post, path = "/api/v1/apps/{slug}/reverify", tag = "Apps",
    params(("slug" = String, Path, description = "The app's slug, a former slug, or its id")),
    responses(
        (status = 200, description = "What became of them", body = ReverifiedEvents),
        (status = "default", description = "Among others `not_found`, `app_inactive`", body = ProblemBody),
    )
)]
pub(crate) async fn reverify_app(
    State(api): State<Api>,
    Editor(caller): Editor,
    PathPart(slug): PathPart<String>,
) -> Result<Json<ReverifiedEvents>, Problem> {
    let app = ask(api.apps().get_app(GetAppRequest { tenant_id: caller.tenant_id(), app: slug })).await?;
    let target = Target::of(&api, &app.id, &app.routes).await?;
    if !target.route.is_active {
        return Err(Problem::conflict(
            "app_inactive",
            "This app is switched off: what came for it would be discarded. Switch it on (is_active) first.",
        ));
    }
    let (mut after, mut done) = (None, ReverifiedEvents::default());
    for _ in 0..MOST_PAGES {
        let page = api.store().rejected_events(caller.tenant, target.app, after).await?;
        if !page.events.is_empty() {
            reverify_page(&api, &caller, &target, page.events, &mut done).await?;
        }
        after = page.next;
        if after.is_none() {
            return Ok(Json(done));
        }
    }
    Ok(Json(ReverifiedEvents { more: true, ..done }))
}

/// Where an app's events go now, as ingress knows it.
struct Target {
    app: AppId,
    route: Route,
}

impl Target {
    async fn of(api: &Api, app: &str, routes: &[String]) -> Result<Self, Problem> {
        let app = app.parse().map_err(|_| odd("an app's id"))?;
        let route = routes.first().and_then(|route| route.split_once('/'));
        let (tenant_slug, app_slug) = route.ok_or_else(|| odd("an app's route"))?;
        let request = ResolveRouteRequest { tenant_slug: tenant_slug.to_owned(), app_slug: app_slug.to_owned() };
        Ok(Self { app, route: ask(api.routing().resolve_route(request)).await? })
    }

    /// To those destinations that want the event, which are all where nothing is said of that; held where they may not go
    /// now.
    fn deliveries(
        &self,
        wanted_by: Option<&WantedBy>,
        times: ReplayTimes,
        is_over_quota: bool,
    ) -> Result<Vec<NewDelivery>, Problem> {
        let is_wanted = |id: &String| wanted_by.is_none_or(|wanted| wanted.destination_ids.contains(id));
        let held = |is_paused| match (is_over_quota, self.route.is_paused, is_paused) {
            (true, ..) => Some(HeldReason::OverQuota),
            (false, true, _) => Some(HeldReason::AppPaused),
            (false, false, true) => Some(HeldReason::DestinationPaused),
            (false, false, false) => None,
        };
        let destinations = self.route.destinations.iter().filter(|it| is_wanted(&it.id)).map(|destination| {
            let destination_id: Option<DestinationId> = destination.id.parse().ok();
            Ok(NewDelivery {
                id: new_delivery_id(times.now),
                destination_id: destination_id.ok_or_else(|| odd("a destination's id"))?,
                due_at: times.due_at,
                held: held(destination.is_paused),
            })
        });
        destinations.collect()
    }
}

/// Each page is committed and published for itself: whoever hangs up meanwhile loses none.
async fn reverify_page(
    api: &Api,
    caller: &Caller,
    target: &Target,
    events: Vec<Content>,
    done: &mut ReverifiedEvents,
) -> Result<(), Problem> {
    let request = ReverifyEventsRequest {
        tenant_id: caller.tenant_id(),
        app_id: target.app.to_string(),
        events: events.into_iter().map(sealed).collect(),
        user_id: caller.principal.user_id.clone(),
        api_key_id: caller.principal.api_key_id.clone(),
        public_ingress_url: api.config().public_ingress_url.clone(),
    };
    let n_asked = request.events.len();
    let answer = ask(api.keys().reverify_events(request)).await?;
    // There was no time for the others.
    done.more |= answer.events.len() < n_asked;
    let (right, wrong): (Vec<_>, Vec<_>) = answer.events.into_iter().partition(|event| event.released);
    wrong.into_iter().for_each(|event| done.refuse(event.reason.unwrap_or_default()));
    if !right.is_empty() {
        release(api, caller, target, right, done).await?;
    }
    Ok(())
}

async fn release(
    api: &Api,
    caller: &Caller,
    target: &Target,
    right: Vec<Reverified>,
    done: &mut ReverifiedEvents,
) -> Result<(), Problem> {
    let times = api.replay_times();
    let mut n_left = left(api, caller, target, times).await?;
    let mut readmissions = Vec::with_capacity(right.len());
    for event in right {
        let deliveries = target.deliveries(event.wanted_by.as_ref(), times, n_left == Some(0))?;
        n_left = n_left.map(|n| n.saturating_sub(1));
        readmissions.push(readmission(event, deliveries)?);
    }
    let fates = api.store().release_rejected(caller.tenant, target.app, &readmissions, times).await?;
    let mut changed = Vec::new();
    for (event, fate) in readmissions.iter().zip(fates) {
        done.count(fate);
        match fate {
            Readmitted::Released => {
                changed.push((caller.tenant, event.event_id));
                api.queue().publish(hints(event));
            }
            Readmitted::Duplicate { first } => {
                changed.extend([(caller.tenant, event.event_id), (caller.tenant, first)]);
            }
            Readmitted::Gone => {}
        }
    }
    api.cache().announce_events(changed);
    Ok(())
}

/// How many events of this month are left of the plan; `None`: as many as come. What is stored already is held and never
/// turned away, however much is over.
async fn left(api: &Api, caller: &Caller, target: &Target, times: ReplayTimes) -> Result<Option<u64>, Problem> {
    let Some(limit) = target.route.events_per_month else { return Ok(None) };
    let n_used = api.store().usage(caller.tenant, Month::of(times.now)).await?;
    Ok(Some(if Standing::after(n_used, limit) == Standing::Within { limit - n_used } else { 0 }))
}

fn sealed(event: Content) -> RejectedEvent {
    RejectedEvent {
        event_id: event.event_id.to_string(),
        key_version: event.key_version,
        salt: event.salt.to_vec().into(),
        sealed_head: event.sealed_head.into(),
        sealed_body: event.sealed_body.into(),
        method: event.method,
        path_rest: event.path_rest,
        received_at: event.received_at.unix_ms(),
    }
}

fn readmission(event: Reverified, deliveries: Vec<NewDelivery>) -> Result<Readmission, Problem> {
    let verification = Verification::parse(&event.verification).filter(|word| *word != Verification::Failed);
    let terms = event.terms.iter().map(|term| term[..].try_into()).collect::<Result<_, _>>();
    let dedup_key = event.dedup_key.map(|key| key[..].try_into()).transpose();
    Ok(Readmission {
        event_id: event.event_id.parse().map_err(|_| odd("an event's id"))?,
        source: event.source,
        event_type: event.event_type,
        provider_id: event.provider_id,
        dedup_key: dedup_key.map_err(|_| odd("a key of repeats"))?,
        verification: verification.ok_or_else(|| odd("a verification"))?,
        path_rest: event.path_rest,
        terms: terms.map_err(|_| odd("a term"))?,
        deliveries,
    })
}

fn odd(what: &str) -> Problem {
    Problem::internal(format!("tenants: {what} that is none"))
}

fn hints(event: &Readmission) -> Vec<Hint> {
    let free = event.deliveries.iter().filter(|delivery| delivery.held.is_none());
    free.map(|it| Hint { delivery_id: it.id, destination_id: it.destination_id, attempts: 0 }).collect()
}

impl ReverifiedEvents {
    fn refuse(&mut self, reason: String) {
        self.checked += 1;
        self.rejected += 1;
        let is_told = self.reasons.len() < MOST_REASONS || self.reasons.contains_key(&reason);
        *self.reasons.entry(if is_told { reason } else { OTHER_REASONS.to_owned() }).or_default() += 1;
    }

    fn count(&mut self, fate: Readmitted) {
        let n_such = match fate {
            Readmitted::Released => &mut self.released,
            Readmitted::Duplicate { .. } => &mut self.duplicates,
            // Somebody else's to count.
            Readmitted::Gone => return,
        };
        *n_such += 1;
        self.checked += 1;
    }
}

#[cfg(test)]
mod tests {
    use anyhook_domain::{EventId, Timestamp};
    use anyhook_rpc::tenants::v1::RouteDestination;
    use uuid::Uuid;

    use super::*;

    fn target(is_paused: bool, destinations: &[bool]) -> Target {
        let id = |n: usize| DestinationId(Uuid::from_u128(n as u128)).to_string();
        let destinations = destinations.iter().enumerate();
        let destinations = destinations.map(|(n, is_paused)| RouteDestination {
            id: id(n),
            is_paused: *is_paused,
            ..RouteDestination::default()
        });
        let route = Route { is_paused, destinations: destinations.collect(), ..Route::default() };
        Target { app: AppId(Uuid::nil()), route }
    }

    #[test]
    fn what_may_not_go_now_is_held() {
        use HeldReason::{AppPaused, DestinationPaused, OverQuota};
        let now = Timestamp::from_unix_ms(0);
        let held = |is_paused, is_over_quota| {
            let deliveries =
                target(is_paused, &[false, true]).deliveries(None, ReplayTimes { now, due_at: now }, is_over_quota);
            deliveries.unwrap().iter().map(|delivery| delivery.held).collect::<Vec<_>>()
        };
        assert_eq!(held(false, false), [None, Some(DestinationPaused)]);
        assert_eq!(held(true, false), [Some(AppPaused); 2]);
        assert_eq!(held(true, true), [Some(OverQuota); 2]);
    }

    #[test]
    fn nothing_is_released_as_failed() {
        let released = |verification: &str| {
            let event_id = EventId(Uuid::nil()).to_string();
            readmission(Reverified { event_id, verification: verification.into(), ..Reverified::default() }, vec![])
        };
        assert!(released("verified").is_ok() && released("none").is_ok());
        assert!(released("failed").is_err() && released("").is_err());
    }

    #[test]
    fn a_few_reasons_are_told_and_all_are_counted() {
        let mut done = ReverifiedEvents::default();
        for n in 0..30 {
            done.refuse(format!("{n}"));
            done.refuse("0".to_owned());
        }
        assert_eq!((done.checked, done.rejected), (60, 60));
        assert_eq!((done.reasons.len(), done.reasons["0"], done.reasons[OTHER_REASONS]), (21, 31, 10));
    }
}
