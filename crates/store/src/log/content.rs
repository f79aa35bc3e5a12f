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

/// An event's own row.
pub(super) type Facts = (Uuid, Uuid, i64, String, String, String, i64, String);
pub(super) type Salted = (Uuid, Vec<u8>);
pub(super) type Sealed = (Uuid, Vec<u8>, Vec<u8>);
type Row = (Uuid, Uuid, i64, String, String, String, i64, String, Vec<u8>, Vec<u8>, Vec<u8>);

// Three look-ups and no join: a list of ids names the days' partitions that are looked into, a join names none, and where
// there are many, PostgreSQL would rather read all of them.
static FACTS: Batched = Batched::new(
    "-- contents' events\nSELECT id, tenant_id, received_at, method, path_rest, verification, key_version, traceparent \
     FROM events WHERE body_bytes <= 262144 AND id IN (",
    1,
    ")",
);
pub(super) static SALTED: Batched =
    Batched::new("-- contents' keys\nSELECT event_id, salt FROM event_keys WHERE event_id IN (", 1, ")");
pub(super) static SEALED: Batched = Batched::new(
    "-- contents\nSELECT event_id, sealed_head, sealed_body FROM event_contents WHERE event_id IN (",
    1,
    ")",
);

impl Store {
    /// The contents of events whose bodies have at most 256 KiB: many of them fit into memory at once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn small_contents(&self, events: &[EventId]) -> Result<HashMap<EventId, Content>, StoreError> {
        let (facts, salted, sealed) = read!(self, |conn| {
            let facts = fetch!(conn, Facts, FACTS, events, |event| [event.0]);
            let salted = fetch!(conn, Salted, SALTED, &facts, |row| [row.0]);
            let sealed = fetch!(conn, Sealed, SEALED, &salted, |row| [row.0]);
            (facts, salted, sealed)
        });
        let contents = whole(facts, salted, sealed)?;
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
        row.map(|(id, tenant, at, method, path, word, version, trace, salt, head, body)| {
            content((id, tenant, at, method, path, word, version, trace), salt, head, body)
        })
        .transpose()
    }
}

/// Those of which nothing was erased, in the order of their rows.
pub(super) fn whole(facts: Vec<Facts>, salted: Vec<Salted>, sealed: Vec<Sealed>) -> Result<Vec<Content>, StoreError> {
    let mut salts: HashMap<_, _> = salted.into_iter().collect();
    let mut sealed: HashMap<_, _> = sealed.into_iter().map(|(id, head, body)| (id, (head, body))).collect();
    let whole = facts.into_iter().filter_map(|facts| {
        let (salt, (head, body)) = salts.remove(&facts.0).zip(sealed.remove(&facts.0))?;
        Some(content(facts, salt, head, body))
    });
    whole.collect()
}

fn content(facts: Facts, salt: Vec<u8>, head: Vec<u8>, body: Vec<u8>) -> Result<Content, StoreError> {
    let (id, tenant, received_at, method, path_rest, word, key_version, traceparent) = facts;
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
