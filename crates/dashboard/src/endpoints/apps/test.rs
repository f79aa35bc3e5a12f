//! Sending an app a test event.

use anyhook_rpc::tenants::v1::{self, SendTestEventRequest};
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::{Api, ask},
    auth::Editor,
    extract::PathPart,
    problem::{Problem, ProblemBody},
};

/// What came of a test event.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SentTestEvent {
    /// It was accepted, and is an event now.
    ok: bool,
    /// Absent where the source's provider expects another answer than one that says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("evt_01h455vb4pex5vsknk084sn02q"))]
    event_id: Option<String>,
    /// What ingress answered, if it was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples(200))]
    status: Option<u32>,
    #[schema(examples(3))]
    latency_ms: u64,
    /// Why it was not accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

impl From<v1::SentTestEvent> for SentTestEvent {
    fn from(v1::SentTestEvent { ok, event_id, status, latency_ms, problem }: v1::SentTestEvent) -> Self {
        Self { ok, event_id, status, latency_ms, problem }
    }
}

/// Send a test event
///
/// Posts an example of the app's source to its inbound URL, signed with the app's own secret: an event like any other, which
/// is delivered and counted. An app without a source gets `{"type":"anyhook.test"}`. At most 20 tests and checks a minute.
/// Needs no body.
#[utoipa::path(
    post, path = "/api/v1/apps/{slug}/test", tag = "Apps",
    params(("slug" = String, Path, description = "The app's slug, a former slug, or its id")),
    responses(
        (status = 200, description = "What came of it", body = SentTestEvent),
        (
            status = "default",
            description = "Among others `not_found`, `app_inactive`, `too_many_probes`, `cannot_sign` where only the provider can sign",
            body = ProblemBody,
        ),
    )
)]
pub(crate) async fn send_test_event(
    State(api): State<Api>,
    Editor(caller): Editor,
    PathPart(app): PathPart<String>,
) -> Result<Json<SentTestEvent>, Problem> {
    let public_ingress_url = api.config().public_ingress_url.clone();
    let request = SendTestEventRequest { tenant_id: caller.tenant_id(), app, public_ingress_url };
    Ok(Json(ask(api.apps().send_test_event(request)).await?.into()))
}
