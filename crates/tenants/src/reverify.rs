//! Verifying rejected events again, with an app's source, settings and secrets as they are now.

use std::time::Duration;

use anyhook_domain::{
    AppId, DestinationId, EventId, TenantId, Timestamp,
    blind::{Field, Indexed, Terms},
    event::{Head, Verification, column, dedup_key},
    filter::{self, Incoming, Wants},
    seal::{Place, Salt},
    source::{Config, Reason, Request, Source, Verdict, recognise},
};
use anyhook_rpc::tenants::v1::{RejectedEvent, Reverified, ReverifyEventsRequest, ReverifyEventsResponse, WantedBy};
use bytes::Bytes;
use tokio::time::Instant;

use crate::{
    Service,
    apps::{
        options,
        source::{AUTO, configured},
    },
    check, keys,
    problem::Problem,
    slugs, terms,
    vault::TenantKey,
};

/// Whoever asks waits no longer; a provider whose published keys do not come holds up each of its events.
const ANSWERED_WITHIN: Duration = Duration::from_secs(5);

/// An app as it verifies now.
struct App {
    tenant: TenantId,
    id: AppId,
    indexed: Vec<Field>,
    source: &'static Source,
    config: Config,
    /// Its inbound URLs, the current one first.
    urls: Vec<String>,
    /// Its destinations, and what they want.
    destinations: Vec<(DestinationId, Wants)>,
}

/// A rejected event, opened.
struct Opened {
    id: EventId,
    method: String,
    path_rest: String,
    head: Head,
    body: Vec<u8>,
    at: Timestamp,
}

/// Writes down who asks before anything is opened.
pub(crate) async fn reverify_events(
    service: &Service,
    request: ReverifyEventsRequest,
) -> Result<ReverifyEventsResponse, Problem> {
    let tenant = check::tenant(&request.tenant_id)?;
    let person = keys::person(request.user_id.as_deref(), request.api_key_id.as_deref())?;
    let row = service.store.app_by_id(tenant, check::id("app", &request.app_id)?).await?;
    let row = row.ok_or(Problem::NotFound("app"))?;
    let (source, config) = configured(service, &row).await?;
    let routes = slugs::all_routes(&service.store, tenant, Some(row.id)).await?;
    let base = request.public_ingress_url.trim_end_matches('/');
    let urls = routes.iter().map(|route| format!("{base}/{route}")).collect();
    let destinations = service.store.destinations_of_app(tenant, row.id).await?;
    let destinations = destinations.into_iter().map(|row| (row.id, options::wants(&row.options))).collect();
    let (id, indexed) = (row.id, terms::fields(&row.indexed_fields));
    let app = App { tenant, id, indexed, source, config, urls, destinations };
    service.audit(tenant, person, "app.reverified", &request.app_id).await?;
    let (deadline, mut keys) = (Instant::now() + ANSWERED_WITHIN, Vec::new());
    let mut events = Vec::with_capacity(request.events.len());
    for event in request.events {
        // The rest is asked for again.
        if Instant::now() >= deadline {
            break;
        }
        events.push(reverify(service, &app, &mut keys, event).await?);
        // A body may have many MiB; others have their turn in between.
        tokio::task::yield_now().await;
    }
    Ok(ReverifyEventsResponse { events })
}

async fn reverify(
    service: &Service,
    app: &App,
    keys: &mut Vec<TenantKey>,
    event: RejectedEvent,
) -> Result<Reverified, Problem> {
    let id = event.event_id.clone();
    let version = i64::from(event.key_version);
    match open(service, app.tenant, keys, event).await {
        Ok(opened) => {
            let judged = judge(service, app, &opened).await;
            let key = keys.iter().find(|key| key.version == version).filter(|_| judged.released);
            let terms = key.map_or_else(Vec::new, |key| found_by(app, key, &opened));
            Ok(Reverified { terms, ..judged })
        }
        Err(Problem::DoesNotOpen | Problem::NotFound("tenant key")) => {
            Ok(refused(id, "its content cannot be opened any more"))
        }
        Err(problem) => Err(problem),
    }
}

