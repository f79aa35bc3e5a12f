//! Rejected events that turn out to be their provider's after all.

use std::collections::{BTreeMap, HashMap};

use anyhook_domain::{
    AppId, EventId, Month, TenantId,
    blind::Term,
    delivery::{HeldReason, State, Trigger},
    event::Verification,
};
use uuid::Uuid;

use super::{
    Appended, Content, NewDelivery, ReplayTimes,
    append::{COUNT, DEDUP, DELIVERIES, FIRST, Firsts, Known, TERMS},
    content::{Facts, SALTED, SEALED, Salted, Sealed, whole},
    usage,
};
use crate::{
    Store, StoreError,
    batched::{Batched, execute, fetch},
    error::again,
    pools::{read_of, write_of},
};

/// Some of an app's rejected events, oldest first.
#[derive(Debug, Default)]
pub struct RejectedPage {
    /// Without those whose content was erased.
    pub events: Vec<Content>,
    /// Where the next page begins; `None` after the last one.
    pub next: Option<EventId>,
}

/// What is known by now about an event that was rejected.
#[derive(Clone, Debug)]
pub struct Readmission {
    pub event_id: EventId,
    pub source: String,
    pub event_type: Option<String>,
    pub provider_id: Option<String>,
    /// From [`anyhook_domain::event::dedup_key`]; `None` for an event that no other can repeat.
    pub dedup_key: Option<[u8; 16]>,
    pub verification: Verification,
    pub path_rest: String,
    /// As [`super::NewEvent`] has them.
    pub terms: Vec<Term>,
    pub deliveries: Vec<NewDelivery>,
}

/// What became of a rejected event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readmitted {
    /// Accepted, counted as used, and on its way.
    Released,
    /// The same event came again and was accepted meanwhile: this one stays rejected, and says so.
    Duplicate { first: EventId },
    /// Removed, or released by somebody else.
    Gone,
}

/// An event in a page: its facts, and the length of its body in bytes.
type Row = (Uuid, Uuid, i64, String, String, String, i64, String, i64);
/// A locked event: id, tenant, app, body.
type Locked = (Uuid, Uuid, Uuid, Vec<u8>);
/// A rejected event, whether it is new, and whether its provider's id came before with another body.
type Judged<'a> = (&'a Readmission, Appended, bool);

/// Events in a page.
const PAGE: usize = 64;
/// Bytes of their bodies, unless there is only one.
const PAGE_BYTES: i64 = 4 * 1024 * 1024;

/// What the rejection of a repeat begins with, as a pattern: there is nothing to verify about those any more.
const REPEATS: &str = "the same event as evt\\_%";

/// Changes nothing; what counts is the lock.
static LOCK: Batched = Batched::new(
    "-- release rejected lock\nUPDATE events SET source = source WHERE rejection IS NOT NULL AND id IN (",
    1,
    ") RETURNING id, tenant_id, app_id, body_hash",
);
const RELEASE: &str = "-- release rejected\nUPDATE events SET rejection = NULL, source = $2, event_type = $3, \
    provider_id = $4, is_conflicting = $5, verification = $6, path_rest = $7 WHERE id = $1 AND rejection IS NOT NULL";
const REPEATED: &str = "-- release rejected repeat\nUPDATE events SET rejection = $2 \
    WHERE id = $1 AND rejection IS NOT NULL";

