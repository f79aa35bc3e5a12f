//! Appending events: the moment from which nothing may be lost.

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhook_domain::{
    AppId, DeliveryId, DestinationId, EventId, Month, TenantId, Timestamp,
    blind::Term,
    delivery::{HeldReason, State, Trigger},
    event::Verification,
    seal::Salt,
};
use uuid::Uuid;

use super::usage;
use crate::{
    Store, StoreError,
    batched::{Batched, execute, fetch},
    error::again,
    pools::write_tx,
};

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
    /// What it is found by in the blind index, each once.
    pub terms: Vec<Term>,
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
    Duplicate {
        first: EventId,
    },
}

/// Whether events may have been stored before, under the same ids.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Arrival {
    Fresh,
    Spooled,
}

/// Rejected events that are kept for an app; older ones make room.
const MOST_REJECTED: usize = 1_000;
/// Bytes of their bodies: anybody who knows the URL can make them.
const MOST_REJECTED_BYTES: i64 = 64 * 1024 * 1024;
/// How many more than these are looked at, and removed, at once.
const REJECTED_BATCH: i64 = 256;

pub(super) static DEDUP: Batched = Batched::new(
    "-- append dedup\nINSERT INTO dedup_keys (app_id, dedup_key, body_hash, event_id, received_at) VALUES ",
    5,
    " ON CONFLICT (app_id, dedup_key, body_hash) DO NOTHING",
);
pub(super) static FIRST: Batched = Batched::new(
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
/// The same for events that may be stored already; it names those that were not.
static EVENTS_ONCE: Batched = Batched::new(
    "-- append events once\nINSERT INTO events (id, tenant_id, app_id, source, received_at, method, path_rest, \
     event_type, provider_id, is_conflicting, verification, rejection, body_hash, body_bytes, key_version, traceparent, \
     keep_until) VALUES ",
    17,
    " ON CONFLICT (id) DO NOTHING RETURNING id",
);
static STORED: Batched = Batched::new("-- append stored\nSELECT id FROM events WHERE id IN (", 1, ")");
static KEYS: Batched = Batched::new("-- append keys\nINSERT INTO event_keys (event_id, salt) VALUES ", 2, "");
static CONTENTS: Batched =
    Batched::new("-- append contents\nINSERT INTO event_contents (event_id, sealed_head, sealed_body) VALUES ", 3, "");
pub(super) static TERMS: Batched =
    Batched::new("-- append terms\nINSERT INTO event_terms (event_id, term, tenant_id) VALUES ", 3, "");
pub(super) static DELIVERIES: Batched = Batched::new(
    "-- append deliveries\nINSERT INTO deliveries (id, event_id, tenant_id, app_id, destination_id, triggered_by, \
     state, attempts, due_at, held_reason, is_current, created_at) VALUES ",
    12,
    "",
);

/// One by one, in the order of their ids: a joined update would lock them in an order of its own, and two of those could
/// wait for each other.
pub(super) const COUNT: &str =
    "-- append count duplicates\nUPDATE events SET n_duplicates = n_duplicates + $2 WHERE id = $1";
const REJECTED: &str = "-- append rejected\nSELECT id, body_bytes FROM events \
    WHERE app_id = $1 AND rejection IS NOT NULL ORDER BY id DESC LIMIT $2";

/// What the log knows of a provider's event: app, key, body, first id.
pub(super) type Known = (Uuid, Vec<u8>, Vec<u8>, Uuid);
/// The same by app and key.
pub(super) struct Firsts(HashMap<(Uuid, Vec<u8>), Bodies>);
/// Each with the first event that had it.
type Bodies = Vec<(Vec<u8>, Uuid)>;

impl Store {
    /// Stores events and their deliveries in one transaction, which counts the accepted ones as used, too; answers in the
    /// order given.
    ///
    /// # Errors
    /// [`StoreError`]: then none of them is stored.
    pub async fn append(&self, events: &[NewEvent]) -> Result<Vec<Appended>, StoreError> {
        let events: Vec<_> = events.iter().collect();
        again!(self.append_once(&events, Arrival::Fresh).await)
    }

    /// Like [`Store::append`], for events that may have been stored before: by an append whose commit was never heard of,
    /// or because they come twice. Such a one is `Stored` again and nothing changes. One that was a duplicate is one
    /// again, and is counted again.
    ///
    /// # Errors
    /// [`StoreError`]: then none of them is stored by this call.
    pub async fn append_spooled(&self, events: &[NewEvent]) -> Result<Vec<Appended>, StoreError> {
        let mut distinct: Vec<_> = events.iter().collect();
        // In one order everywhere: two transactions that insert the same ids crosswise would wait for each other.
        distinct.sort_by_key(|event| event.id);
        distinct.dedup_by_key(|event| event.id);
        let appended = again!(self.append_once(&distinct, Arrival::Spooled).await)?;
        let fates: HashMap<_, _> = distinct.iter().map(|event| event.id).zip(appended).collect();
        Ok(events.iter().map(|event| fates[&event.id]).collect())
    }

    /// Counts repeats that were recognised without asking the log, each at the first event.
    ///
    /// # Errors
    /// [`StoreError`]: then none is counted.
    pub async fn count_duplicates(&self, repeats: &[(EventId, u32)]) -> Result<(), StoreError> {
        again!(self.count_duplicates_once(repeats).await)
    }

    async fn count_duplicates_once(&self, repeats: &[(EventId, u32)]) -> Result<(), StoreError> {
        write_tx!(self, |tx| {
            for (first, n) in repeats {
                sqlx::query(COUNT).bind(first.0).bind(i64::from(*n)).execute(&mut *tx).await?;
            }
        });
        Ok(())
    }

    async fn append_once(&self, events: &[&NewEvent], arrival: Arrival) -> Result<Vec<Appended>, StoreError> {
        let slot = self.slot();
        Ok(write_tx!(self, |tx| {
            let present = ids(fetch!(tx, (Uuid,), STORED, arrival.doubtful(events), |it| [it.id.0]));
            let keyed = keyed(events, &present);
            execute!(tx, DEDUP, &keyed, |it| [
                it.app_id.0,
                it.dedup_key.map(Vec::from),
                &it.body_hash[..],
                it.id.0,
                it.received_at.unix_ms(),
            ]);
            let known = fetch!(tx, Known, FIRST, &keyed, |it| [it.app_id.0, it.dedup_key.map(Vec::from)]);
            let judged = judge_all(events, known, &present);
            let stored = stored(events, &judged, &present);
            let inserted = fetch!(tx, (Uuid,), arrival.events(), &stored, |(it, is_conflicting)| [
                it.id.0,
                it.tenant_id.0,
                it.app_id.0,
                it.source,
                it.received_at.unix_ms(),
                &it.method,
                &it.path_rest,
                &it.event_type,
                &it.provider_id,
                *is_conflicting,
                it.verification.as_str(),
                &it.rejection,
                &it.body_hash[..],
                i64::try_from(it.body_bytes).unwrap_or(i64::MAX),
                i64::from(it.key_version),
                &it.traceparent,
                it.keep_until.map(Timestamp::unix_ms),
            ]);
            let stored = arrival.only(stored, inserted);
            execute!(tx, KEYS, &stored, |(it, _)| [it.id.0, &it.salt[..]]);
            execute!(tx, CONTENTS, &stored, |(it, _)| [it.id.0, &it.sealed_head, &it.sealed_body]);
            execute!(tx, TERMS, &terms(&stored), |(event, term)| [event.id.0, &term[..], event.tenant_id.0]);
            execute!(tx, DELIVERIES, &deliveries(&stored), |(event, it)| [
                it.id.0,
                event.id.0,
                event.tenant_id.0,
                event.app_id.0,
                it.destination_id.0,
                Trigger::Initial.as_str(),
                if it.held.is_some() { State::Held.as_str() } else { State::Pending.as_str() },
                0i64,
                it.held.is_none().then(|| it.due_at.unix_ms()),
                it.held.map(HeldReason::as_str),
                true,
                event.received_at.unix_ms(),
            ]);
            for (first, n) in duplicates(&judged) {
                sqlx::query(COUNT).bind(first.0).bind(n).execute(&mut *tx).await?;
            }
            for app in apps_with_rejections(events) {
                let newest_first: Vec<(Uuid, i64)> = sqlx::query_as(REJECTED)
                    .bind(app.0)
                    .bind(MOST_REJECTED as i64 + REJECTED_BATCH)
                    .fetch_all(&mut *tx)
                    .await?;
                let superfluous = superfluous(newest_first);
                for erase in &super::prune::ERASE {
                    execute!(tx, erase, &superfluous, |id| [*id]);
                }
            }
            execute!(tx, usage::COUNT, &added(&stored), |((tenant, month), n)| [tenant.0, month.number(), slot, *n]);
            judged.into_iter().map(|(appended, _)| appended).collect()
        }))
    }
}

impl Arrival {
    const fn events(self) -> &'static Batched {
        match self {
            Self::Fresh => &EVENTS,
            Self::Spooled => &EVENTS_ONCE,
        }
    }

    /// Those that may be there.
    const fn doubtful<'a, 'b>(self, events: &'a [&'b NewEvent]) -> &'a [&'b NewEvent] {
        match self {
            Self::Fresh => &[],
            Self::Spooled => events,
        }
    }

    /// Those that were inserted: whoever was about to store another has committed meanwhile.
    fn only(self, mut events: Vec<(&NewEvent, bool)>, inserted: Vec<(Uuid,)>) -> Vec<(&NewEvent, bool)> {
        if self == Self::Spooled {
            let inserted = ids(inserted);
            events.retain(|(event, _)| inserted.contains(&event.id.0));
        }
        events
    }
}

