//! The API keys that there are, and revoking one.

use anyhook_domain::ApiKeyId;
use anyhook_rpc::tenants::v1::{
    ApiKey, ListApiKeysRequest, ListApiKeysResponse, RevokeApiKeyRequest, RevokeApiKeyResponse,
};
use anyhook_store::config::ListedApiKey;

use crate::{Service, check, keys, problem::Problem};

pub(super) async fn list_api_keys(
    service: &Service,
    request: &ListApiKeysRequest,
) -> Result<ListApiKeysResponse, Problem> {
    let rows = service.store.api_keys(check::tenant(&request.tenant_id)?).await?;
    Ok(ListApiKeysResponse { api_keys: rows.into_iter().map(api_key_of).collect() })
}

/// Nobody remembers who a key speaks for: from the commit on it works nowhere.
pub(super) async fn revoke_api_key(
    service: &Service,
    request: &RevokeApiKeyRequest,
) -> Result<RevokeApiKeyResponse, Problem> {
    let tenant = check::tenant(&request.tenant_id)?;
    let actor = keys::actor(request.actor.as_ref())?;
    let key: ApiKeyId = check::id("API key", &request.api_key_id)?;
    let record = service.record(tenant, actor, "api_key.revoked", &request.api_key_id);
    if !service.store.revoke_api_key(tenant, key, &record).await? {
        return Err(Problem::NotFound("API key"));
    }
    Ok(RevokeApiKeyResponse {})
}

fn api_key_of(row: ListedApiKey) -> ApiKey {
    ApiKey {
        id: row.id.to_string(),
        name: row.name,
        scope: row.scope,
        is_limited: row.is_limited,
        apps: row.apps,
        last4: row.last4,
        created_at: row.created_at,
        expires_at: row.expires_at,
        last_used_at: row.last_used_at,
    }
}
