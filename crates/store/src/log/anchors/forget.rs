//! Removing the leaves of days that an app has no event left of.

use anyhook_domain::AppId;
use uuid::Uuid;

use crate::{
    Store, StoreError,
    pools::{read, write_tx},
};

/// Leaves that are removed in one transaction.
const MOST: i64 = 1_000;

/// A leaf: app, day, number, event.
type LeafRow = (Uuid, i64, i64, Uuid);

const OLDEST: &str = "-- forget leaves oldest\nSELECT app_id, day, number, event_id FROM anchor_leaves WHERE app_id > $1 \
    ORDER BY app_id, day, number LIMIT 1";
const NEWEST: &str = "-- forget leaves newest\nSELECT event_id FROM anchor_leaves WHERE app_id = $1 AND day = $2 \
    ORDER BY number DESC LIMIT 1";
/// Late events are of days before, which may make the range longer than a day: then leaves stay a little longer. The app is
/// compared as a part of the place in its index, so that no other app's events are read.
const IS_KEPT: &str = "-- forget leaves kept\nSELECT EXISTS (SELECT 1 FROM anchors WHERE day = $2 AND anchor IS NULL) \
    OR (SELECT id FROM events WHERE (app_id, id) >= ($1, $3) AND (app_id, id) <= ($1, $4) AND id >= $3 AND id <= $4 \
    ORDER BY app_id, id LIMIT 1) IS NOT NULL";

impl Store {
    /// Looks at the oldest day of the next app after one that has leaves, and removes some of them if no event is left
    /// there. Answers after which app to go on; `None` at the end. Roots and anchors stay for ever.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_leaves(&self, after: Option<AppId>) -> Result<Option<AppId>, StoreError> {
        let after = after.map_or(Uuid::nil(), |app| app.0);
        let (oldest, is_kept): (LeafRow, bool) = read!(self, |conn| {
            let oldest: Option<LeafRow> = sqlx::query_as(OLDEST).bind(after).fetch_optional(&mut *conn).await?;
            let Some(oldest) = oldest else { return Ok(None) };
            let newest: Option<Uuid> =
                sqlx::query_scalar(NEWEST).bind(oldest.0).bind(oldest.1).fetch_optional(&mut *conn).await?;
            let is_kept: bool = sqlx::query_scalar(IS_KEPT)
                .bind(oldest.0)
                .bind(oldest.1)
                .bind(oldest.3)
                .bind(newest.unwrap_or(oldest.3))
                .fetch_one(&mut *conn)
                .await?;
            (oldest, is_kept)
        });
        let (app, day, number, _) = oldest;
        if is_kept {
            return Ok(Some(AppId(app)));
        }
        write_tx!(self, |tx| {
            sqlx::query("-- forget leaves\nDELETE FROM anchor_leaves WHERE app_id = $1 AND day = $2 AND number < $3")
                .bind(app)
                .bind(day)
                .bind(number.saturating_add(MOST))
                .execute(&mut *tx)
                .await?;
        });
        // There may be more of this app.
        Ok(Some(AppId(after)))
    }
}