fn ids(rows: Vec<(Uuid,)>) -> HashSet<Uuid> {
    rows.into_iter().map(|(id,)| id).collect()
}

/// The events that a later one could repeat, without those that are there.
fn keyed<'a>(events: &[&'a NewEvent], present: &HashSet<Uuid>) -> Vec<&'a NewEvent> {
    let new = events.iter().filter(|event| event.dedup_key.is_some() && !present.contains(&event.id.0));
    let mut keyed: Vec<_> = new.copied().collect();
    // In one order everywhere: two transactions that insert the same keys crosswise would wait for each other.
    keyed.sort_by_key(|event| (event.app_id, event.dedup_key, event.body_hash));
    keyed
}

/// The first ids of what came again, each with how often; in order.
fn duplicates(judged: &[(Appended, bool)]) -> Vec<(EventId, i64)> {
    let mut counts = BTreeMap::new();
    for (appended, _) in judged {
        if let Appended::Duplicate { first } = appended {
            *counts.entry(*first).or_default() += 1;
        }
    }
    counts.into_iter().collect()
}

fn apps_with_rejections(events: &[&NewEvent]) -> HashSet<AppId> {
    events.iter().filter(|event| event.rejection.is_some()).map(|event| event.app_id).collect()
}

/// The rejected events that have to make room for newer ones.
fn superfluous(newest_first: Vec<(Uuid, i64)>) -> Vec<Uuid> {
    let mut n_bytes = 0;
    let mut is_kept = |n: usize, bytes: i64| {
        n_bytes += bytes;
        // The newest one stays, whatever its size.
        n == 0 || (n < MOST_REJECTED && n_bytes <= MOST_REJECTED_BYTES)
    };
    let beyond = newest_first.into_iter().enumerate().filter(|(n, (_, bytes))| !is_kept(*n, *bytes));
    beyond.map(|(_, (id, _))| id).collect()
}

