//! Tenants' keys, unwrapped by the tenants service and remembered for a while.

use std::time::Duration;

use anyhook_cache::{Fresh, Freshness};
use anyhook_domain::{TenantId, seal::Key};

use crate::{
    Transport,
    tenants::v1::{GetTenantKeyRequest, keys_client::KeysClient},
};

/// Keys that are remembered.
const CAPACITY: usize = 20_000;
/// A rotated key is used this much longer at most; a destroyed one as well.
const FRESHNESS: Freshness = Freshness {
    fresh_for: Duration::from_secs(60),
    absent_for: Duration::from_secs(1),
    stale_for: Duration::from_secs(24 * 60 * 60),
};

/// No key could be had: the tenants service is away, or the tenant's keys were destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no key could be had")]
pub struct NoKey;

/// Asks for tenants' keys, and remembers them.
#[derive(Debug)]
pub struct Keys {
    client: KeysClient<Transport>,
    /// `None` stands for the newest version.
    keys: Fresh<(TenantId, Option<u32>), (u32, Key)>,
}

impl Keys {
    #[must_use]
    pub fn new(tenants: Transport) -> Self {
        Self { client: KeysClient::new(tenants), keys: Fresh::new(CAPACITY, FRESHNESS) }
    }

    /// The key to seal with, and its version.
    ///
    /// # Errors
    /// [`NoKey`].
    pub async fn newest(&self, tenant: TenantId) -> Result<(u32, Key), NoKey> {
        self.get(tenant, None).await
    }

    /// The key that something was sealed with.
    ///
    /// # Errors
    /// [`NoKey`].
    pub async fn version(&self, tenant: TenantId, version: u32) -> Result<Key, NoKey> {
        Ok(self.get(tenant, Some(version)).await?.1)
    }

    async fn get(&self, tenant: TenantId, version: Option<u32>) -> Result<(u32, Key), NoKey> {
        let found = self.keys.get(&(tenant, version), || self.ask(tenant, version)).await?;
        found.ok_or(NoKey)
    }

    async fn ask(&self, tenant: TenantId, version: Option<u32>) -> Result<Option<(u32, Key)>, NoKey> {
        let request = GetTenantKeyRequest { tenant_id: tenant.to_string(), version };
        match self.client.clone().get_tenant_key(request).await {
            Ok(answer) => {
                let answer = answer.into_inner();
                let key = Key::from_slice(&answer.key).map_err(|_| NoKey)?;
                Ok(Some((answer.version, key)))
            }
            Err(status) if status.code() == tonic::Code::NotFound => Ok(None),
            Err(status) => {
                tracing::warn!(code = ?status.code(), tenant.id = %tenant, "a tenant's key could not be had");
                Err(NoKey)
            }
        }
    }
}
