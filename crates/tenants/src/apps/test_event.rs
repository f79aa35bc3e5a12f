//! Sending an app a test event: an example, signed with the app's own secret, to its inbound URL, as a provider does. What
//! arrives is an event like any other.

use anyhook_domain::{
    Headers, Timestamp,
    source::{Config, Mock, Request, Resources, Source, Verdict, Wanted},
};
use anyhook_egress::{Answer, Failure, FailureKind, Outgoing};
use anyhook_rpc::tenants::v1::{Probe, SendTestEventRequest};
use anyhook_store::config::AppRow;
use http::Method;
use serde_json::{Map, Value};

use super::{
    probe::{self, PLAIN, WITHIN},
    read::find,
    source::{self, AUTO},
};
use crate::{Service, check, problem::Problem, random};

pub(super) async fn send_test_event(service: &Service, request: SendTestEventRequest) -> Result<Probe, Problem> {
    let app = find(service, check::tenant(&request.tenant_id)?, &request.app).await?;
    if !app.is_active {
        return Err(Problem::AppInactive);
    }
    probe::admit(service, app.tenant_id).await?;
    let public = request.public_ingress_url.trim_end_matches('/');
    let inbound = probe::inbound_url(service, &app, public).await?;
    let mock = signed(service, &app, inbound).await?;
    let called = service.ingress_url.as_deref().unwrap_or(public);
    let url = mock.url.strip_prefix(public).map_or_else(|| mock.url.clone(), |path| format!("{called}{path}"));
    let url = service.operated.parse(&url).map_err(|_| Problem::Internal("ingress has no URL that can be called"))?;
    let method = Method::from_bytes(mock.method.as_bytes()).unwrap_or(Method::POST);
    let outgoing =
        Outgoing { method, url, target: None, headers: probe::header_map(&headers_of(&mock)), body: mock.body.into() };
    match service.operated.send(outgoing, WITHIN).await {
        Ok(answer) => answered(answer),
        Err(failure) => Ok(not_answered(failure)),
    }
}

/// An example that the app accepts.
async fn signed(service: &Service, app: &AppRow, url: String) -> Result<Mock, Problem> {
    let (source, config) = source::configured(service, app).await?;
    let now = service.now();
    if source.slug == AUTO {
        return Ok(plain(url));
    }
    let wanted = Wanted {
        url,
        secret: config.secrets.first().cloned(),
        options: config.options.clone(),
        body: None,
        now,
        entropy: random::bytes(),
    };
    let mock = source.mock(wanted).ok().filter(|mock| is_accepted(source, mock, &config, now));
    mock.ok_or(Problem::CannotSign(source.name))
}

/// Some secrets only verify, such as a public key, and some sources have none.
fn is_accepted(source: &Source, mock: &Mock, config: &Config, now: Timestamp) -> bool {
    let request = Request { method: &mock.method, url: &mock.url, headers: &headers_of(mock), body: &mock.body };
    !matches!(source.verify(&request, config, &Resources::default(), now), Verdict::Rejected(_))
}

fn plain(url: String) -> Mock {
    Mock {
        method: "POST".to_owned(),
        url,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: PLAIN.to_vec(),
        secret: None,
        options: Map::new(),
        resources: Resources::default(),
    }
}

fn headers_of(mock: &Mock) -> Headers {
    mock.headers.iter().map(|(name, value)| (name, value.as_str())).collect()
}

/// Whoever asks sees what it means for them; where ingress is, and what is wrong with it, is the operator's business.
fn not_answered(failure: Failure) -> Probe {
    tracing::warn!(error = %failure, "ingress did not answer a test event");
    let says = match failure.kind {
        FailureKind::Timeout | FailureKind::Broken => {
            "No answer came. Look whether the event is there before you send another."
        }
        _ => "Ingress cannot be reached just now. Try again; if it stays, tell the operator of this server.",
    };
    Probe { problem: Some(says.to_owned()), ..probe::failed(failure) }
}

/// Ingress says itself what is wrong.
fn answered(answer: Answer) -> Result<Probe, Problem> {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    // An app that was switched on just now: it was discarded.
    if body["reason"] == "app_inactive" {
        return Err(Problem::AppInactive);
    }
    let is_taken = answer.status.is_success();
    let problem = || match body["error"].as_str() {
        Some(says) => says.to_owned(),
        None => format!("Ingress answered {}.", answer.status.as_u16()),
    };
    Ok(Probe {
        ok: is_taken,
        status: Some(answer.status.as_u16().into()),
        problem_code: (!is_taken).then(|| "refused".to_owned()),
        problem: (!is_taken).then(problem),
        body: answer.body.clone(),
        ..probe::timed(&answer.timings)
    })
}
