//! How often the API may be asked: each key and each session so many times a minute, all of a tenant's together ten times
//! as often, and whoever shows neither, by the address that the request comes from.
//!
//! A request counts once, when it begins: a stream is one request, however long it lasts. Whether a credential is good is
//! asked of others, so that an address that showed too many that were not is turned away before anybody is asked, unless it
//! shows one that was good not long ago.

mod recent;

use std::{
    collections::HashSet,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, OnceLock},
    time::Duration,
};

use anyhook_cache::{Admission, Limit, Room};
use anyhook_rpc::tenants::v1::{Principal, authenticate_request::Credential};
use axum::{
    extract::{FromRequestParts, MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, header};
use sha2::{Digest, Sha256};
use utoipa::openapi::{OpenApi, path::Operation};

use self::recent::{Hash, Recent};
use crate::{api::Api, auth, client_address::ClientAddress, problem::Problem};

const WITHIN: Duration = Duration::from_secs(60);
/// All of a tenant's keys and sessions together ask so many times as often as one of them.
const TIMES_OF_TENANT: u32 = 10;
/// A credential was good so long ago at most, to be tried for an address that is turned away.
const GOOD_FOR: Duration = Duration::from_secs(10 * 60);
/// Whoever has one address of an IPv6 network of this length has all of them.
const IPV6_NETWORK_BITS: u32 = 64;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STANDING: HeaderName = HeaderName::from_static("ratelimit");
const OLD_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const OLD_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const OLD_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// For the API's description.
pub(crate) const SAYS: &str = "Requests are limited: by default to 600 in any minute, all at once if you like, for each API \
    key and each session, and for each address where there is neither; all of a tenant's keys and sessions together have ten \
    times as many. Every answer says so in the fields of the IETF's draft, `RateLimit-Policy: \"api\";q=600;w=60` (how many \
    in how many seconds) and `RateLimit: \"api\";r=599;t=60` (how many are left, and in how many seconds there are more), \
    and in the older `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset` (in seconds since 1970). Beyond \
    the limit the answer is 429 `too_many_requests` with `Retry-After`. A stream counts as one request.";

/// What the layer works with.
#[derive(Clone)]
pub(crate) struct Limits {
    api: Api,
    /// Those that look at no credential.
    open: Arc<HashSet<(Method, String)>>,
    /// Addresses that are turned away, and credentials that were good.
    refused: Arc<Recent>,
    good: Arc<Recent>,
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
        Self { api, open: Arc::new(open), refused: Arc::default(), good: Arc::default() }
    }

    /// Nobody will find out who sends it. What answers GET answers HEAD.
    fn is_anonymous(&self, request: &Request) -> bool {
        let headers = request.headers();
        let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
        let shows_nothing = !headers.contains_key(header::AUTHORIZATION) && !headers.contains_key(header::COOKIE);
        let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
        shows_nothing || self.open.contains(&(method.clone(), path.to_owned()))
    }

    /// What an address is answered that has shown too many credentials that are not good.
    fn refusal(&self, address: &Hash, shown: Option<&Hash>) -> Option<Room> {
        let now = self.api.now();
        let until = self.refused.until(address, now)?;
        if shown.is_some_and(|shown| self.good.until(shown, now).is_some()) {
            return None;
        }
        let after = until.since(now);
        Some(Room { admission: Admission::Refused { after }, n_left: 0, more_after: after })
    }

    fn shown(&self, headers: &HeaderMap) -> Option<Hash> {
        let (Credential::ApiKey(text) | Credential::SessionToken(text)) =
            auth::credential(headers, &self.api.config().public_dashboard_url).ok()?;
        Some(Sha256::digest(text).into())
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
    let id = principal.api_key_id.as_deref().or(principal.session_id.as_deref()).unwrap_or(&principal.tenant_id);
    count(api, of, async |limit| {
        let own = admit(api, id, limit).await;
        if !own.is_admitted() {
            return own;
        }
        let all = Limit { most: limit.most.saturating_mul(TIMES_OF_TENANT), ..limit };
        let all = admit(api, &format!("tenant:{}", principal.tenant_id), all).await;
        if all.is_admitted() { Room { n_left: own.n_left.min(all.n_left), ..own } } else { all }
    })
    .await
}

/// The same for an operator, by the user's id, or for a program with the operator's token.
///
/// # Errors
/// [`Problem`] when there were too many.
pub(crate) async fn count_operator(api: &Api, of: &Extensions, user: Option<&str>) -> Result<(), Problem> {
    let id = format!("operator:{}", user.unwrap_or_default());
    count(api, of, async |limit| admit(api, &id, limit).await).await
}

/// Counts a request once, however often it is found out who sends it.
async fn count(api: &Api, of: &Extensions, count: impl AsyncFnOnce(Limit) -> Room) -> Result<(), Problem> {
    let (Some(limit), Some(counted)) = (limit(api), of.get::<Counted>()) else { return Ok(()) };
    if counted.0.get().is_some() {
        return Ok(());
    }
    let room = count(limit).await;
    let _ = counted.0.set(room);
    if room.is_admitted() { Ok(()) } else { Err(Problem::too_many_requests(room.more_after)) }
}

async fn admit(api: &Api, id: &str, limit: Limit) -> Room {
    api.cache().admit_into(&format!("api:{id}"), limit, api.now()).await
}

/// The cache may be another server, whose keys others can list: they see no address.
fn hash(address: ClientAddress) -> Hash {
    let network = address.0.map(|address| match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> IPV6_NETWORK_BITS << IPV6_NETWORK_BITS).into(),
    });
    Sha256::digest(network.map_or_else(String::new, |it| it.to_string())).into()
}

