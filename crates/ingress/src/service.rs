//! The inbound URLs.

use std::{sync::Arc, time::Duration};

use anyhook_domain::source::Verdict;
use anyhook_egress::Published;
use anyhook_queue::Queue;
use anyhook_store::Clock;
use axum::{
    Json, Router,
    extract::{Request, State},
    http::{Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde_json::json;
use tokio::time::Instant;

use crate::{
    Deps,
    accept::Arrived,
    append::Appender,
    path::InboundPath,
    provider::Provider,
    quota::Quota,
    receive::{Memory, Received, Receiver},
    rejection::Rejection,
    repeats::Repeats,
    reply,
    room::Room,
    routes::{Route, Routes},
};

pub(crate) struct Service {
    pub(crate) routes: Arc<Routes>,
    pub(crate) appender: Appender,
    pub(crate) quota: Quota,
    pub(crate) repeats: Repeats,
    pub(crate) published: Published,
    pub(crate) hints: Queue,
    pub(crate) hint_grace: Duration,
    pub(crate) room: Room,
    receiver: Receiver,
    clock: Clock,
    public_url: String,
    ack_within: Duration,
}

/// One request at one app.
pub(crate) struct Visit<'a> {
    pub(crate) path: InboundPath<'a>,
    pub(crate) route: &'a Route,
    pub(crate) provider: Provider,
    pub(crate) arrived: Arrived<'a>,
    pub(crate) memory: Memory,
    /// The sender is answered by then.
    pub(crate) deadline: Instant,
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
            published: deps.published,
            hints: deps.queue,
            hint_grace: config.hint_grace,
            room: Room::default(),
            receiver: Receiver::new(config.max_body_bytes, config.body_within, config.max_bytes_in_memory),
            clock: deps.clock,
            public_url: config.public_url,
            ack_within: config.ack_within,
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
        let path = InboundPath::parse(parts.uri.path()).ok_or(Rejection::UnknownUrl)?;
        let route = self.routes.resolve(path.tenant_slug, path.app_slug).await;
        let route = route.map_err(|_| Rejection::Unavailable)?.ok_or(Rejection::UnknownUrl)?;
        self.receiver.check_announced(&parts.headers)?;
        let Received { body, memory } = self.receiver.receive(body).await?;
        let deadline = Instant::now() + self.ack_within;
        let config = self.routes.source_config(&route).await.map_err(|_| Rejection::Unavailable)?;
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        let arrived = Arrived {
            method: parts.method.as_str(),
            public_url: format!("{}{target}", self.public_url),
            path_rest: path.rest,
            query: parts.uri.query(),
            headers: parts.headers.iter().map(|(name, value)| (name, value.as_bytes())).collect(),
            body: &body,
            at: self.clock.now(),
        };
        let provider = Provider::of(route.source, config, &arrived.request());
        let handshake = provider.source.handshake(&arrived.request(), &provider.config);
        let visit = Visit { path, route: &route, provider, arrived, memory, deadline };
        match handshake {
            Some(handshake) => self.shake(handshake, visit).await.map(reply::response),
            None => self.answer(&parts.method, visit).await,
        }
    }

    /// Some providers look for the URL with HEAD or OPTIONS before they use it.
    async fn answer(&self, method: &Method, visit: Visit<'_>) -> Result<Response, Rejection> {
        let allow = visit.provider.allow();
        match *method {
            Method::HEAD => Ok(StatusCode::OK.into_response()),
            Method::OPTIONS => Ok((StatusCode::NO_CONTENT, [(header::ALLOW, allow)]).into_response()),
            Method::POST | Method::PUT | Method::PATCH | Method::DELETE => self.take_event(visit).await,
            Method::GET if visit.provider.source.takes_get => self.take_event(visit).await,
            _ => Err(Rejection::Method { method: method.to_string(), allow }),
        }
    }

    async fn take_event(&self, visit: Visit<'_>) -> Result<Response, Rejection> {
        if !visit.route.is_active {
            return Ok((StatusCode::ACCEPTED, Json(json!({ "reason": "app_inactive" }))).into_response());
        }
        let source = visit.provider.source;
        let verdict = self.verify(&visit).await?;
        let reply = source.accepted(&visit.arrived.request());
        let id = self.keep(visit, &verdict).await?;
        match (verdict, reply) {
            (Verdict::Rejected(reason), _) => Err(Provider::refusal(source, reason)),
            (_, Some(reply)) => Ok(reply::response(reply)),
            (_, None) => Ok(Json(json!({ "id": id.to_string() })).into_response()),
        }
    }

    /// # Errors
    /// [`Rejection::Unavailable`]: what the provider publishes cannot be had, and nothing is decided without it.
    pub(crate) async fn verify(&self, visit: &Visit<'_>) -> Result<Verdict, Rejection> {
        let Provider { source, config, is_guess } = &visit.provider;
        if *is_guess {
            return Ok(Verdict::NotChecked);
        }
        let (request, at) = (visit.arrived.request(), visit.arrived.at);
        self.published.verify(source, &request, config, at, at).await.map_err(Rejection::not_fetched)
    }
}
