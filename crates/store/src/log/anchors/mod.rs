//! Anchors: the chain over each day's events. `seal` adds to it, `proof` shows an event's place in it, `forget` removes
//! what nothing can be proved with any more.

mod forget;
mod proof;
mod seal;

pub use proof::{EventLeaf, Folded};
pub use seal::{Sealing, Step};

use anyhook_domain::{
    AppId, Day, Timestamp,
    anchor::{self, Link},
};
use sqlx::FromRow;
use uuid::Uuid;

use super::unknown_word;
use crate::{Store, StoreError, pools::read};

/// A day that was sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    pub day: Day,
    pub anchor: Link,
    /// The day's before; `None` for the first one.
    pub prev_anchor: Option<Link>,
    /// Apps that have events on this day.
    pub n_apps: u64,
    pub n_events: u64,
    pub sealed_at: Timestamp,
}

/// An app's part in a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppRoot {
    pub app_id: AppId,
    pub root: Link,
    pub n_events: u64,
}

#[derive(FromRow)]
struct AnchorRow {
    day: i64,
    prev_anchor: Vec<u8>,
    anchor: Vec<u8>,
    app_count: i64,
    event_count: i64,
    sealed_at: i64,
}

/// The newest day, sealed or not.
const OPEN_DAY: &str = "-- anchors open day\nSELECT day FROM anchors ORDER BY day DESC LIMIT 1";

impl Store {
    /// The sealed days before one, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn anchors(&self, before: Option<Day>, most: u32) -> Result<Vec<Anchor>, StoreError> {
        let rows: Vec<AnchorRow> = read!(self, |conn| {
            sqlx::query_as(
                "-- anchors\nSELECT day, prev_anchor, anchor, app_count, event_count, sealed_at FROM anchors \
                 WHERE anchor IS NOT NULL AND day < $1 ORDER BY day DESC LIMIT $2",
            )
            .bind(before.map_or(i64::MAX, Day::number))
            .bind(i64::from(most))
            .fetch_all(conn)
            .await?
        });
        rows.into_iter().map(AnchorRow::read).collect()
    }

    /// One day; `None` while it is not sealed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn anchor_of(&self, day: Day) -> Result<Option<Anchor>, StoreError> {
        let newest = self.anchors(Some(day.after(1)), 1).await?;
        Ok(newest.into_iter().find(|anchor| anchor.day == day))
    }

    /// The apps that have events on a sealed day, after one, in the order of their ids.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn anchor_roots(&self, day: Day, after: Option<AppId>, most: u32) -> Result<Vec<AppRoot>, StoreError> {
        let rows: Vec<(Uuid, Vec<u8>, i64)> = read!(self, |conn| {
            sqlx::query_as(
                "-- anchor roots\nSELECT app_id, root, event_count FROM anchor_roots WHERE day = $1 AND app_id > $2 \
                 ORDER BY app_id LIMIT $3",
            )
            .bind(day.number())
            .bind(after.map_or(Uuid::nil(), |app| app.0))
            .bind(i64::from(most))
            .fetch_all(conn)
            .await?
        });
        let root = |(app, root, n): (Uuid, Vec<u8>, i64)| {
            Ok(AppRoot { app_id: AppId(app), root: link(&root)?, n_events: count(n) })
        };
        rows.into_iter().map(root).collect()
    }

    /// Whether every day that should be sealed by now is. Until then nothing is to be removed: the day would lack it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn is_sealed_up(&self, now: Timestamp) -> Result<bool, StoreError> {
        let open: Option<i64> = read!(self, |conn| sqlx::query_scalar(OPEN_DAY).fetch_optional(conn).await?);
        Ok(open.is_some_and(|day| now < anchor::sealed_from(Day::numbered(day))))
    }
}

impl AnchorRow {
    fn read(self) -> Result<Anchor, StoreError> {
        Ok(Anchor {
            day: Day::numbered(self.day),
            anchor: link(&self.anchor)?,
            prev_anchor: before(&self.prev_anchor)?,
            n_apps: count(self.app_count),
            n_events: count(self.event_count),
            sealed_at: Timestamp::from_unix_ms(self.sealed_at),
        })
    }
}

fn link(bytes: &[u8]) -> Result<Link, StoreError> {
    Link::try_from(bytes).map_err(|_| unknown_word("a hash", "not 32 bytes"))
}

/// What stands before the first one is empty.
fn before(bytes: &[u8]) -> Result<Option<Link>, StoreError> {
    if bytes.is_empty() { Ok(None) } else { link(bytes).map(Some) }
}

fn count(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}
