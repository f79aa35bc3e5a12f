//! The inbound URLs.

use std::{sync::Arc, time::Duration};

use anyhook_domain::{
    EventId, Headers, Month, Timestamp, delivery::HeldReason, forward, plan::Standing, slug::Slug, source::Verdict,
};
use anyhook_queue::Queue;
use anyhook_store::{
    Clock,
    log::{Appended, NewEvent},
};
use axum::{
    Json, Router,
    extract::{Request, State},
    http::{Method, StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{
    Deps,
    accept::{Arrived, Due, accept},
    append::Appender,
    quota::Quota,
    receive::{Received, Receiver},
    rejection::Rejection,
    repeats::Repeats,
    routes::{Route, Routes},
};

/// Within this, a sender that was turned away for the plan comes back.
const MOST_RETRY_AFTER: Duration = Duration::from_secs(60 * 60);

pub(crate) struct Service {
    routes: Arc<Routes>,
    appender: Appender,
    quota: Quota,
    repeats: Repeats,
    receiver: Receiver,
    clock: Clock,
    public_url: String,
    hint_grace: Duration,
    hints: Queue,
}

impl Service {
    pub(crate) fn new(deps: Deps, routes: Arc<Routes>, appender: Appender, repeats: Repeats) -> Arc<Self> {
        let quota = Quota::new(&deps);
        let config = deps.config;
        Arc::new(Self {
            routes,
            appender,
            quota,
            repeats,
            receiver: Receiver::new(config.max_body_bytes, config.body_within, config.max_bytes_in_memory),
            clock: deps.clock,
            public_url: config.public_url,
            hint_grace: config.hint_grace,
            hints: deps.queue,
        })
    }
}

pub(crate) fn router(service: Arc<Service>) -> Router {
    Router::new().fallback(inbound).with_state(service)
}

async fn inbound(State(service): State<Arc<Service>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    match service.take(&parts, body).await {
        Ok(answer) => answer,
        Err(rejection) => rejection.into_response(),
    }
}

impl Service {
    async fn take(&self, parts: &Parts, body: axum::body::Body) -> Result<Response, Rejection> {
        let inbound = InboundPath::parse(parts.uri.path()).ok_or(Rejection::UnknownUrl)?;
        let route = self.routes.resolve(inbound.tenant_slug, inbound.app_slug).await;
        let route = route.map_err(|_| Rejection::Unavailable)?.ok_or(Rejection::UnknownUrl)?;
        if ![Method::POST, Method::PUT, Method::PATCH, Method::DELETE].contains(&parts.method) {
            return Err(Rejection::Method(parts.method.to_string()));
        }
        self.receiver.check_announced(&parts.headers)?;
        let received = self.receiver.receive(body).await?;
        if !route.is_active {
            return Ok((StatusCode::ACCEPTED, Json(json!({ "reason": "app_inactive" }))).into_response());
        }
        let (id, verdict) = self.store(parts, &inbound, &route, received).await?;
        match verdict {
            Verdict::Rejected(reason) => Err(Rejection::Signature(reason)),
            Verdict::Verified | Verdict::NotChecked => Ok(Json(json!({ "id": id.to_string() })).into_response()),
        }
    }

    /// A delivery whose hint cannot arrive is the sweep's at once.
    fn hint_grace(&self) -> Duration {
        if self.hints.is_connected() { self.hint_grace } else { Duration::ZERO }
    }

    /// Returns once the event is durable, with its id or that of the one that it repeats.
    async fn store(
        &self,
        parts: &Parts,
        inbound: &InboundPath<'_>,
        route: &Route,
        Received { body, memory }: Received,
    ) -> Result<(EventId, Verdict), Rejection> {
        let config = self.routes.source_config(route).await.map_err(|_| Rejection::Unavailable)?;
        let (version, key) = self.routes.keys.newest(route.tenant_id).await.map_err(|_| Rejection::Unavailable)?;
        let at = self.clock.now();
        let headers: Headers = parts.headers.iter().map(|(name, value)| (name, value.as_bytes())).collect();
        if forward::hops(&headers) >= forward::MOST_HOPS {
            return Err(Rejection::Loop);
        }
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        let arrived = Arrived {
            method: parts.method.as_str(),
            public_url: &format!("{}{target}", self.public_url),
            path_rest: inbound.rest,
            query: parts.uri.query(),
            headers,
            body: &body,
            at,
        };
        let (mut event, verdict) = accept(arrived, route, &config, (version, &key), Due(at + self.hint_grace()));
        // What was rejected neither counts nor is turned away for the plan.
        let limit = route.events_per_month.filter(|_| event.rejection.is_none());
        if let Some(limit) = limit {
            self.hold_to_plan(&mut event, limit).await?;
        }
        let id = event.id;
        match self.appender.append(event, memory).await? {
            Appended::Stored => {
                if limit.is_some() {
                    self.quota.count(route.tenant_id, at).await;
                }
                Ok((id, verdict))
            }
            Appended::Duplicate { first } => Ok((first, verdict)),
        }
    }

    /// Over the plan's number an event is held back, also where a pause held it already: resuming must not let it go.
    async fn hold_to_plan(&self, event: &mut NewEvent, limit: u64) -> Result<(), Rejection> {
        let standing = self.quota.standing(event.tenant_id, limit, event.received_at).await;
        // A repeat of what was taken is answered as ever.
        if standing == Standing::Exhausted && !self.repeats.is_known(event).await {
            return Err(Rejection::OverQuota { retry_after: retry_after(event.received_at, rand::random()) });
        }
        if standing != Standing::Within {
            event.deliveries.iter_mut().for_each(|it| it.held = Some(HeldReason::OverQuota));
        }
        Ok(())
    }
}

/// When a sender that was turned away for the plan should come back: in the new month, and within the hour, so that a
/// change of plan helps soon. Spread over the month's first minute: all senders wait for the same instant.
fn retry_after(now: Timestamp, entropy: u8) -> Duration {
    let spread = Duration::from_secs(1 + u64::from(entropy) % 60);
    (Month::of(now).ends_at().since(now) + spread).min(MOST_RETRY_AFTER)
}

/// `/{tenant}/{app}` and whatever follows. Matched as it came: nothing is decoded or normalised, so that no two
/// spellings lead to one app.
#[derive(Debug, PartialEq, Eq)]
struct InboundPath<'a> {
    tenant_slug: &'a str,
    app_slug: &'a str,
    rest: &'a str,
}

impl<'a> InboundPath<'a> {
    fn parse(path: &'a str) -> Option<Self> {
        let (tenant_slug, after) = path.strip_prefix('/')?.split_once('/')?;
        let (app_slug, rest) = after.split_at(after.find('/').unwrap_or(after.len()));
        let both_slugs = tenant_slug.parse::<Slug>().is_ok() && app_slug.parse::<Slug>().is_ok();
        (both_slugs && forward::stays_below(rest)).then_some(Self { tenant_slug, app_slug, rest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_over_the_plan_comes_back_in_the_new_month_or_within_the_hour() {
        let end = Month::of(Timestamp::from_unix_ms(1_750_000_000_000)).ends_at();
        let seconds = |before, entropy| retry_after(end - Duration::from_secs(before), entropy).as_secs();
        assert_eq!([seconds(24 * 3600, 0), seconds(3600, 0), seconds(3599, 255)], [3600; 3]);
        assert_eq!([seconds(100, 0), seconds(100, 59), seconds(100, 60), seconds(1, 0)], [101, 160, 101, 2]);
    }

    #[test]
    fn paths_are_matched_as_they_come() {
        let parse = InboundPath::parse;
        let of = |rest| Some(InboundPath { tenant_slug: "acme", app_slug: "replicate", rest });
        assert_eq!(parse("/acme/replicate"), of(""));
        assert_eq!(parse("/acme/replicate/"), of("/"));
        assert_eq!(parse("/acme/replicate/a//b%2F"), of("/a//b%2F"));
        for other in [
            "",
            "/",
            "/acme",
            "/acme/",
            "//acme/replicate",
            "/Acme/replicate",
            "/acme/%72eplicate",
            "/a/b",
            "/acme/replicate/../x",
        ] {
            assert_eq!(parse(other), None, "{other}");
        }
    }
}
