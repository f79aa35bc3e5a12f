//! Sending an app a test event: an example, signed with the app's own secret, to its inbound URL, as a provider does. What
//! arrives is an event like any other.

use anyhook_domain::{
    Timestamp,
    source::{Config, Mock, Request, Resources, Source, Verdict},
};
use anyhook_egress::{Answer, Failure, FailureKind, Outgoing};
use anyhook_rpc::tenants::v1::{SendTestEventRequest, SentTestEvent};
use anyhook_store::config::AppRow;
use serde_json::Value;

use super::{
    example,
    probe::{self, WITHIN, ms},
    read::find,
    source::{self, AUTO},
};
use crate::{Service, check, problem::Problem};

pub(super) async fn send_test_event(
    service: &Service,
    request: SendTestEventRequest,
) -> Result<SentTestEvent, Problem> {
    let app = find(service, check::tenant(&request.tenant_id)?, &request.app).await?;
    if !app.is_active {
        return Err(Problem::AppInactive);
    }
    probe::admit(service, app.tenant_id).await?;
    let public = request.public_ingress_url.trim_end_matches('/');
    let inbound = probe::inbound_url(service, &app, public).await?;
    let example = accepted(service, &app, inbound).await?;
    let called = service.ingress_url.as_deref().unwrap_or(public);
    let url = example.url.strip_prefix(public).map_or_else(|| example.url.clone(), |path| format!("{called}{path}"));
    let url = service.operated.parse(&url).map_err(|_| Problem::Internal("ingress has no URL that can be called"))?;
    let outgoing = Outgoing {
        method: example::method(&example),
        url,
        target: None,
        headers: probe::header_map(&example::headers(&example)),
        body: example.body.into(),
    };
    match service.operated.send(outgoing, WITHIN).await {
        Ok(answer) => answered(&answer),
        Err(failure) => Ok(not_answered(&failure)),
    }
}

/// An example that the app accepts.
async fn accepted(service: &Service, app: &AppRow, inbound: String) -> Result<Mock, Problem> {
    let (source, config) = source::configured(service, app).await?;
    if source.slug == AUTO {
        return Ok(example::plain(inbound));
    }
    let now = service.now();
    let signed = example::signed(source, &config, inbound, now);
    signed.filter(|example| is_accepted(source, example, &config, now)).ok_or(Problem::CannotSign(source.name))
}

/// Some secrets only verify, such as a public key, and some sources have none.
fn is_accepted(source: &Source, example: &Mock, config: &Config, now: Timestamp) -> bool {
    let headers = example::headers(example);
    let request = Request { method: &example.method, url: &example.url, headers: &headers, body: &example.body };
    !matches!(source.verify(&request, config, &Resources::default(), now), Verdict::Rejected(_))
}

/// Whoever asks sees what it means for them; where ingress is, and what is wrong with it, is the operator's business.
fn not_answered(failure: &Failure) -> SentTestEvent {
    tracing::warn!(error = %failure, "ingress did not answer a test event");
    let says = match failure.kind {
        FailureKind::Timeout | FailureKind::Broken => {
            "No answer came. Look whether the event is there before you send another."
        }
        _ => "Ingress cannot be reached just now. Try again; if it stays, tell the operator of this server.",
    };
    let latency_ms = ms(failure.timings.total);
    SentTestEvent { problem: Some(says.to_owned()), latency_ms, ..SentTestEvent::default() }
}

/// Ingress says itself what is wrong. Where the provider expects another answer, it says nothing that can be read here.
fn answered(answer: &Answer) -> Result<SentTestEvent, Problem> {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    // An app that was switched on just now: it was discarded.
    if body["reason"] == "app_inactive" {
        return Err(Problem::AppInactive);
    }
    let said = |name: &str| body[name].as_str().map(str::to_owned);
    let status = u32::from(answer.status.as_u16());
    let sent = SentTestEvent { status: Some(status), latency_ms: ms(answer.timings.total), ..SentTestEvent::default() };
    Ok(if answer.status.is_success() {
        SentTestEvent { ok: true, event_id: said("id"), ..sent }
    } else {
        let says = said("error").unwrap_or_else(|| format!("Ingress answered {status}."));
        SentTestEvent { problem: Some(says), ..sent }
    })
}
