//! Having an event's request opened, which is written into the audit log.

use anyhook_domain::{
    EventId,
    event::{Head, column},
};
use anyhook_rpc::tenants::v1::{OpenEventRequest, SealedPart};
use anyhook_store::log::{SealedEvent, SealedRequest};
use bytes::Bytes;

use crate::{
    api::{Api, ask},
    auth::Caller,
    problem::Problem,
};

/// A request in plain text.
#[derive(Debug)]
pub(super) struct OpenedRequest {
    pub(super) head: Head,
    pub(super) body: Bytes,
}

/// `None` for an event that was forgotten.
pub(super) async fn open_request(
    api: &Api,
    caller: &Caller,
    event: EventId,
    stored: &mut SealedRequest,
) -> Result<Option<OpenedRequest>, Problem> {
    let Some(SealedEvent { salt, head, body }) = stored.sealed.take() else { return Ok(None) };
    let part = |column: &str, sealed: Vec<u8>| SealedPart {
        row_id: event.to_string(),
        column: column.to_owned(),
        sealed: sealed.into(),
    };
    let request = OpenEventRequest {
        tenant_id: caller.tenant_id(),
        event_id: event.to_string(),
        key_version: stored.key_version,
        salt: salt.to_vec().into(),
        parts: vec![part(column::HEAD, head), part(column::BODY, body)],
        user_id: caller.principal.user_id.clone(),
        api_key_id: caller.principal.api_key_id.clone(),
    };
    let parts: Result<[Bytes; 2], _> = ask(api.keys().open_event(request)).await?.parts.try_into();
    let [head, body] = parts.map_err(|_| Problem::internal("tenants: opened fewer parts than were sealed"))?;
    let head = Head::from_bytes(&head).map_err(|error| Problem::internal(error.to_string()))?;
    Ok(Some(OpenedRequest { head, body }))
}

pub(super) fn forgotten() -> Problem {
    let text = "This event's content was erased; only the fact that it came is left.";
    Problem::new(http::StatusCode::GONE, "event_forgotten", text)
}
