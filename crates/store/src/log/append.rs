//! Appending events: the moment from which nothing may be lost.

use std::collections::{HashMap, HashSet};

use anyhook_domain::{
    AppId, DeliveryId, DestinationId, EventId, TenantId, Timestamp,
    delivery::{HeldReason, State, Trigger},
    event::Verification,
    seal::Salt,
};
use uuid::Uuid;

use crate::{Store, StoreError, batched::Batched, pools::write_tx};

/// An event to be stored, sealed, with its deliveries.
#[derive(Clone, Debug)]
pub struct NewEvent {
    pub id: EventId,
    pub tenant_id: TenantId,
    pub app_id: AppId,
    pub source: &'static str,
    pub received_at: Timestamp,
    pub method: String,
    pub path_rest: String,
    pub event_type: Option<String>,
    pub provider_id: Option<String>,
    /// From [`anyhook_domain::event::dedup_key`]; `None` for an event that no other can repeat.
    pub dedup_key: Option<[u8; 16]>,
    pub verification: Verification,
    /// Why it was turned away; such an event has no deliveries.
    pub rejection: Option<String>,
    /// SHA-256.
    pub body_hash: [u8; 32],
    pub body_bytes: u64,
    pub key_version: u32,
    pub salt: Salt,
    pub sealed_head: Vec<u8>,
    pub sealed_body: Vec<u8>,
    pub traceparent: String,
    /// When retention may remove it; `None`: never.
    pub keep_until: Option<Timestamp>,
    pub deliveries: Vec<NewDelivery>,
}

/// A delivery that is stored with its event.
#[derive(Clone, Copy, Debug)]
pub struct NewDelivery {
    pub id: DeliveryId,
    pub destination_id: DestinationId,
    /// The instant before which the sweep leaves it to the hint; without meaning for a held one.
    pub due_at: Timestamp,
    pub held: Option<HeldReason>,
}

/// What became of an event that was appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    Stored,
    /// The same provider event with the same body was stored before, under this id.
    Duplicate { first: EventId },
}

/// Rejected events that are kept for an app; older ones make room.
const MOST_REJECTED: i64 = 1_000;
/// How many are removed at once when there are too many.
const REJECTED_BATCH: i64 = 256;

static DEDUP: Batched = Batched::new(
    "-- append dedup\nINSERT INTO dedup_keys (app_id, dedup_key, body_hash, event_id, received_at) VALUES ",
    5,
    " ON CONFLICT (app_id, dedup_key, body_hash) DO NOTHING",
);
static FIRST: Batched = Batched::new(
    "-- append first\nWITH v(app, dedup) AS (VALUES ",
    2,
    ") SELECT DISTINCT d.app_id, d.dedup_key, d.body_hash, d.event_id FROM v \
     JOIN dedup_keys d ON d.app_id = v.app AND d.dedup_key = v.dedup",
);
static EVENTS: Batched = Batched::new(
    "-- append events\nINSERT INTO events (id, tenant_id, app_id, source, received_at, method, path_rest, event_type, \
     provider_id, is_conflicting, verification, rejection, body_hash, body_bytes, key_version, traceparent, \
     keep_until) VALUES ",
    17,
    "",
);
static KEYS: Batched = Batched::new("-- append keys\nINSERT INTO event_keys (event_id, salt) VALUES ", 2, "");
static CONTENTS: Batched = Batched::new(
    "-- append contents\nINSERT INTO event_contents (event_id, sealed_head, sealed_body) VALUES ",
    3,
    "",
);
static DELIVERIES: Batched = Batched::new(
    "-- append deliveries\nINSERT INTO deliveries (id, event_id, tenant_id, app_id, destination_id, triggered_by, \
     state, attempts, due_at, held_reason, is_current, created_at) VALUES ",
    12,
    "",
);

/// The first ids that the log knows for a batch's provider events: by app, key and body.
type Firsts = HashMap<(Uuid, Vec<u8>), Vec<(Vec<u8>, Uuid)>>;