/// The events that are new, each with whether its provider's id came before with another body.
fn stored<'a>(
    events: &[&'a NewEvent],
    judged: &[(Appended, bool)],
    present: &HashSet<Uuid>,
) -> Vec<(&'a NewEvent, bool)> {
    let with_verdict = events.iter().zip(judged);
    let stored =
        with_verdict.filter(|(event, (appended, _))| *appended == Appended::Stored && !present.contains(&event.id.0));
    stored.map(|(event, (_, is_conflicting))| (*event, *is_conflicting)).collect()
}

fn deliveries<'a>(stored: &[(&'a NewEvent, bool)]) -> Vec<(&'a NewEvent, &'a NewDelivery)> {
    stored.iter().flat_map(|(event, _)| event.deliveries.iter().map(move |delivery| (*event, delivery))).collect()
}

fn added(stored: &[(&NewEvent, bool)]) -> Vec<((TenantId, Month), i64)> {
    usage::added(stored.iter().map(|(event, _)| *event))
}

fn terms<'a>(stored: &[(&'a NewEvent, bool)]) -> Vec<(&'a NewEvent, &'a Term)> {
    stored.iter().flat_map(|(event, _)| event.terms.iter().map(move |term| (*event, term))).collect()
}

fn judge_all(events: &[&NewEvent], known: Vec<Known>, present: &HashSet<Uuid>) -> Vec<(Appended, bool)> {
    let firsts = Firsts::of(known);
    // One that is there is no repeat of another, even if its key has been another's since.
    let verdict = |event: &&NewEvent| match present.contains(&event.id.0) {
        true => (Appended::Stored, false),
        false => firsts.judge(event.id, event.app_id, event.dedup_key, &event.body_hash),
    };
    events.iter().map(verdict).collect()
}

impl Firsts {
    pub(super) fn of(known: Vec<Known>) -> Self {
        let mut firsts = HashMap::<_, Bodies>::new();
        for (app, key, body_hash, first) in known {
            let bodies = firsts.entry((app, key)).or_default();
            // One that was asked for in two pieces is answered twice.
            if bodies.iter().all(|(known, _)| *known != body_hash) {
                bodies.push((body_hash, first));
            }
        }
        Self(firsts)
    }

    /// Whether an event is new, and whether its provider's id came before with another body.
    pub(super) fn judge(
        &self,
        id: EventId,
        app: AppId,
        dedup_key: Option<[u8; 16]>,
        body_hash: &[u8],
    ) -> (Appended, bool) {
        let Some(known) = dedup_key.and_then(|key| self.0.get(&(app.0, key.to_vec()))) else {
            return (Appended::Stored, false);
        };
        let same_body = known.iter().find(|(known, _)| known == body_hash);
        match same_body {
            Some((_, first)) if *first != id.0 => (Appended::Duplicate { first: EventId(*first) }, false),
            _ => (Appended::Stored, known.len() > 1),
        }
    }
}
