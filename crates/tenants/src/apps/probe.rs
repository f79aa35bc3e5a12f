//! Asking an address now: a signed example for a destination, or only whether somebody is there.
//!
//! Both go through the guard as every delivery does, and tell no more of a refused address than saving it would.

use std::time::Duration;

use anyhook_cache::Admission;
use anyhook_domain::{
    DeliveryId, EventId, Headers, TenantId, Timestamp,
    delivery::Trigger,
    destination::SignatureMode,
    event::{Head, Verification},
    forward,
    seal::column::DESTINATION_SECRET,
    secret::Secret,
    source::{Mock, Source},
};
use anyhook_egress::{Answer, Failure, FailureKind, Outgoing, Refusal, Timings};
use anyhook_rpc::tenants::v1::{CheckDestinationRequest, CheckUrlRequest, Header, Probe, TestDestinationRequest};
use anyhook_store::config::{AppRow, DestinationRow};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header::LOCATION};
use url::Url;

use super::{destination::find_destination, example, options, read::find, source};
use crate::{Service, check, problem::Problem, random, slugs};

/// Less than the callers wait for an answer.
pub(super) const WITHIN: Duration = Duration::from_secs(8);
/// Of a handler's answer to a test.
const MOST_BODY_BYTES: usize = 4 * 1024;
const MOST_HEADERS: usize = 40;
const REFUSED_ADDRESS: &str = "refused_address";
/// Tells a handler that nothing happened.
const TEST: &str = "anyhook-test";

pub(super) async fn test_destination(service: &Service, request: TestDestinationRequest) -> Result<Probe, Problem> {
    let app = find(service, check::tenant(&request.tenant_id)?, &request.app).await?;
    let row = find_destination(service, &app, &request.destination_id).await?;
    admit(service, app.tenant_id).await?;
    let inbound = inbound_url(service, &app, request.public_ingress_url.trim_end_matches('/')).await?;
    let (outgoing, within) = (signed(service, &app, &row, inbound).await?, timeout(&row));
    Ok(match service.egress.send(outgoing, within).await {
        Ok(answer) => tested(answer),
        Err(failure) => failed(failure),
    })
}

pub(super) async fn check_destination(service: &Service, request: CheckDestinationRequest) -> Result<Probe, Problem> {
    let app = find(service, check::tenant(&request.tenant_id)?, &request.app).await?;
    let row = find_destination(service, &app, &request.destination_id).await?;
    admit(service, app.tenant_id).await?;
    let url = Url::parse(&row.url).map_err(|_| Problem::Internal("a destination's URL is none"))?;
    Ok(ask(service, url).await)
}

pub(super) async fn check_url(service: &Service, request: CheckUrlRequest) -> Result<Probe, Problem> {
    let tenant = check::tenant(&request.tenant_id)?;
    match service.egress.parse(request.url.trim()) {
        Ok(url) => {
            admit(service, tenant).await?;
            Ok(ask(service, url).await)
        }
        // As an answer, because the same is answered where it is a name that leads there.
        Err(refusal @ (Refusal::ForbiddenAddress(_) | Refusal::PrivateName(_))) => Ok(Probe {
            problem_code: Some(REFUSED_ADDRESS.to_owned()),
            problem: Some(refusal.to_string()),
            ..Probe::default()
        }),
        Err(refusal) => Err(Problem::refused(refusal)),
    }
}

/// Where the app's provider posts to.
pub(super) async fn inbound_url(service: &Service, app: &AppRow, base: &str) -> Result<String, Problem> {
    let routes = slugs::all_routes(&service.store, app.tenant_id, Some(app.id)).await?;
    Ok(format!("{base}/{}", routes.first().map_or("", String::as_str)))
}

pub(super) async fn admit(service: &Service, tenant: TenantId) -> Result<(), Problem> {
    match service.throttle.admit_probe(tenant, service.now()).await {
        Admission::Admitted => Ok(()),
        Admission::Refused { after } => Err(Problem::TooManyProbes { after }),
    }
}

fn timeout(row: &DestinationRow) -> Duration {
    WITHIN.min(Duration::from_secs(check::small(row.timeout_seconds).into()))
}

/// HEAD asks for nothing to be done, and carries nothing.
async fn ask(service: &Service, url: Url) -> Probe {
    let request = Outgoing { method: Method::HEAD, url, target: None, headers: HeaderMap::new(), body: Bytes::new() };
    match service.egress.send(request, WITHIN).await {
        Ok(answer) => checked(&answer),
        Err(failure) => failed(failure),
    }
}

/// An example of what comes to the app, as a delivery of it would be.
async fn signed(service: &Service, app: &AppRow, row: &DestinationRow, inbound: String) -> Result<Outgoing, Problem> {
    let now = service.now();
    let example = example(service, app, inbound, now).await?;
    let added = options::open(service, row).await?;
    let added: Headers = added.iter().map(|(name, value)| (name, value.expose())).collect();
    let secrets = secrets(service, row, now).await?;
    let attempt = forward::Attempt {
        event_id: EventId::new(now, random::bytes()),
        delivery_id: DeliveryId::new(now, random::bytes()),
        number: 1,
        trigger: Trigger::Initial,
        received_at: now,
        verification: Verification::None,
        signature_mode: SignatureMode::parse(&row.signature_mode).unwrap_or(SignatureMode::Anyhook),
        secrets: &secrets,
        sent_at: now,
        traceparent: &forward::traceparent(None, random::bytes(), random::bytes()),
        added: &added,
    };
    let head = Head {
        query: Url::parse(&example.url).ok().and_then(|url| url.query().map(str::to_owned)),
        headers: example::headers(&example),
    };
    let mut headers = forward::headers(&attempt, &head, &example.body);
    headers.push(TEST, "true");
    let url = Url::parse(&row.url).map_err(|_| Problem::Internal("a destination's URL is none"))?;
    let target = forward::target(&url, "", head.query.as_deref()).and_then(|target| target.parse().ok());
    Ok(Outgoing {
        method: example::method(&example),
        url,
        target,
        headers: header_map(&headers),
        body: example.body.into(),
    })
}

