//! Looking at one event.

use anyhook_domain::AppId;
use anyhook_rpc::tenants::v1::{App, OpenEventRequest};
use anyhook_store::log::StoredEvent;
use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{event_id, no_such_event, one_app, paging::flag};
use crate::{
    api::{Api, ask},
    auth::Caller,
    extract::{PathPart, Query},
    problem::{Problem, ProblemBody},
    shapes::{
        event::Configured,
        event_detail::EventDetail,
        opened::{Opened, Sealed},
        redacted::Hidden,
    },
};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Inspection {
    /// With headers, body and answers; with `false`, nothing is opened, and nothing is written into the audit log.
    #[param(value_type = Option<bool>, example = true)]
    content: Option<String>,
}

/// Inspect an event
///
/// With its request, its deliveries, and their attempts with the handler's answers: at most 100 deliveries, the current
/// and the newest ones, and as many of the newest answers as fit into 4 MiB. What is a secret itself is redacted. That
/// somebody looked is written into the audit log.
#[utoipa::path(
    get, path = "/api/v1/events/{id}", tag = "Events",
    params(("id" = String, Path, description = "The event's id"), Inspection),
    responses(
        (status = 200, description = "The event", body = EventDetail),
        (status = "default", description = "Among others `not_found`", body = ProblemBody),
    )
)]
pub(crate) async fn inspect_event(
    State(api): State<Api>,
    caller: Caller,
    PathPart(id): PathPart<String>,
    Query(query): Query<Inspection>,
) -> Result<Json<EventDetail>, Problem> {
    let mut stored = api.store().inspect_event(caller.tenant, event_id(&id)?).await?.ok_or_else(no_such_event)?;
    let app = app(&api, &caller, stored.app_id).await?;
    let settings = app.as_ref().and_then(|app| serde_json::from_str(&app.source_config).ok());
    let hidden = Hidden::of(&stored.source, settings.as_ref());
    let with_content = flag("content", query.content.as_deref(), true)?;
    let opened = if with_content { open(&api, &caller, &mut stored).await? } else { None };
    Ok(Json(EventDetail::of(stored, opened, &Configured::of(app), &hidden)))
}

/// An event outlives its app, of which nothing is known then.
async fn app(api: &Api, caller: &Caller, app: AppId) -> Result<Option<App>, Problem> {
    match one_app(api, caller, &app.to_string()).await {
        Ok(app) => Ok(Some(app)),
        Err(problem) if problem.is_not_found() => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// `None` for an event that was forgotten.
async fn open(api: &Api, caller: &Caller, stored: &mut StoredEvent) -> Result<Option<Opened>, Problem> {
    let Some((salt, Sealed { parts, answers })) = Sealed::take(stored) else { return Ok(None) };
    let request = OpenEventRequest {
        tenant_id: caller.tenant_id(),
        event_id: stored.id.to_string(),
        key_version: stored.key_version,
        salt: salt.to_vec().into(),
        parts,
        user_id: caller.principal.user_id.clone(),
        api_key_id: caller.principal.api_key_id.clone(),
    };
    let opened = ask(api.keys().open_event(request)).await?;
    Opened::read(answers, opened.parts).map(Some)
}