impl Store {
    /// Stores events and their deliveries in one transaction; answers in the order given.
    ///
    /// # Errors
    /// [`StoreError`]: then none of them is stored.
    pub async fn append(&self, events: &[NewEvent]) -> Result<Vec<Appended>, StoreError> {
        let mut keyed: Vec<&NewEvent> = events.iter().filter(|event| event.dedup_key.is_some()).collect();
        // In one order everywhere: two transactions that insert the same keys crosswise would wait for each other.
        keyed.sort_by_key(|event| (event.app_id, event.dedup_key, event.body_hash));
        let apps_with_rejections: HashSet<AppId> =
            events.iter().filter(|event| event.rejection.is_some()).map(|event| event.app_id).collect();

        Ok(write_tx!(self, |tx| {
            for (sql, piece) in DEDUP.pieces(&keyed) {
                let mut query = sqlx::query(sql);
                for event in piece {
                    query = query
                        .bind(event.app_id.0)
                        .bind(event.dedup_key.map(Vec::from))
                        .bind(&event.body_hash[..])
                        .bind(event.id.0)
                        .bind(event.received_at.unix_ms());
                }
                query.execute(&mut *tx).await?;
            }
            let mut firsts = Firsts::new();
            for (sql, piece) in FIRST.pieces(&keyed) {
                let mut query = sqlx::query_as::<_, (Uuid, Vec<u8>, Vec<u8>, Uuid)>(sql);
                for event in piece {
                    query = query.bind(event.app_id.0).bind(event.dedup_key.map(Vec::from));
                }
                for (app, key, body_hash, first) in query.fetch_all(&mut *tx).await? {
                    let known = firsts.entry((app, key)).or_default();
                    if known.iter().all(|(hash, _)| *hash != body_hash) {
                        known.push((body_hash, first));
                    }
                }
            }
            let judged: Vec<_> = events.iter().map(|event| judge(event, &firsts)).collect();
            let stored: Vec<(&NewEvent, bool)> = events
                .iter()
                .zip(&judged)
                .filter(|(_, (appended, _))| *appended == Appended::Stored)
                .map(|(event, (_, is_conflicting))| (event, *is_conflicting))
                .collect();
            for (sql, piece) in EVENTS.pieces(&stored) {
                let mut query = sqlx::query(sql);
                for (event, is_conflicting) in piece {
                    query = query
                        .bind(event.id.0)
                        .bind(event.tenant_id.0)
                        .bind(event.app_id.0)
                        .bind(event.source)
                        .bind(event.received_at.unix_ms())
                        .bind(&event.method)
                        .bind(&event.path_rest)
                        .bind(&event.event_type)
                        .bind(&event.provider_id)
                        .bind(*is_conflicting)
                        .bind(event.verification.as_str())
                        .bind(&event.rejection)
                        .bind(&event.body_hash[..])
                        .bind(i64::try_from(event.body_bytes).unwrap_or(i64::MAX))
                        .bind(i64::from(event.key_version))
                        .bind(&event.traceparent)
                        .bind(event.keep_until.map(Timestamp::unix_ms));
                }
                query.execute(&mut *tx).await?;
            }
            for (sql, piece) in KEYS.pieces(&stored) {
                let mut query = sqlx::query(sql);
                for (event, _) in piece {
                    query = query.bind(event.id.0).bind(&event.salt[..]);
                }
                query.execute(&mut *tx).await?;
            }
            for (sql, piece) in CONTENTS.pieces(&stored) {
                let mut query = sqlx::query(sql);
                for (event, _) in piece {
                    query = query.bind(event.id.0).bind(&event.sealed_head).bind(&event.sealed_body);
                }
                query.execute(&mut *tx).await?;
            }
            let deliveries: Vec<_> =
                stored.iter().flat_map(|(event, _)| event.deliveries.iter().map(move |it| (*event, it))).collect();
            for (sql, piece) in DELIVERIES.pieces(&deliveries) {
                let mut query = sqlx::query(sql);
                for (event, delivery) in piece {
                    let state = if delivery.held.is_some() { State::Held } else { State::Pending };
                    query = query
                        .bind(delivery.id.0)
                        .bind(event.id.0)
                        .bind(event.tenant_id.0)
                        .bind(event.app_id.0)
                        .bind(delivery.destination_id.0)
                        .bind(Trigger::Initial.as_str())
                        .bind(state.as_str())
                        .bind(0i64)
                        .bind(delivery.held.is_none().then(|| delivery.due_at.unix_ms()))
                        .bind(delivery.held.map(HeldReason::as_str))
                        .bind(true)
                        .bind(event.received_at.unix_ms());
                }
                query.execute(&mut *tx).await?;
            }
            for app in &apps_with_rejections {
                let superfluous: Vec<Uuid> = sqlx::query_scalar(
                    "-- append superfluous rejections\nSELECT id FROM events \
                     WHERE app_id = $1 AND rejection IS NOT NULL ORDER BY id DESC LIMIT $2 OFFSET $3",
                )
                .bind(app.0)
                .bind(REJECTED_BATCH)
                .bind(MOST_REJECTED)
                .fetch_all(&mut *tx)
                .await?;
                for (sql, piece) in super::prune::ERASE.iter().flat_map(|erase| erase.pieces(&superfluous)) {
                    let query = piece.iter().fold(sqlx::query(sql), |query, id| query.bind(*id));
                    query.execute(&mut *tx).await?;
                }
            }
            judged.into_iter().map(|(appended, _)| appended).collect()
        }))
    }
}

/// Whether an event is new, and whether its provider's id came before with another body.
fn judge(event: &NewEvent, firsts: &Firsts) -> (Appended, bool) {
    let Some(known) = event.dedup_key.and_then(|key| firsts.get(&(event.app_id.0, key.to_vec()))) else {
        return (Appended::Stored, false);
    };
    let same_body = known.iter().find(|(body_hash, _)| *body_hash == event.body_hash);
    match same_body {
        Some((_, first)) if *first != event.id.0 => (Appended::Duplicate { first: EventId(*first) }, false),
        _ => (Appended::Stored, known.len() > 1),
    }
}
