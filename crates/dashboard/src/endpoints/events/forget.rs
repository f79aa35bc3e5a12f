//! Erasing what an event held.

use anyhook_domain::{ApiKeyId, UserId};
use anyhook_store::log::{Forget, Forgotten};
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::{event_id, no_such_event};
use crate::{
    api::Api,
    auth::{Caller, Editor},
    extract::PathPart,
    problem::{Problem, ProblemBody},
};

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ForgottenEvent {
    /// Always `true`.
    forgotten: bool,
    /// The event's id.
    #[schema(examples("evt_01h455vb4pex5vsknk084sn02q"))]
    id: String,
    /// It had been forgotten before.
    #[schema(examples(false))]
    already_forgotten: bool,
    /// Deliveries that were still to be made, and have ended as failed.
    #[schema(examples(1))]
    deliveries_ended: u64,
}

/// Forget an event
///
/// Erases its headers, body and its handlers' answers for good, and destroys the key that they are sealed under, so that
/// no backup brings them back. What is left says that the event came. Deliveries that were still to be made end as failed;
/// an attempt that runs at this moment goes on. That somebody did this is written into the audit log. To do it again
/// changes nothing. Needs no body.
#[utoipa::path(
    post, path = "/api/v1/events/{id}/forget", tag = "Events",
    params(("id" = String, Path, description = "The event's id")),
    responses(
        (status = 200, description = "It is forgotten", body = ForgottenEvent),
        (status = "default", description = "Among others `not_found`", body = ProblemBody),
    )
)]
pub(crate) async fn forget_event(
    State(api): State<Api>,
    Editor(caller): Editor,
    PathPart(id): PathPart<String>,
) -> Result<Json<ForgottenEvent>, Problem> {
    let event = event_id(&id)?;
    let now = api.now();
    let (user, api_key) = person(&caller)?;
    let audit_id = uuid::Builder::from_unix_timestamp_millis(now.unix_ms_unsigned(), &rand::random()).into_uuid();
    let forget = Forget { tenant: caller.tenant, event, audit_id, user, api_key, now };
    let Forgotten { is_repeat, n_ended } = api.store().forget_event(&forget).await?.ok_or_else(no_such_event)?;
    if !is_repeat {
        api.cache().announce_events([(caller.tenant, event)]);
    }
    Ok(Json(ForgottenEvent { forgotten: true, id, already_forgotten: is_repeat, deliveries_ended: n_ended }))
}

fn person(caller: &Caller) -> Result<(Option<UserId>, Option<ApiKeyId>), Problem> {
    let odd = || Problem::internal("tenants: a principal's id that is none");
    let user = caller.principal.user_id.as_deref().map(str::parse).transpose().map_err(|_| odd())?;
    let api_key = caller.principal.api_key_id.as_deref().map(str::parse).transpose().map_err(|_| odd())?;
    Ok((user, api_key))
}
