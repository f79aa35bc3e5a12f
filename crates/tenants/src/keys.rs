//! The keys: handed to those who seal and open by themselves, and used here for those who may not hold one.

use std::str::FromStr;

use anyhook_domain::{
    DeliveryId, EventId, TenantId,
    event::column::{ANSWER, BODY, HEAD},
    seal::{Key, Place, Salt},
};
use anyhook_rpc::tenants::v1::{
    self, FindTermsRequest, FindTermsResponse, GetTenantKeyRequest, OpenEventRequest, OpenEventResponse,
    ReverifyEventsRequest, ReverifyEventsResponse, SealedPart, TenantKey, keys_server::Keys,
};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::{
    Service, Tenants,
    audit::Actor,
    check,
    problem::{Problem, answer},
    reverify, terms,
};

#[tonic::async_trait]
impl Keys for Tenants {
    async fn get_tenant_key(&self, request: Request<GetTenantKeyRequest>) -> Result<Response<TenantKey>, Status> {
        answer(get_tenant_key(&self.0, &request.into_inner()).await)
    }

    async fn open_event(&self, request: Request<OpenEventRequest>) -> Result<Response<OpenEventResponse>, Status> {
        answer(open_event(&self.0, &request.into_inner()).await)
    }

    async fn find_terms(&self, request: Request<FindTermsRequest>) -> Result<Response<FindTermsResponse>, Status> {
        answer(terms::find_terms(&self.0, request.into_inner()).await)
    }

    async fn reverify_events(
        &self,
        request: Request<ReverifyEventsRequest>,
    ) -> Result<Response<ReverifyEventsResponse>, Status> {
        answer(reverify::reverify_events(&self.0, request.into_inner()).await)
    }
}

async fn get_tenant_key(service: &Service, request: &GetTenantKeyRequest) -> Result<TenantKey, Problem> {
    let tenant = check::tenant(&request.tenant_id)?;
    let found = service.vault.tenant_key(tenant, request.version.map(i64::from)).await?;
    Ok(TenantKey { version: check::small(found.version), key: found.key.expose().to_vec().into() })
}

/// Opens, then writes down who looked, then answers: nobody sees what is not on record.
async fn open_event(service: &Service, request: &OpenEventRequest) -> Result<OpenEventResponse, Problem> {
    let tenant = check::tenant(&request.tenant_id)?;
    let event: EventId = check::id("event", &request.event_id)?;
    let salt: Salt =
        (&request.salt[..]).try_into().map_err(|_| Problem::invalid("salt", "The salt must have 16 bytes."))?;
    let viewer = person(request.user_id.as_deref(), request.api_key_id.as_deref())?;
    let key = service.vault.tenant_key(tenant, Some(request.key_version.into())).await?.key.for_event(event, &salt);
    let parts = request.parts.iter().map(|part| open(&key, tenant, event, part));
    let parts = parts.collect::<Result<Vec<_>, _>>()?;
    service.audit(tenant, viewer, "event.opened", &request.event_id).await?;
    Ok(OpenEventResponse { parts: parts.into_iter().map(Into::into).collect() })
}

/// Who asks for a change.
pub(crate) fn actor(actor: Option<&v1::Actor>) -> Result<Actor, Problem> {
    let (user, api_key) = actor.map_or((None, None), |it| (it.user_id.as_deref(), it.api_key_id.as_deref()));
    person(user, api_key)
}

/// The same, where callers of an earlier version do not say.
pub(crate) fn actor_if_named(named: Option<&v1::Actor>) -> Result<Actor, Problem> {
    if named.is_some() { actor(named) } else { Ok(Actor::Unnamed) }
}

/// A user, or whoever uses an API key.
pub(crate) fn person(user: Option<&str>, api_key: Option<&str>) -> Result<Actor, Problem> {
    match (user, api_key) {
        (Some(user), None) => named("user_id", user, "usr_").map(Actor::User),
        (None, Some(key)) => named("api_key_id", key, "key_").map(Actor::ApiKey),
        _ => Err(Problem::invalid("user_id", "Name who asks: a user or an API key, one of them.")),
    }
}

fn named<T: FromStr>(field: &'static str, text: &str, prefix: &str) -> Result<T, Problem> {
    let says = || format!("Give the id of who asks as {field}; it begins with {prefix}.");
    text.parse().map_err(|_| Problem::invalid(field, says()))
}

fn open(key: &Key, tenant: TenantId, event: EventId, part: &SealedPart) -> Result<Vec<u8>, Problem> {
    let (row, column) = place(part)?;
    // The parts of an event stand in its own row; attempts in that of a delivery, which the event's key vouches for.
    if column != ANSWER && row != event.0 {
        return Err(Problem::DoesNotOpen);
    }
    Ok(key.open(&Place { tenant, row, column }, &part.sealed)?)
}

fn place(part: &SealedPart) -> Result<(Uuid, &'static str), Problem> {
    let column = [HEAD, BODY, ANSWER].into_iter().find(|known| *known == part.column);
    let column = column.ok_or_else(|| Problem::invalid("column", "This column holds no part of an event."))?;
    let row = if column == ANSWER {
        check::id::<DeliveryId>("delivery", &part.row_id)?.0
    } else {
        check::id::<EventId>("event", &part.row_id)?.0
    };
    Ok((row, column))
}
