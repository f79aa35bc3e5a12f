//! How often the API may be asked: each key and each session so many times a minute, and whoever shows neither, by the
//! address that the request comes from.
//!
//! A request counts once, when it begins: a stream is one request, however long it lasts.

use std::{
    collections::HashSet,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, OnceLock},
    time::Duration,
};

use anyhook_cache::{Limit, Room};
use anyhook_rpc::tenants::v1::Principal;
use axum::{
    extract::{FromRequestParts, MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use sha2::{Digest, Sha256};
use utoipa::openapi::{OpenApi, path::Operation};

use crate::{api::Api, client_address::ClientAddress, problem::Problem};

const WITHIN: Duration = Duration::from_secs(60);
/// Whoever has one address of an IPv6 network of this length has all of them.
const IPV6_NETWORK_BITS: u32 = 64;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STANDING: HeaderName = HeaderName::from_static("ratelimit");
const OLD_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const OLD_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const OLD_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// For the API's description.
pub(crate) const SAYS: &str = "Requests are limited: by default to 600 in any minute, all at once if you like, for each API \
    key and each session, and for each address where there is neither. Every answer says so in the fields of the IETF's \
    draft, `RateLimit-Policy: \"api\";q=600;w=60` (how many in how many seconds) and `RateLimit: \"api\";r=599;t=60` (how \
    many are left, and in how many seconds there are more), and in the older `X-RateLimit-Limit`, \
    `X-RateLimit-Remaining` and `X-RateLimit-Reset` (in seconds since 1970). Beyond the limit the answer is 429 \
    `too_many_requests` with `Retry-After`. A stream counts as one request.";

/// What the layer works with.
#[derive(Clone)]
pub(crate) struct Limits {
    api: Api,
    /// Those that look at no credential.
    open: Arc<HashSet<(Method, String)>>,
}

/// A request's place, once it is counted.
#[derive(Clone, Default)]
struct Counted(Arc<OnceLock<Room>>);

impl Limits {
    pub(crate) fn new(api: Api, document: &OpenApi) -> Self {
        let mut open = HashSet::new();
        for (path, item) in &document.paths.paths {
            let operations = [
                (Method::GET, &item.get),
                (Method::POST, &item.post),
                (Method::PUT, &item.put),
                (Method::PATCH, &item.patch),
                (Method::DELETE, &item.delete),
            ];
            let is_open = |operation: &Option<Operation>| operation.as_ref().is_some_and(is_open);
            open.extend(operations.into_iter().filter(|it| is_open(it.1)).map(|it| (it.0, path.clone())));
        }
        Self { api, open: Arc::new(open) }
    }

    /// Nobody will find out who sends it.
    fn is_anonymous(&self, request: &Request) -> bool {
        let headers = request.headers();
        let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
        let shows_nothing = !headers.contains_key(header::AUTHORIZATION) && !headers.contains_key(header::COOKIE);
        shows_nothing || self.open.contains(&(request.method().clone(), path.to_owned()))
    }
}

/// An operation for which no credential is asked.
pub(crate) fn is_open(operation: &Operation) -> bool {
    let needs_none = serde_json::json!([{}]);
    operation.security.as_ref().is_some_and(|it| serde_json::to_value(it).is_ok_and(|it| it == needs_none))
}

fn limit(api: &Api) -> Option<Limit> {
    let most = api.config().requests_per_minute;
    (most > 0).then_some(Limit { most, within: WITHIN })
}

/// Counts the request of somebody who is known.
///
/// # Errors
/// [`Problem`] when there were too many.
pub(crate) async fn count_principal(api: &Api, of: &Extensions, principal: &Principal) -> Result<(), Problem> {
    let (Some(limit), Some(counted)) = (limit(api), of.get::<Counted>()) else { return Ok(()) };
    if counted.0.get().is_some() {
        return Ok(());
    }
    let id = principal.api_key_id.as_deref().or(principal.session_id.as_deref()).unwrap_or(&principal.tenant_id);
    let room = api.cache().admit_into(&format!("api:{id}"), limit, api.now()).await;
    let _ = counted.0.set(room);
    if room.is_admitted() { Ok(()) } else { Err(Problem::too_many_requests(room.more_after)) }
}

/// Counts what comes from an address. The cache may be another server, whose keys others can list: they see none.
async fn count_address(api: &Api, limit: Limit, address: ClientAddress) -> Room {
    let network = address.0.map(|address| match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> IPV6_NETWORK_BITS << IPV6_NETWORK_BITS).into(),
    });
    let hash = Sha256::digest(network.map_or_else(String::new, |it| it.to_string()));
    api.cache().admit_into(&format!("api:{}", URL_SAFE_NO_PAD.encode(hash)), limit, api.now()).await
}

/// Counts each request of the API, and says in every answer how many are left.
pub(crate) async fn bound(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    let api = &limits.api;
    let is_api = request.uri().path().starts_with("/api/");
    let Some(limit) = limit(api).filter(|_| is_api) else { return next.run(request).await };
    let is_anonymous = limits.is_anonymous(&request);
    let (mut parts, body) = request.into_parts();
    let Ok(address) = ClientAddress::from_request_parts(&mut parts, api).await;
    let counted = Counted::default();
    if is_anonymous {
        let room = count_address(api, limit, address).await;
        if !room.is_admitted() {
            return told(Problem::too_many_requests(room.more_after).into_response(), limit, room, api);
        }
        let _ = counted.0.set(room);
    }
    parts.extensions.insert(counted.clone());
    let response = next.run(Request::from_parts(parts, body)).await;
    if let Some(room) = counted.0.get() {
        return told(response, limit, *room, api);
    }
    // Nobody knows who it was. Whoever tries one credential after the other is told so.
    let room = count_address(api, limit, address).await;
    let is_refused = !room.is_admitted() && response.status() == StatusCode::UNAUTHORIZED;
    let response = if is_refused { Problem::too_many_requests(room.more_after).into_response() } else { response };
    told(response, limit, room, api)
}

fn told(mut response: Response, limit: Limit, room: Room, api: &Api) -> Response {
    let (most, left, seconds) = (limit.most, room.n_left, seconds(room.more_after));
    let reset = api.now().unix_seconds() + i64::try_from(seconds).unwrap_or(0);
    let headers = response.headers_mut();
    set(headers, POLICY, &format!("\"api\";q={most};w={}", WITHIN.as_secs()));
    set(headers, STANDING, &format!("\"api\";r={left};t={seconds}"));
    set(headers, OLD_LIMIT, &most.to_string());
    set(headers, OLD_REMAINING, &left.to_string());
    set(headers, OLD_RESET, &reset.to_string());
    response
}

/// Rounded up: whoever waits so long waited long enough.
pub(crate) fn seconds(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u64::MAX)
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    headers.insert(name, HeaderValue::from_str(value).expect("digits and punctuation"));
}
