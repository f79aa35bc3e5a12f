//! Sealing a day, in steps that each are one bounded transaction. Any number of processes may be at it: they take steps by
//! turns, and each step goes on from what the rows say.

use anyhook_domain::{
    AppId, Day, EventId, Timestamp,
    anchor::{self, Link},
};
use uuid::Uuid;

use super::{Anchor, OPEN_DAY, before, count, link};
use crate::{
    Store, StoreError,
    batched::{Batched, execute},
    error::again,
    pools::{read, write_tx},
};

/// Events that one step looks at.
const PAGE: usize = 1_000;
/// Apps that are read at once when a day is closed.
const APPS: i64 = 1_000;
/// An event that came after its day was sealed is looked for on so many days more.
const LATE_DAYS: u32 = 7;
/// 2020-01-01. Ids that claim to be older come from a clock that was wrong, and make no days.
const EARLIEST: Day = Day::numbered(18_262);

/// A day that is being sealed.
#[derive(Clone, Debug)]
pub struct Sealing {
    day: Day,
    /// The ids of events that may belong to it: its own, and those of days before it.
    ids: (Uuid, Uuid),
    at: At,
}

/// Where it is.
#[derive(Clone, Copy, Debug)]
enum At {
    /// The apps up to this one are done.
    Behind(Uuid),
    /// In the events of an app of a tenant, behind one of them.
    Within { tenant: Uuid, app: Uuid, event: Uuid },
}

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    More,
    Sealed(Anchor),
    /// By another process.
    Elsewhere,
}

/// An event: id, when it was received, the hash of its body, whether it has a leaf.
type EventRow = (Uuid, i64, Vec<u8>, bool);
/// A leaf: its number, the event, the leaf, the app's root after it.
type Leaf = (i64, Uuid, Link, Link);

static LEAVES: Batched = Batched::new(
    "-- seal leaves\nINSERT INTO anchor_leaves (app_id, day, number, event_id, tenant_id, leaf, root) VALUES ",
    7,
    "",
);
/// The app is compared as a part of the place in its index: else a page of an app that has many events might be looked for
/// in the order of the ids alone, among everybody's. The leaf is a subquery, so that it is looked up for the page only.
const EVENTS: &str = "-- seal events\nSELECT e.id, e.received_at, e.body_hash, \
    (SELECT l.number FROM anchor_leaves l WHERE l.event_id = e.id) IS NOT NULL AS has_leaf \
    FROM (SELECT id, received_at, body_hash FROM events WHERE (app_id, id) > ($1, $2) AND (app_id, id) < ($1, $3) \
    AND id > $2 AND id < $3 ORDER BY app_id, id LIMIT $4) e ORDER BY e.id";
/// Changes nothing; what counts is the lock: an open day is added to by one transaction at a time.
const LOCK: &str = "-- seal lock\nUPDATE anchors SET event_count = event_count WHERE day = $1 AND anchor IS NULL";
const LAST: &str = "-- seal last leaf\nSELECT number, event_id, root FROM anchor_leaves WHERE app_id = $1 AND day = $2 \
    ORDER BY number DESC LIMIT 1";
const ROOT_BEFORE: &str = "-- seal root before\nSELECT root FROM anchor_roots WHERE app_id = $1 AND day < $2 \
    ORDER BY day DESC LIMIT 1";
const ROOT: &str = "-- seal root\nINSERT INTO anchor_roots (app_id, day, tenant_id, root, event_count) \
    VALUES ($1, $2, $3, $4, $5) \
    ON CONFLICT (app_id, day) DO UPDATE SET root = excluded.root, event_count = excluded.event_count";