impl Store {
    /// An app's next rejected events after one, oldest first, without those that are known to repeat another: at most 64,
    /// with bodies of 4 MiB in all, or one that is larger.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn rejected_events(
        &self,
        tenant: TenantId,
        app: AppId,
        after: Option<EventId>,
    ) -> Result<RejectedPage, StoreError> {
        let (facts, salted, sealed, next) = read_of!(self, tenant, |conn| {
            let rows: Vec<Row> = sqlx::query_as(
                "-- rejected events\nSELECT id, tenant_id, received_at, method, path_rest, verification, key_version, \
                 traceparent, body_bytes FROM events WHERE app_id = $1 AND tenant_id = $2 AND rejection IS NOT NULL \
                 AND rejection NOT LIKE $3 ESCAPE '\\' AND id > $4 ORDER BY id LIMIT $5",
            )
            .bind(app.0)
            .bind(tenant.0)
            .bind(REPEATS)
            .bind(after.map_or(Uuid::nil(), |event| event.0))
            .bind(PAGE as i64)
            .fetch_all(&mut *conn)
            .await?;
            let (facts, next) = page(rows);
            let salted = fetch!(conn, Salted, SALTED, &facts, |row| [row.0]);
            let sealed = fetch!(conn, Sealed, SEALED, &salted, |row| [row.0]);
            (facts, salted, sealed, next)
        });
        Ok(RejectedPage { events: whole(facts, salted, sealed)?, next })
    }

    /// Accepts an app's rejected events late, in one transaction, which counts them as used in the month of `times.now`,
    /// too; answers in the order given.
    ///
    /// # Errors
    /// [`StoreError`]: then all stay as they were.
    pub async fn release_rejected(
        &self,
        tenant: TenantId,
        app: AppId,
        events: &[Readmission],
        times: ReplayTimes,
    ) -> Result<Vec<Readmitted>, StoreError> {
        again!(self.release_rejected_once(tenant, app, events, times).await)
    }

    async fn release_rejected_once(
        &self,
        tenant: TenantId,
        app: AppId,
        events: &[Readmission],
        times: ReplayTimes,
    ) -> Result<Vec<Readmitted>, StoreError> {
        let (slot, now) = (self.slot(), times.now);
        // In one order everywhere: two transactions that lock the same rows crosswise would wait for each other.
        let mut ordered: Vec<_> = events.iter().collect();
        ordered.sort_by_key(|event| event.event_id);
        ordered.dedup_by_key(|event| event.event_id);
        let fates = write_of!(self, tenant, |tx| {
            let locked = fetch!(tx, Locked, LOCK, &ordered, |it| [it.event_id.0]);
            let present = present(&ordered, locked, tenant, app);
            let keyed = keyed(&present);
            execute!(tx, DEDUP, &keyed, |(key, body_hash, event)| [app.0, key, body_hash, event.0, now.unix_ms()]);
            let known = fetch!(tx, Known, FIRST, &keyed, |(key, ..)| [app.0, key]);
            let judged = judge(present, app, &Firsts::of(known));
            for (it, appended, is_conflicting) in &judged {
                match appended {
                    Appended::Stored => {
                        sqlx::query(RELEASE)
                            .bind(it.event_id.0)
                            .bind(&it.source)
                            .bind(&it.event_type)
                            .bind(&it.provider_id)
                            .bind(is_conflicting)
                            .bind(it.verification.as_str())
                            .bind(&it.path_rest)
                            .execute(&mut *tx)
                            .await?;
                    }
                    Appended::Duplicate { first } => {
                        let says = format!("the same event as {first}");
                        sqlx::query(REPEATED).bind(it.event_id.0).bind(says).execute(&mut *tx).await?;
                    }
                }
            }
            execute!(tx, TERMS, &terms(&judged), |(event, term)| [event.0, &term[..], tenant.0]);
            execute!(tx, DELIVERIES, &deliveries(&judged), |(event, it)| [
                it.id.0,
                event.0,
                tenant.0,
                app.0,
                it.destination_id.0,
                Trigger::Initial.as_str(),
                if it.held.is_some() { State::Held.as_str() } else { State::Pending.as_str() },
                0i64,
                it.held.is_none().then(|| it.due_at.unix_ms()),
                it.held.map(HeldReason::as_str),
                true,
                now.unix_ms(),
            ]);
            for (first, n) in repeats(&judged) {
                sqlx::query(COUNT).bind(first.0).bind(n).execute(&mut *tx).await?;
            }
            let n_released = judged.iter().filter(|(_, appended, _)| *appended == Appended::Stored).count();
            if n_released > 0 {
                let added = [i64::try_from(n_released).unwrap_or(i64::MAX)];
                let month = Month::of(now).number();
                execute!(tx, usage::COUNT, &added, |n| [tenant.0, month, slot, *n]);
            }
            fates(&judged)
        });
        let fate = |event: &Readmission| fates.get(&event.event_id).copied().unwrap_or(Readmitted::Gone);
        Ok(events.iter().map(fate).collect())
    }
}

