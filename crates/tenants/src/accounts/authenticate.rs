//! Who a key or a session speaks for. Asked of the database each time: what was revoked works no more.

use anyhook_domain::api_key;
use anyhook_rpc::tenants::v1::{AuthenticateRequest, Principal, authenticate_request::Credential};

use super::session;
use crate::{Service, problem::Problem};

/// Everything but a tenant's ownership.
const ROLE_OF_KEYS: &str = "admin";

pub(super) async fn authenticate(service: &Service, request: AuthenticateRequest) -> Result<Principal, Problem> {
    match request.credential {
        Some(Credential::ApiKey(key)) => by_key(service, &key).await,
        Some(Credential::SessionToken(token)) => by_session(service, &token).await,
        None => Err(Problem::Unauthenticated),
    }
}

async fn by_key(service: &Service, key: &str) -> Result<Principal, Problem> {
    let given = api_key::parse(key).ok_or(Problem::Unauthenticated)?;
    let found = service.store.api_key(&given.public_id).await?;
    let found = found.filter(|row| given.matches(&row.hash)).ok_or(Problem::Unauthenticated)?;
    Ok(Principal {
        tenant_id: found.tenant_id.to_string(),
        tenant_slug: found.tenant_slug,
        user_id: None,
        api_key_id: Some(found.id.to_string()),
        role: ROLE_OF_KEYS.to_owned(),
    })
}

async fn by_session(service: &Service, token: &str) -> Result<Principal, Problem> {
    let member = service.store.member_by_session(&session::hash(token), service.now()).await?;
    let member = member.ok_or(Problem::Unauthenticated)?;
    Ok(Principal {
        tenant_id: member.tenant_id.to_string(),
        tenant_slug: member.tenant_slug,
        user_id: Some(member.user_id.to_string()),
        api_key_id: None,
        role: member.role,
    })
}
