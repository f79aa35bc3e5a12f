//! Whether an event could be stored now: all of it is done, and undone.

use anyhook_domain::{EventId, Timestamp};
use uuid::Uuid;

use crate::{Store, StoreError, pools::write_tx};

const EVENT: &str = "-- rehearse event\nINSERT INTO events (id, tenant_id, app_id, source, received_at, method, \
                     path_rest, is_conflicting, verification, body_hash, body_bytes, key_version, traceparent) \
                     VALUES ($1, $2, $2, '', 0, '', '', FALSE, 'none', $3, 1, 0, '')";
const KEY: &str = "-- rehearse key\nINSERT INTO event_keys (event_id, salt) VALUES ($1, $2)";
const CONTENT: &str =
    "-- rehearse content\nINSERT INTO event_contents (event_id, sealed_head, sealed_body) VALUES ($1, $2, $2)";
const TERM: &str = "-- rehearse term\nINSERT INTO event_terms (event_id, term, tenant_id) VALUES ($1, $2, $1)";
const BACK: &str = "-- rehearse back\nSELECT k.salt, c.sealed_body FROM events e JOIN event_keys k ON k.event_id = e.id \
                    JOIN event_contents c ON c.event_id = e.id WHERE e.id = $1";

impl Store {
    /// Stores a made-up event of no tenant, reads it back, takes it away again and commits: what follows is that a real
    /// one would have been stored. Nobody else ever sees it.
    ///
    /// # Errors
    /// [`StoreError`] when an event could not be stored now.
    pub async fn try_append(&self) -> Result<(), StoreError> {
        let id = EventId::new(Timestamp::from_unix_ms(0), rand::random()).0;
        let bytes = id.as_bytes().to_vec();
        let back: Option<(Vec<u8>, Vec<u8>)> = write_tx!(self, |tx| {
            sqlx::query("-- rehearse\nSAVEPOINT rehearsal").execute(&mut *tx).await?;
            sqlx::query(EVENT).bind(id).bind(Uuid::nil()).bind(&bytes).execute(&mut *tx).await?;
            for part in [KEY, CONTENT, TERM] {
                sqlx::query(part).bind(id).bind(&bytes).execute(&mut *tx).await?;
            }
            let back = sqlx::query_as(BACK).bind(id).fetch_optional(&mut *tx).await?;
            sqlx::query("-- rehearsed\nROLLBACK TO SAVEPOINT rehearsal").execute(&mut *tx).await?;
            back
        });
        match back {
            Some((salt, body)) if salt == bytes && body == bytes => Ok(()),
            _ => Err(super::unknown_word("event_contents", "something else than was stored")),
        }
    }
}
