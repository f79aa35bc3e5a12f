//! An event's place in the chain.

use anyhook_domain::{
    AppId, Day, EventId, TenantId, Timestamp,
    anchor::{self, Link},
};
use sqlx::FromRow;
use uuid::Uuid;

use super::{OPEN_DAY, before, count, link};
use crate::{Store, StoreError, pools::read_of};

/// An event as the chain sees it.
#[derive(Clone, Debug)]
pub struct EventLeaf {
    pub id: EventId,
    pub app_id: AppId,
    pub received_at: Timestamp,
    pub body_hash: Link,
    pub leaf: Link,
    /// `None` until the day that holds it is sealed.
    pub folded: Option<Folded>,
    /// Otherwise, the day that will hold it; `None` if it came too late for all.
    pub waits_for: Option<Day>,
}

/// How an event is held by a sealed day.
#[derive(Clone, Debug)]
pub struct Folded {
    pub day: Day,
    /// From one, among the app's events of this day.
    pub number: u64,
    pub n_events: u64,
    /// The app's root before this day.
    pub prev_root: Option<Link>,
    /// What it was just before this event.
    pub root_before: Option<Link>,
    /// The leaves between these two; `None` when there are too many.
    pub leaves_before: Option<Vec<Link>>,
    /// The leaves behind a number, which is the event's own unless asked otherwise: as many as are given at once.
    pub leaves_after: Vec<Link>,
    pub root: Link,
    pub anchor: Link,
    pub prev_anchor: Option<Link>,
}

#[derive(FromRow)]
struct LeafRow {
    day: i64,
    number: i64,
    leaf: Vec<u8>,
    event_count: i64,
    root: Vec<u8>,
    anchor: Vec<u8>,
    prev_anchor: Vec<u8>,
}

/// App, instant, hash of the body.
type EventRow = (Uuid, i64, Vec<u8>);

const EVENT: &str =
    "-- proof event\nSELECT app_id, received_at, body_hash FROM events WHERE id = $1 AND tenant_id = $2";
const LEAF: &str = "-- proof leaf\nSELECT l.day, l.number, l.leaf, r.event_count, r.root, a.anchor, a.prev_anchor \
    FROM anchor_leaves l JOIN anchors a ON a.day = l.day AND a.anchor IS NOT NULL \
    JOIN anchor_roots r ON r.app_id = l.app_id AND r.day = l.day WHERE l.event_id = $1 AND l.tenant_id = $2";
const ROOT_BEFORE_DAY: &str = "-- proof root before day\nSELECT root FROM anchor_roots \
    WHERE app_id = $1 AND tenant_id = $2 AND day < $3 ORDER BY day DESC LIMIT 1";
const ROOT_BEFORE: &str = "-- proof root before\nSELECT root FROM anchor_leaves \
    WHERE app_id = $1 AND tenant_id = $2 AND day = $3 AND number = $4";
const LEAVES: &str = "-- proof leaves\nSELECT leaf FROM anchor_leaves \
    WHERE app_id = $1 AND tenant_id = $2 AND day = $3 AND number > $4 AND number < $5 ORDER BY number LIMIT $6";

impl Store {
    /// A tenant's event and its place in the chain, with at most so many leaves before it and as many behind it, or behind
    /// a number; `None` when the tenant has no such event.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn event_leaf(
        &self,
        tenant: TenantId,
        event: EventId,
        behind: Option<u64>,
        most: u32,
    ) -> Result<Option<EventLeaf>, StoreError> {
        let behind = behind.map(|number| i64::try_from(number).unwrap_or(i64::MAX));
        let (row, open, found) = read_of!(self, tenant, |conn| {
            let query = sqlx::query_as(EVENT).bind(event.0).bind(tenant.0);
            let row: Option<EventRow> = query.fetch_optional(&mut *conn).await?;
            let Some(row) = row else { return Ok(None) };
            let open: Option<i64> = sqlx::query_scalar(OPEN_DAY).fetch_optional(&mut *conn).await?;
            let query = sqlx::query_as(LEAF).bind(event.0).bind(tenant.0);
            let leaf: Option<LeafRow> = query.fetch_optional(&mut *conn).await?;
            let found = match leaf {
                None => None,
                Some(leaf) => {
                    let query = sqlx::query_scalar(ROOT_BEFORE_DAY).bind(row.0).bind(tenant.0).bind(leaf.day);
                    let before_day: Option<Vec<u8>> = query.fetch_optional(&mut *conn).await?;
                    let query = sqlx::query_scalar(ROOT_BEFORE).bind(row.0).bind(tenant.0).bind(leaf.day);
                    let before: Option<Vec<u8>> = query.bind(leaf.number - 1).fetch_optional(&mut *conn).await?;
                    let mut lists: [Vec<Vec<u8>>; 2] = Default::default();
                    let is_short = leaf.number <= i64::from(most);
                    let first = (0, if is_short { leaf.number } else { 0 });
                    let ranges = [first, (behind.unwrap_or(leaf.number).max(leaf.number), i64::MAX)];
                    for (list, (after, until)) in lists.iter_mut().zip(ranges) {
                        let query = sqlx::query_scalar(LEAVES).bind(row.0).bind(tenant.0).bind(leaf.day);
                        let query = query.bind(after).bind(until).bind(i64::from(most));
                        *list = query.fetch_all(&mut *conn).await?;
                    }
                    Some((leaf, before_day, before, lists))
                }
            };
            (row, open, found)
        });
        let leaf = found.as_ref().map(|(leaf, ..)| link(&leaf.leaf)).transpose()?;
        let folded = found.map(|(leaf, before_day, before, lists)| folded(leaf, before_day, before, lists));
        event_leaf(event, row, leaf, folded.transpose()?, open.map(Day::numbered)).map(Some)
    }
}

fn event_leaf(
    id: EventId,
    (app, received_at, body_hash): EventRow,
    leaf: Option<Link>,
    folded: Option<Folded>,
    open: Option<Day>,
) -> Result<EventLeaf, StoreError> {
    let (received_at, body_hash) = (Timestamp::from_unix_ms(received_at), link(&body_hash)?);
    let day = Day::of(received_at);
    let waits_for = match open {
        _ if folded.is_some() => None,
        Some(open) if day < open => super::seal::takes_late(open, day).then_some(open),
        _ => Some(day),
    };
    let leaf = leaf.unwrap_or_else(|| anchor::leaf(id, received_at, body_hash));
    Ok(EventLeaf { id, app_id: AppId(app), received_at, body_hash, leaf, folded, waits_for })
}

fn folded(
    row: LeafRow,
    before_day: Option<Vec<u8>>,
    before_leaf: Option<Vec<u8>>,
    [leaves_before, leaves_after]: [Vec<Vec<u8>>; 2],
) -> Result<Folded, StoreError> {
    let links = |list: Vec<Vec<u8>>| list.iter().map(|bytes| link(bytes)).collect::<Result<Vec<_>, _>>();
    let prev_root = before_day.as_deref().map(link).transpose()?;
    let number = count(row.number);
    Ok(Folded {
        day: Day::numbered(row.day),
        number,
        n_events: count(row.event_count),
        prev_root,
        root_before: before_leaf.as_deref().map(link).transpose()?.or(prev_root),
        leaves_before: Some(links(leaves_before)?).filter(|list| list.len() as u64 + 1 == number),
        leaves_after: links(leaves_after)?,
        root: link(&row.root)?,
        anchor: link(&row.anchor)?,
        prev_anchor: before(&row.prev_anchor)?,
    })
}
