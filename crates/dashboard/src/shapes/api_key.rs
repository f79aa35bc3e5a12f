//! API keys.

use anyhook_rpc::tenants::v1;
use serde::Serialize;
use utoipa::ToSchema;

use super::instant;

/// An API key, without the key itself.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApiKey {
    #[schema(examples("key_01h455vb4pex5vsknk084sn02q"))]
    id: String,
    #[schema(examples("Deploy"))]
    name: String,
    /// `read`, `write` or `admin`.
    #[schema(examples("write"))]
    scope: String,
    /// The slugs of the only apps that it reaches; null for all.
    #[schema(examples(json!(["replicate"])))]
    apps: Option<Vec<String>>,
    /// How the key ends.
    #[schema(examples("…4fZ1"))]
    hint: String,
    #[schema(examples("2026-11-21T16:00:00.000Z"))]
    created_at: String,
    /// It works until then; null: until it is revoked.
    #[schema(examples("2027-11-21T16:00:00.000Z"))]
    expires_at: Option<String>,
    /// To the minute; null when it was never used.
    #[schema(examples("2026-11-21T16:05:00.000Z"))]
    last_used_at: Option<String>,
}

impl From<v1::ApiKey> for ApiKey {
    fn from(key: v1::ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name,
            scope: key.scope,
            apps: key.is_limited.then_some(key.apps),
            hint: format!("…{}", key.last4),
            created_at: instant(key.created_at),
            expires_at: key.expires_at.map(instant),
            last_used_at: key.last_used_at.map(instant),
        }
    }
}