async fn open(
    service: &Service,
    tenant: TenantId,
    keys: &mut Vec<TenantKey>,
    event: RejectedEvent,
) -> Result<Opened, Problem> {
    let id: EventId = check::id("event", &event.event_id)?;
    let salt: Salt = (&event.salt[..]).try_into().map_err(|_| Problem::DoesNotOpen)?;
    let version = i64::from(event.key_version);
    if keys.iter().all(|key| key.version != version) {
        keys.push(service.vault.tenant_key(tenant, Some(version)).await?);
    }
    let tenant_key = keys.iter().find(|key| key.version == version).ok_or(Problem::DoesNotOpen)?;
    let key = tenant_key.key.for_event(id, &salt);
    let open = |column, sealed: &[u8]| key.open(&Place { tenant, row: id.0, column }, sealed);
    let head = open(column::HEAD, &event.sealed_head)?;
    Ok(Opened {
        id,
        method: event.method,
        path_rest: event.path_rest,
        head: Head::from_bytes(&head).map_err(|_| Problem::DoesNotOpen)?,
        body: open(column::BODY, &event.sealed_body)?,
        at: Timestamp::from_unix_ms(event.received_at),
    })
}

/// As ingress would have it: what was rejected is found by nothing until it is released.
fn found_by(app: &App, key: &TenantKey, event: &Opened) -> Vec<Bytes> {
    let request = Indexed { headers: &event.head.headers, query: event.head.query.as_deref(), body: &event.body };
    let terms = Terms::new(&key.key, app.id).of_request(&app.indexed, &request);
    terms.into_iter().map(|term| Bytes::copy_from_slice(&term)).collect()
}

async fn judge(service: &Service, app: &App, event: &Opened) -> Reverified {
    let mut first_reason = None;
    for url in &app.urls {
        let url = event.url(url);
        let request = event.request(&url);
        // Whatever has its marks is only said to be that: nothing was checked.
        let source = if app.source.slug == AUTO { recognise(&request).unwrap_or(app.source) } else { app.source };
        let verification =
            match service.published.verify(app.source, &request, &app.config, event.at, service.now()).await {
                Ok(Verdict::Verified) => Verification::Verified,
                Ok(Verdict::NotChecked) => Verification::None,
                // Only the URL may differ on another route.
                Ok(Verdict::Rejected(reason @ Reason::OtherSecretOrUrl(_))) => {
                    first_reason.get_or_insert(reason);
                    continue;
                }
                Ok(Verdict::Rejected(reason)) => return refused(event.id, reason),
                Err(error) => return refused(event.id, error),
            };
        if source.handshake(&request, &app.config).is_some() {
            return refused(event.id, "a handshake, which is no event: let the provider send it again");
        }
        return released(app, event, source, &request, verification);
    }
    first_reason.map_or_else(|| refused(event.id, "its app was deleted"), |reason| refused(event.id, reason))
}

fn released(
    app: &App,
    event: &Opened,
    source: &Source,
    request: &Request<'_>,
    verification: Verification,
) -> Reverified {
    let provider_id = source.provider_id(request, &app.config);
    let key = provider_id.as_deref().map(|id| dedup_key(source.slug, verification, id).to_vec().into());
    let kept_path = match verification {
        Verification::Verified => source.kept_path(&app.config, &event.path_rest),
        Verification::None | Verification::Failed => &event.path_rest,
    };
    Reverified {
        event_id: event.id.to_string(),
        released: true,
        reason: None,
        source: source.slug.to_owned(),
        verification: verification.as_str().to_owned(),
        event_type: source.event_type(request),
        provider_id,
        dedup_key: key,
        wanted_by: Some(wanted_by(app, event, kept_path, source.event_type(request))),
        path_rest: kept_path.to_owned(),
        terms: Vec::new(),
    }
}

fn wanted_by(app: &App, event: &Opened, path: &str, event_type: Option<String>) -> WantedBy {
    let incoming = Incoming {
        method: &event.method,
        path,
        query: event.head.query.as_deref(),
        headers: &event.head.headers,
        body: &event.body,
        event_type: event_type.as_deref(),
    };
    let wants: Vec<_> = app.destinations.iter().map(|(_, wants)| wants).collect();
    let wanted = filter::wanted_by(&wants, &incoming).into_iter().zip(&app.destinations);
    let wanted = wanted.filter(|(is_wanted, _)| *is_wanted).map(|(_, (id, _))| id.to_string());
    WantedBy { destination_ids: wanted.collect() }
}

fn refused(event: impl ToString, reason: impl ToString) -> Reverified {
    Reverified { event_id: event.to_string(), reason: Some(reason.to_string()), ..Reverified::default() }
}

impl Opened {
    /// As it would have been called at one of its app's URLs.
    fn url(&self, inbound: &str) -> String {
        match &self.head.query {
            Some(query) => format!("{inbound}{}?{query}", self.path_rest),
            None => format!("{inbound}{}", self.path_rest),
        }
    }

    fn request<'a>(&'a self, url: &'a str) -> Request<'a> {
        Request { method: &self.method, url, headers: &self.head.headers, body: &self.body }
    }
}