async fn example(service: &Service, app: &AppRow, inbound: String, now: Timestamp) -> Result<Mock, Problem> {
    let (source, config) = source::configured(service, app).await?;
    let signed = if is_plain(source) { None } else { example::signed(source, &config, inbound.clone(), now) };
    Ok(signed.unwrap_or_else(|| example::plain(inbound)))
}

/// Nothing is known of what such a source sends.
fn is_plain(source: &Source) -> bool {
    matches!(source.slug, source::AUTO | "generic")
}

/// The secrets that sign now, newest first.
async fn secrets(service: &Service, row: &DestinationRow, now: Timestamp) -> Result<Vec<Secret>, Problem> {
    let key = service.vault.secrets_key(row.tenant_id, Some(row.key_version)).await?;
    let mut secrets = vec![key.open(row.id.0, DESTINATION_SECRET, &row.sealed_secret)?];
    if let (Some(sealed), Some(version)) = (&row.former_sealed_secret, row.former_key_version)
        && row.former_until.is_some_and(|until| until > now.unix_ms())
    {
        let key = service.vault.secrets_key(row.tenant_id, Some(version)).await?;
        secrets.push(key.open(row.id.0, DESTINATION_SECRET, sealed)?);
    }
    Ok(secrets)
}

pub(super) fn header_map(headers: &Headers) -> HeaderMap {
    let pairs = headers.iter().filter_map(|(name, value)| {
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_bytes(value).ok()?))
    });
    let mut map = HeaderMap::new();
    pairs.for_each(|(name, value)| {
        map.append(name, value);
    });
    map
}

/// Only success is success, as for a delivery.
fn tested(answer: Answer) -> Probe {
    let problem = if answer.status.is_success() { None } else { Some(wrong(answer.status, &answer.headers, "")) };
    let headers = answer.headers.iter().take(MOST_HEADERS);
    let headers = headers.map(|(name, value)| Header {
        name: name.as_str().to_owned(),
        value: Bytes::copy_from_slice(value.as_bytes()),
    });
    let body = answer.body.slice(..answer.body.len().min(MOST_BODY_BYTES));
    Probe {
        headers: headers.collect(),
        is_truncated: answer.truncated || body.len() < answer.body.len(),
        body,
        ..probe(answer.status, &answer.headers, &answer.timings, problem)
    }
}

/// Whoever answers is there; only some answers say that something is wrong.
fn checked(answer: &Answer) -> Probe {
    let is_wrong = matches!(answer.status.as_u16(), 300..=399 | 401 | 403 | 404 | 410 | 500 | 502..=599);
    let hint = " It was asked with HEAD; if it knows POST only, send it a test instead.";
    let problem = is_wrong.then(|| wrong(answer.status, &answer.headers, hint));
    probe(answer.status, &answer.headers, &answer.timings, problem)
}

type Wrong = (&'static str, String);

fn wrong(status: StatusCode, headers: &HeaderMap, hint: &str) -> Wrong {
    let code = status.as_u16();
    match code {
        300..=399 => {
            let to = location(headers).map_or_else(|| "another address".to_owned(), |to| to.to_owned());
            (
                "redirect",
                format!("It answers {code}, which leads to {to}. Redirects are not followed: set that address."),
            )
        }
        401 | 403 => (
            "not_authorized",
            format!(
                "It answers {code}: it asks for credentials. Add them under headers, or let it check the signature."
            ),
        ),
        404 | 410 => ("not_found", format!("It answers {code}: there is nothing at this path. Check the path.{hint}")),
        502..=504 => (
            "gateway",
            format!("It answers {code}: a proxy answers, but not the server behind it. Check that it runs."),
        ),
        500.. => ("server_error", format!("It answers {code}. Look into its log.")),
        _ => ("refused", format!("It answers {code}, which is no success. Look into its log.")),
    }
}

fn location(headers: &HeaderMap) -> Option<&str> {
    headers.get(LOCATION)?.to_str().ok().filter(|to| to.len() <= 2048)
}

fn probe(status: StatusCode, headers: &HeaderMap, timings: &Timings, problem: Option<Wrong>) -> Probe {
    let location = location(headers).filter(|_| status.is_redirection()).map(str::to_owned);
    let (problem_code, problem) = problem.map(|(code, says)| (code.to_owned(), says)).unzip();
    Probe {
        ok: problem.is_none(),
        status: Some(status.as_u16().into()),
        problem_code,
        problem,
        location,
        ..timed(timings)
    }
}

fn failed(failure: Failure) -> Probe {
    let code = match failure.kind {
        FailureKind::Forbidden => REFUSED_ADDRESS,
        FailureKind::Resolve => "dns",
        FailureKind::Connect => "connect",
        FailureKind::Tls => "tls",
        FailureKind::Timeout => "slow",
        FailureKind::Broken => "broken",
    };
    Probe { problem_code: Some(code.to_owned()), problem: Some(failure.message), ..timed(&failure.timings) }
}

pub(super) fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn timed(timings: &Timings) -> Probe {
    Probe {
        latency_ms: ms(timings.total),
        resolve_ms: timings.resolve.map(ms),
        connect_ms: timings.connect.map(ms),
        tls_ms: timings.tls.map(ms),
        first_byte_ms: timings.first_byte.map(ms),
        ..Probe::default()
    }
}
