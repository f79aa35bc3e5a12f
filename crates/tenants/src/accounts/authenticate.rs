//! Who a key or a session speaks for. Asked of the database each time: what was revoked works no more.

use std::time::Duration;

use anyhook_domain::{access::Scope, api_key};
use anyhook_rpc::tenants::v1::{AuthenticateRequest, Principal, authenticate_request::Credential};

use anyhook_store::config::ApiKeyRow;
use tokio::time::timeout;

use super::session;
use crate::{Service, problem::Problem};

/// How exactly the last use of a key is known.
const NOTED_EVERY: Duration = Duration::from_secs(60);
/// Whoever asks waits no longer for that note.
const NOTED_WITHIN: Duration = Duration::from_secs(1);

pub(super) async fn authenticate(service: &Service, request: AuthenticateRequest) -> Result<Principal, Problem> {
    match request.credential {
        Some(Credential::ApiKey(key)) => by_key(service, &key).await,
        Some(Credential::SessionToken(token)) => by_session(service, &token).await,
        None => Err(Problem::Unauthenticated),
    }
}

async fn by_key(service: &Service, key: &str) -> Result<Principal, Problem> {
    let given = api_key::parse(key).ok_or(Problem::Unauthenticated)?;
    let found = service.store.api_key(&given.public_id, service.now()).await?;
    let found = found.filter(|row| given.matches(&row.hash)).ok_or(Problem::Unauthenticated)?;
    note_use(service, &found).await;
    Ok(Principal {
        role: role_of(&found).to_owned(),
        tenant_id: found.tenant_id.to_string(),
        tenant_slug: found.tenant_slug,
        user_id: None,
        api_key_id: Some(found.id.to_string()),
        session_id: None,
        scope: Some(found.scope),
        is_limited: found.is_limited,
        app_ids: found.apps.iter().map(ToString::to_string).collect(),
        is_operator: false,
    })
}

/// A caller that knows no scopes takes a key by this.
fn role_of(key: &ApiKeyRow) -> &'static str {
    if key.scope == Scope::Admin.as_str() && !key.is_limited { "admin" } else { "viewer" }
}

/// A key is as good without the note.
async fn note_use(service: &Service, key: &ApiKeyRow) {
    let now = service.now();
    let before = now - NOTED_EVERY;
    if key.last_used_at.is_some_and(|at| at > before.unix_ms()) {
        return;
    }
    match timeout(NOTED_WITHIN, service.store.used_api_key(key.tenant_id, key.id, now, before)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "that an API key was used is not noted"),
        Err(_) => tracing::warn!("that an API key was used is not noted in time"),
    }
}

async fn by_session(service: &Service, token: &str) -> Result<Principal, Problem> {
    let member = service.store.member_by_session(&session::hash(token), service.now()).await?;
    let member = member.ok_or(Problem::Unauthenticated)?;
    let is_operator = service.is_operator(member.user_id).await?;
    Ok(Principal {
        tenant_id: member.tenant_id.to_string(),
        tenant_slug: member.tenant_slug,
        user_id: Some(member.user_id.to_string()),
        api_key_id: None,
        role: member.role,
        session_id: Some(member.session_id.to_string()),
        scope: None,
        is_limited: false,
        app_ids: Vec::new(),
        is_operator,
    })
}