impl Store {
    /// The oldest day that was not sealed, which is begun with if there is none: the day of the first event in the log, or
    /// today. It may not be over yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_day(&self, now: Timestamp) -> Result<Day, StoreError> {
        loop {
            let (open, oldest): (Option<i64>, Option<Uuid>) = read!(self, |conn| (
                sqlx::query_scalar(OPEN_DAY).fetch_optional(&mut *conn).await?,
                sqlx::query_scalar("-- seal oldest\nSELECT id FROM events ORDER BY id LIMIT 1")
                    .fetch_optional(&mut *conn)
                    .await?
            ));
            if let Some(day) = open {
                return Ok(Day::numbered(day));
            }
            self.begin_chain(first_day(oldest, now)).await?;
        }
    }

    /// Whoever comes second finds that the chain has begun.
    async fn begin_chain(&self, day: Day) -> Result<(), StoreError> {
        write_tx!(self, |tx| {
            sqlx::query(
                "-- seal begin\nINSERT INTO anchors (day, prev_anchor, app_count, event_count) VALUES ($1, $2, 0, 0) \
                 ON CONFLICT DO NOTHING",
            )
            .bind(day.number())
            .bind(&b""[..])
            .execute(&mut *tx)
            .await?;
        });
        Ok(())
    }

    /// Begins to seal the open day, if it ended long enough ago; or goes on with it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn begin_sealing(&self, now: Timestamp) -> Result<Option<Sealing>, StoreError> {
        let day = self.open_day(now).await?;
        if now < anchor::sealed_from(day) {
            return Ok(None);
        }
        let prev: Option<Vec<u8>> = read!(self, |conn| {
            sqlx::query_scalar("-- seal prev\nSELECT prev_anchor FROM anchors WHERE day = $1")
                .bind(day.number())
                .fetch_optional(conn)
                .await?
        });
        let is_first = prev.is_some_and(|prev| prev.is_empty());
        let from = if is_first { Uuid::nil() } else { day.before(LATE_DAYS).ids().0 };
        Ok(Some(Sealing { day, ids: (from, day.ids().1), at: At::Behind(Uuid::nil()) }))
    }

    /// Takes the next step of a sealing.
    ///
    /// # Errors
    /// [`StoreError`]: the same step can be taken again.
    pub async fn seal(&self, sealing: &mut Sealing, now: Timestamp) -> Result<Step, StoreError> {
        match sealing.at {
            At::Behind(app) => match self.app_with_events(app, sealing.ids).await? {
                Some((app, tenant)) => {
                    sealing.at = At::Within { tenant, app, event: sealing.ids.0 };
                    Ok(Step::More)
                }
                None => again!(self.close_day_once(sealing.day, now).await),
            },
            At::Within { tenant, app, event } => {
                let page = self.page(app, (event, sealing.ids.1)).await?;
                let next = page.last().map(|row| row.0).filter(|_| page.len() >= PAGE);
                let new: Vec<_> = page.into_iter().filter(|row| !row.3).collect();
                if !new.is_empty() && !again!(self.add_leaves_once(sealing.day, (tenant, app), &new).await)? {
                    return Ok(Step::Elsewhere);
                }
                sealing.at = next.map_or(At::Behind(app), |event| At::Within { tenant, app, event });
                Ok(Step::More)
            }
        }
    }

    /// The next app that has events in a range, with its tenant.
    async fn app_with_events(&self, after: Uuid, ids: (Uuid, Uuid)) -> Result<Option<(Uuid, Uuid)>, StoreError> {
        Ok(read!(self, |conn| {
            sqlx::query_as(
                "-- seal app\nSELECT app_id, tenant_id FROM events WHERE app_id > $1 AND id >= $2 AND id < $3 \
                 ORDER BY app_id, id LIMIT 1",
            )
            .bind(after)
            .bind(ids.0)
            .bind(ids.1)
            .fetch_optional(conn)
            .await?
        }))
    }

    async fn page(&self, app: Uuid, ids: (Uuid, Uuid)) -> Result<Vec<EventRow>, StoreError> {
        Ok(read!(self, |conn| {
            sqlx::query_as(EVENTS).bind(app).bind(ids.0).bind(ids.1).bind(PAGE as i64).fetch_all(conn).await?
        }))
    }

    /// Adds an app's events to an open day; `false` when it is open no more.
    async fn add_leaves_once(
        &self,
        day: Day,
        (tenant, app): (Uuid, Uuid),
        events: &[EventRow],
    ) -> Result<bool, StoreError> {
        write_tx!(self, |tx| {
            let locked = sqlx::query(LOCK).bind(day.number()).execute(&mut *tx).await?;
            if locked.rows_affected() == 0 {
                return Ok(false);
            }
            let last: Option<(i64, Uuid, Vec<u8>)> =
                sqlx::query_as(LAST).bind(app).bind(day.number()).fetch_optional(&mut *tx).await?;
            let root: Option<Vec<u8>> = match &last {
                Some((.., root)) => Some(root.clone()),
                None => sqlx::query_scalar(ROOT_BEFORE).bind(app).bind(day.number()).fetch_optional(&mut *tx).await?,
            };
            let (number, event) = last.map_or((0, Uuid::nil()), |(number, event, _)| (number, event));
            let root = root.as_deref().map(link).transpose()?;
            let leaves = fold(number, root, events.iter().filter(|row| row.0 > event))?;
            execute!(tx, LEAVES, &leaves, |(number, event, leaf, root)| [
                app,
                day.number(),
                *number,
                *event,
                tenant,
                &leaf.0[..],
                &root.0[..],
            ]);
            if let Some((number, .., root)) = leaves.last() {
                sqlx::query(ROOT)
                    .bind(app)
                    .bind(day.number())
                    .bind(tenant)
                    .bind(&root.0[..])
                    .bind(number)
                    .execute(&mut *tx)
                    .await?;
            }
        });
        Ok(true)
    }

    /// Seals the day, and opens the next one.
    async fn close_day_once(&self, day: Day, now: Timestamp) -> Result<Step, StoreError> {
        Ok(Step::Sealed(write_tx!(self, |tx| {
            let locked = "-- seal close lock\nUPDATE anchors SET event_count = event_count \
                          WHERE day = $1 AND anchor IS NULL RETURNING prev_anchor";
            let prev: Option<Vec<u8>> = sqlx::query_scalar(locked).bind(day.number()).fetch_optional(&mut *tx).await?;
            let Some(prev) = prev else { return Ok(Step::Elsewhere) };
            let mut closing = Closing::of(day, before(&prev)?, now);
            loop {
                let roots: Vec<(Uuid, Vec<u8>, i64)> = sqlx::query_as(
                    "-- seal roots\nSELECT app_id, root, event_count FROM anchor_roots \
                     WHERE day = $1 AND app_id > $2 ORDER BY app_id LIMIT $3",
                )
                .bind(day.number())
                .bind(closing.app.0)
                .bind(APPS)
                .fetch_all(&mut *tx)
                .await?;
                if roots.is_empty() {
                    break;
                }
                closing.add(roots)?;
            }
            let sealed = closing.anchor;
            sqlx::query(
                "-- seal day\nUPDATE anchors SET anchor = $2, app_count = $3, event_count = $4, sealed_at = $5 \
                 WHERE day = $1",
            )
            .bind(day.number())
            .bind(&sealed.anchor.0[..])
            .bind(i64::try_from(sealed.n_apps).unwrap_or(i64::MAX))
            .bind(i64::try_from(sealed.n_events).unwrap_or(i64::MAX))
            .bind(now.unix_ms())
            .execute(&mut *tx)
            .await?;
            sqlx::query(
                "-- seal open next\nINSERT INTO anchors (day, prev_anchor, app_count, event_count) VALUES ($1, $2, 0, 0)",
            )
            .bind(day.after(1).number())
            .bind(&sealed.anchor.0[..])
            .execute(&mut *tx)
            .await?;
            sealed
        })))
    }
}