/// As many as are answered at once, and the last one when there may be more.
fn page(rows: Vec<Row>) -> (Vec<Facts>, Option<EventId>) {
    let mut n_bytes = 0;
    let is_full = rows.len() >= PAGE;
    let fits = rows.iter().enumerate().take_while(|(n, row)| {
        n_bytes += row.8;
        *n == 0 || n_bytes <= PAGE_BYTES
    });
    let n_fitting = fits.count();
    let more = is_full || n_fitting < rows.len();
    let facts: Vec<Facts> = rows
        .into_iter()
        .take(n_fitting)
        .map(|(id, tenant, at, method, path, word, version, trace, _)| {
            (id, tenant, at, method, path, word, version, trace)
        })
        .collect();
    let next = facts.last().map(|facts| EventId(facts.0)).filter(|_| more);
    (facts, next)
}

/// Those that are rejected events of this app, each with its body's hash.
fn present<'a>(
    ordered: &[&'a Readmission],
    locked: Vec<Locked>,
    tenant: TenantId,
    app: AppId,
) -> Vec<(&'a Readmission, Vec<u8>)> {
    let own = locked.into_iter().filter(|(_, of_tenant, of_app, _)| (*of_tenant, *of_app) == (tenant.0, app.0));
    let mut hashes: HashMap<_, _> = own.map(|(id, _, _, body_hash)| (id, body_hash)).collect();
    ordered.iter().filter_map(|event| Some((*event, hashes.remove(&event.event_id.0)?))).collect()
}

/// Key, body and id of those that another could repeat. In one order everywhere, as those that are appended.
fn keyed(present: &[(&Readmission, Vec<u8>)]) -> Vec<(Vec<u8>, Vec<u8>, EventId)> {
    let keyed =
        present.iter().filter_map(|(it, body_hash)| Some((it.dedup_key?.to_vec(), body_hash.clone(), it.event_id)));
    let mut keyed: Vec<_> = keyed.collect();
    keyed.sort();
    keyed
}

fn judge<'a>(present: Vec<(&'a Readmission, Vec<u8>)>, app: AppId, firsts: &Firsts) -> Vec<Judged<'a>> {
    let judged = present.into_iter().map(|(it, body_hash)| {
        let (appended, is_conflicting) = firsts.judge(it.event_id, app, it.dedup_key, &body_hash);
        (it, appended, is_conflicting)
    });
    judged.collect()
}

fn released<'a, 'b>(judged: &'b [Judged<'a>]) -> impl Iterator<Item = &'a Readmission> + use<'a, 'b> {
    judged.iter().filter(|(_, appended, _)| *appended == Appended::Stored).map(|(it, ..)| *it)
}

fn terms<'a>(judged: &[Judged<'a>]) -> Vec<(EventId, &'a Term)> {
    released(judged).flat_map(|it| it.terms.iter().map(|term| (it.event_id, term))).collect()
}

fn deliveries<'a>(judged: &[Judged<'a>]) -> Vec<(EventId, &'a NewDelivery)> {
    released(judged).flat_map(|it| it.deliveries.iter().map(|delivery| (it.event_id, delivery))).collect()
}

/// The first ids of what came again, each with how often; in order.
fn repeats(judged: &[Judged<'_>]) -> BTreeMap<EventId, i64> {
    let mut counts = BTreeMap::new();
    for (_, appended, _) in judged {
        if let Appended::Duplicate { first } = appended {
            *counts.entry(*first).or_default() += 1;
        }
    }
    counts
}

fn fates(judged: &[Judged<'_>]) -> HashMap<EventId, Readmitted> {
    let fate = |appended: &Appended| match appended {
        Appended::Stored => Readmitted::Released,
        Appended::Duplicate { first } => Readmitted::Duplicate { first: *first },
    };
    judged.iter().map(|(it, appended, _)| (it.event_id, fate(appended))).collect()
}
