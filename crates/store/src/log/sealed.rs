//! The sealed content of one event, without its deliveries.

use anyhook_domain::{AppId, EventId, TenantId};
use uuid::Uuid;

use super::{SealedEvent, inspect::sealed, small};
use crate::{Store, StoreError, pools::read_of};

/// What it takes to open an event's request, but for the tenant's key.
#[derive(Clone, Debug)]
pub struct SealedRequest {
    pub app_id: AppId,
    pub source: String,
    pub method: String,
    pub path_rest: String,
    pub key_version: u32,
    /// `None` for an event that was forgotten.
    pub sealed: Option<SealedEvent>,
}

type Row = (Uuid, String, String, String, i64, Option<Vec<u8>>, Option<Vec<u8>>, Option<Vec<u8>>);

impl Store {
    /// One event's request; `None` when the tenant has no such event.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sealed_request(&self, tenant: TenantId, event: EventId) -> Result<Option<SealedRequest>, StoreError> {
        let row: Option<Row> = read_of!(self, tenant, |conn| {
            sqlx::query_as(
                "-- sealed request\nSELECT e.app_id, e.source, e.method, e.path_rest, e.key_version, k.salt, \
                 c.sealed_head, c.sealed_body FROM events e LEFT JOIN event_keys k ON k.event_id = e.id \
                 LEFT JOIN event_contents c ON c.event_id = e.id WHERE e.id = $1 AND e.tenant_id = $2",
            )
            .bind(event.0)
            .bind(tenant.0)
            .fetch_optional(conn)
            .await?
        });
        let Some((app, source, method, path_rest, key_version, salt, head, body)) = row else { return Ok(None) };
        Ok(Some(SealedRequest {
            app_id: AppId(app),
            source,
            method,
            path_rest,
            key_version: small(key_version),
            sealed: sealed(salt, head, body)?,
        }))
    }
}