/// Counts what comes from an address.
async fn count_address(api: &Api, limit: Limit, address: &Hash) -> Room {
    admit(api, &URL_SAFE_NO_PAD.encode(address), limit).await
}

/// Counts each request of the API, and says in every answer how many are left.
pub(crate) async fn bound(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    let api = &limits.api;
    let is_api = request.uri().path().starts_with("/api/");
    let Some(limit) = limit(api).filter(|_| is_api) else { return next.run(request).await };
    let is_anonymous = limits.is_anonymous(&request);
    let shown = if is_anonymous { None } else { limits.shown(request.headers()) };
    let (mut parts, body) = request.into_parts();
    let Ok(address) = ClientAddress::from_request_parts(&mut parts, api).await;
    let address = hash(address);
    let counted = Counted::default();
    if is_anonymous {
        let room = count_address(api, limit, &address).await;
        if !room.is_admitted() {
            return refused(limit, room, api);
        }
        let _ = counted.0.set(room);
    } else if let Some(room) = limits.refusal(&address, shown.as_ref()) {
        return refused(limit, room, api);
    }
    parts.extensions.insert(counted.clone());
    let response = next.run(Request::from_parts(parts, body)).await;
    match (counted.0.get(), shown) {
        (Some(room), shown) => {
            shown.into_iter().for_each(|it| limits.good.keep(it, api.now() + GOOD_FOR, api.now()));
            told(response, limit, *room, api)
        }
        (None, shown) => {
            shown.iter().for_each(|it| limits.good.forget(it));
            limits.of_nobody(response, limit, address).await
        }
    }
}

impl Limits {
    /// Nobody knows who it was. Whoever tries one credential after the other is told so.
    async fn of_nobody(&self, response: Response, limit: Limit, address: Hash) -> Response {
        let api = &self.api;
        let room = count_address(api, limit, &address).await;
        if room.is_admitted() || !response.status().is_client_error() {
            return told(response, limit, room, api);
        }
        self.refused.keep(address, api.now() + room.more_after, api.now());
        refused(limit, room, api)
    }
}

fn refused(limit: Limit, room: Room, api: &Api) -> Response {
    told(Problem::too_many_requests(room.more_after).into_response(), limit, room, api)
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