impl Sealing {
    #[must_use]
    pub const fn day(&self) -> Day {
        self.day
    }
}

/// A day's anchor while apps are added to it.
struct Closing {
    anchor: Anchor,
    /// The last one that was added.
    app: AppId,
}

impl Closing {
    fn of(day: Day, prev_anchor: Option<Link>, now: Timestamp) -> Self {
        let anchor = anchor::begin(prev_anchor, day);
        let anchor = Anchor { day, anchor, prev_anchor, n_apps: 0, n_events: 0, sealed_at: now };
        Self { anchor, app: AppId(Uuid::nil()) }
    }

    fn add(&mut self, roots: Vec<(Uuid, Vec<u8>, i64)>) -> Result<(), StoreError> {
        for (app, root, n_events) in roots {
            self.app = AppId(app);
            self.anchor.anchor = anchor::add_app(self.anchor.anchor, self.app, link(&root)?);
            self.anchor.n_apps += 1;
            self.anchor.n_events += count(n_events);
        }
        Ok(())
    }
}

/// The leaves of events, numbered on, each with the app's root after it.
fn fold<'a>(
    mut number: i64,
    mut root: Option<Link>,
    events: impl Iterator<Item = &'a EventRow>,
) -> Result<Vec<Leaf>, StoreError> {
    let mut leaves = Vec::new();
    for (id, received_at, body_hash, _) in events {
        let leaf = anchor::leaf(EventId(*id), Timestamp::from_unix_ms(*received_at), link(body_hash)?);
        let after = anchor::add_leaf(root, leaf);
        (number, root) = (number + 1, Some(after));
        leaves.push((number, *id, leaf, after));
    }
    Ok(leaves)
}

/// Whether the open day takes events of a day before it.
pub(super) fn takes_late(open: Day, day: Day) -> bool {
    open.before(LATE_DAYS) <= day
}

/// An id begins with the instant at which its event was received.
fn first_day(oldest: Option<Uuid>, now: Timestamp) -> Day {
    let today = Day::of(now);
    let oldest = oldest.map(|id| i64::try_from(id.as_u128() >> 80).unwrap_or(i64::MAX));
    oldest.map_or(today, |ms| Day::of(Timestamp::from_unix_ms(ms)).max(EARLIEST).min(today))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_begins_with_the_oldest_event_or_today() {
        let now = Timestamp::from_unix_ms(1_750_000_000_000);
        let id = |at| EventId::new(Timestamp::from_unix_ms(at), [1; 10]).0;
        let first = |oldest| first_day(oldest, now).to_string();
        assert_eq!(first(None), "2025-06-15");
        assert_eq!(first(Some(id(1_749_000_000_000))), "2025-06-04");
        assert_eq!(first(Some(id(1_760_000_000_000))), "2025-06-15", "made by a clock that is fast");
        assert_eq!(first(Some(id(0))), "2020-01-01", "made by a clock that was never set");
    }
}
