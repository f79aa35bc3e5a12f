//! The REST API and the pages beside it.
//!
//! One file per endpoint: its route, its request and answer, its errors and the text that the API description takes
//! from it. What is asked about accounts, apps and destinations goes to the tenants service; events come from the log.

mod api;
mod audit;
mod auth;
mod body;
mod client_address;
mod complaint;
mod cookie;
mod described;
mod endpoints;
mod etag;
mod extract;
mod idempotency;
mod limits;
mod mcp;
mod operator;
mod origin;
mod pages;
pub mod permissions;
mod problem;
mod reach;
mod return_to;
mod security;
mod shapes;
mod streams;

use std::time::Duration;

use anyhook_cache::Cache;
use anyhook_queue::Queue;
use anyhook_rpc::Transport;
use anyhook_store::{Clock, Store};
use axum::{Router, middleware};
use ipnet::IpNet;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::openapi::{OpenApi, Server};
use utoipa_axum::router::OpenApiRouter;

use api::Api;
use limits::Limits;
use problem::Problem;

/// What the dashboard must be told.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where senders reach the ingress, without a slash at the end: `https://in.example`.
    pub public_ingress_url: String,
    /// Where browsers reach the dashboard; decides which origin a session is good for, and whether its cookie is
    /// `Secure`.
    pub public_dashboard_url: String,
    /// How long the sweep leaves a replay to the hint that was published for it.
    pub replay_grace: Duration,
    /// The cache brings what other processes announce, or there are no others; without that, streams read the log.
    pub hears_others: bool,
    /// Proxies whose word is taken for where a request comes from (`X-Forwarded-For`).
    pub trusted_proxies: Vec<IpNet>,
    /// Of the API, for each key, session or address; 0: as many as it likes.
    pub requests_per_minute: u32,
}

/// What the dashboard works with.
#[derive(Clone, Debug)]
pub struct Deps {
    pub store: Store,
    pub queue: Queue,
    pub cache: Cache,
    pub tenants: Transport,
    pub clock: Clock,
    /// Streams end once this is cancelled.
    pub ending: CancellationToken,
    pub config: Config,
}

/// Everything that the dashboard serves.
pub fn router(deps: Deps) -> Router {
    let headers = security::Headers::of(&deps.config.public_dashboard_url);
    let (routes, document) = described().split_for_parts();
    let mut document = described::complete(&document);
    document.servers = Some(vec![Server::new(&deps.config.public_dashboard_url)]);
    let ending = deps.ending.clone();
    let state = Api::new(deps);
    let limits = Limits::new(state.clone(), &document);
    let api = routes
        .with_state(state.clone())
        .layer(middleware::from_fn(etag::tagged))
        .layer(middleware::from_fn_with_state(limits, limits::bound));
    api.clone()
        .merge(mcp::router(api, state, ending))
        .merge(pages::router(&document))
        .fallback(pages::lost)
        .method_not_allowed_fallback(async || Problem::wrong_method())
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(middleware::map_response_with_state(headers, security::add_headers))
}

/// The API's description, generated from the code.
#[must_use]
pub fn openapi() -> OpenApi {
    described::complete(&described().into_openapi())
}

fn described() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(endpoints::document()).merge(endpoints::all())
}
