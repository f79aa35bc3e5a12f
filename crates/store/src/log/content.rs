//! An event's content, still sealed, as its delivery needs it.

use std::collections::HashMap;

use anyhook_domain::{EventId, TenantId, Timestamp, event::Verification, seal::Salt};
use uuid::Uuid;

use super::{small, verification};
use crate::{
    Store, StoreError,
    batched::{Batched, fetch},
    pools::read,
};

/// What is sent, sealed.
#[derive(Clone, Debug)]
pub struct Content {
    pub event_id: EventId,
    pub tenant_id: TenantId,
    pub received_at: Timestamp,
    pub method: String,
    pub path_rest: String,
    pub verification: Verification,
    pub key_version: u32,
    pub traceparent: String,
    pub salt: Salt,
    pub sealed_head: Vec<u8>,
    pub sealed_body: Vec<u8>,
}

type Row = (Uuid, Uuid, i64, String, String, String, i64, String, Vec<u8>, Vec<u8>, Vec<u8>);

static CONTENT: Batched = Batched::new(
    "-- content\nWITH v(event) AS (VALUES ",
    1,
    ") SELECT e.id, e.tenant_id, e.received_at, e.method, e.path_rest, e.verification, e.key_version, e.traceparent, \
     k.salt, c.sealed_head, c.sealed_body FROM v JOIN events e ON e.id = v.event \
     JOIN event_keys k ON k.event_id = e.id JOIN event_contents c ON c.event_id = e.id WHERE e.body_bytes <= 262144",
);

impl Store {
    /// The contents of events whose bodies have at most 256 KiB: many of them fit into memory at once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn small_contents(&self, events: &[EventId]) -> Result<HashMap<EventId, Content>, StoreError> {
        let rows = read!(self, |conn| fetch!(conn, Row, CONTENT, events, |event| [event.0]));
        let contents = rows.into_iter().map(content).collect::<Result<Vec<_>, _>>()?;
        Ok(contents.into_iter().map(|content| (content.event_id, content)).collect())
    }

    /// How long an event's body is, in bytes; `None` when it was erased.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn body_bytes(&self, event: EventId) -> Result<Option<u64>, StoreError> {
        let n_bytes: Option<i64> = read!(self, |conn| {
            sqlx::query_scalar(
                "-- body bytes\nSELECT e.body_bytes FROM events e JOIN event_contents c ON c.event_id = e.id \
                 WHERE e.id = $1",
            )
            .bind(event.0)
            .fetch_optional(conn)
            .await?
        });
        Ok(n_bytes.map(|n_bytes| u64::try_from(n_bytes).unwrap_or(0)))
    }

    /// The content of one event of any size; `None` when it was erased.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn content(&self, event: EventId) -> Result<Option<Content>, StoreError> {
        let row: Option<Row> = read!(self, |conn| {
            sqlx::query_as(
                "-- one content\nSELECT e.id, e.tenant_id, e.received_at, e.method, e.path_rest, e.verification, \
                 e.key_version, e.traceparent, k.salt, c.sealed_head, c.sealed_body FROM events e \
                 JOIN event_keys k ON k.event_id = e.id JOIN event_contents c ON c.event_id = e.id WHERE e.id = $1",
            )
            .bind(event.0)
            .fetch_optional(conn)
            .await?
        });
        row.map(content).transpose()
    }
}

fn content(row: Row) -> Result<Content, StoreError> {
    let (id, tenant, received_at, method, path_rest, word, key_version, traceparent, salt, head, body) = row;
    let salt = salt.try_into().map_err(|_| super::unknown_word("event_keys.salt", "not 16 bytes"))?;
    Ok(Content {
        event_id: EventId(id),
        tenant_id: TenantId(tenant),
        received_at: Timestamp::from_unix_ms(received_at),
        method,
        path_rest,
        verification: verification(&word)?,
        key_version: small(key_version),
        traceparent,
        salt,
        sealed_head: head,
        sealed_body: body,
    })
}
