//! Looking at one event.

use anyhook_rpc::tenants::v1::OpenEventRequest;
use anyhook_store::log::StoredEvent;
use axum::{Json, extract::State};

use super::{all_apps, event_id, no_such_event};
use crate::{
    api::{Api, ask},
    auth::Caller,
    extract::PathPart,
    problem::{Problem, ProblemBody},
    shapes::{
        event::Configured,
        event_detail::EventDetail,
        opened::{Opened, sealed_parts},
    },
};

/// Inspect an event
///
/// With its request, its deliveries, and their attempts with the handler's answers. That somebody looked is written
/// into the audit log.
#[utoipa::path(
    get, path = "/api/v1/events/{id}", tag = "Events",
    params(("id" = String, Path, description = "The event's id")),
    responses(
        (status = 200, description = "The event", body = EventDetail),
        (status = "default", description = "Among others `not_found`", body = ProblemBody),
    )
)]
pub(crate) async fn inspect_event(
    State(api): State<Api>,
    caller: Caller,
    PathPart(id): PathPart<String>,
) -> Result<Json<EventDetail>, Problem> {
    let stored = api.store().inspect_event(caller.tenant, event_id(&id)?).await?.ok_or_else(no_such_event)?;
    let configured = Configured::of(all_apps(&api, &caller).await?);
    let opened = open(&api, &caller, &stored).await?;
    Ok(Json(EventDetail::of(stored, opened, &configured)))
}

/// `None` for an event that was forgotten.
async fn open(api: &Api, caller: &Caller, stored: &StoredEvent) -> Result<Option<Opened>, Problem> {
    let Some(sealed) = &stored.sealed else { return Ok(None) };
    let request = OpenEventRequest {
        tenant_id: caller.tenant_id(),
        event_id: stored.id.to_string(),
        key_version: stored.key_version,
        salt: sealed.salt.to_vec().into(),
        parts: sealed_parts(stored),
        user_id: caller.principal.user_id.clone(),
        api_key_id: caller.principal.api_key_id.clone(),
    };
    let opened = ask(api.keys().open_event(request)).await?;
    Opened::read(stored, opened.parts).map(Some)
}
