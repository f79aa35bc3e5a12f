//! The statements that count, each through an index of the tenant's or of an app's.

use std::sync::LazyLock;

use anyhook_domain::{AppId, TenantId};
use sqlx::AssertSqlSafe;

use super::latency::class;
use crate::batched::Batched;

/// Whose rows a statement reads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner {
    pub(super) tenant: TenantId,
    pub(super) app: Option<AppId>,
}

const OF_TENANT: &str = "tenant_id = $1";

/// The tenant is not compared but asked about: of the two indexes, only the app's can serve.
fn of_app(last: u8) -> String {
    format!("app_id = ${last} AND (tenant_id = $1) IS TRUE")
}

/// A statement's text for the rows of a tenant, and for those of an app.
pub(super) struct ForOwners {
    of_tenant: String,
    of_app: String,
}

impl ForOwners {
    /// `OWNER` stands where the owner is compared: the tenant with `$1`, and an app with the last bind.
    fn new(text: &str, last: u8) -> Self {
        Self { of_tenant: text.replace("OWNER", OF_TENANT), of_app: text.replace("OWNER", &of_app(last)) }
    }

    /// Safe: made of texts from this crate.
    pub(super) fn text(&self, owner: Owner) -> AssertSqlSafe<&str> {
        AssertSqlSafe(if owner.app.is_some() { &self.of_app } else { &self.of_tenant })
    }
}

/// Binds: tenant, first id beyond, first id, how many, where the first step begins, the step's length; app.
pub(super) static EVENTS: LazyLock<ForOwners> = LazyLock::new(|| {
    ForOwners::new(
        "-- count events by step\nSELECT (n.received_at - $5) / $6, COUNT(*), \
         CAST(SUM(CASE WHEN n.rejection IS NULL THEN 0 ELSE 1 END) AS BIGINT) FROM \
         (SELECT received_at, rejection FROM events WHERE OWNER AND id < $2 AND id >= $3 ORDER BY id DESC LIMIT $4) n \
         GROUP BY 1",
        7,
    )
});

/// The last event of so many. Binds: tenant, first id beyond, first id, how many come before it; app.
pub(super) static OLDEST: LazyLock<ForOwners> = LazyLock::new(|| {
    ForOwners::new(
        "-- find oldest counted\nSELECT id FROM events WHERE OWNER AND id < $2 AND id >= $3 ORDER BY id DESC \
         LIMIT 1 OFFSET $4",
        5,
    )
});

/// Null of a delivery that still waits.
const WITHIN_A_STEP: &str = "(d.finished_at - $5) / $6 = (d.created_at - $5) / $6";

/// The same binds as of [`EVENTS`], before the app the id before which none of the deliveries was made, and the destination. Of a
/// delivery, its last attempt counts; the steps in which it began to wait and ended, unless they are one. Where there are
/// many, both tables are read along their keys from that id on.
pub(super) static ATTEMPTS: LazyLock<ForOwners> = LazyLock::new(|| {
    let class = class("a.duration_ms");
    let text = format!(
        "-- count attempts by step\nSELECT (n.received_at - $5) / $6, d.state, a.status_code, {class}, \
         CASE WHEN {WITHIN_A_STEP} THEN NULL ELSE (d.created_at - $5) / $6 END, \
         CASE WHEN {WITHIN_A_STEP} THEN NULL ELSE (d.finished_at - $5) / $6 END, COUNT(*) FROM \
         (SELECT id, received_at FROM events WHERE OWNER AND id < $2 AND id >= $3 ORDER BY id DESC LIMIT $4) n \
         JOIN deliveries d ON d.event_id = n.id AND d.is_current AND NOT d.is_aside AND d.id >= $7 AND (d.destination_id = $8 OR $8 IS NULL) \
         LEFT JOIN attempts a ON a.delivery_id = d.id AND a.number = d.attempts AND a.delivery_id >= $7 \
         GROUP BY 1, 2, 3, 4, 5, 6",
    );
    ForOwners::new(&text, 9)
});

/// How many events of a step are not delivered, and how many of these have failed: the worst delivery speaks for its event.
/// `state <> 'success'` is what the partial index promises.
pub(super) static UNDELIVERED: Batched = Batched::look_up(
    "-- count undelivered by step\nWITH v(owner, low, high) AS (VALUES ",
    3,
    ") SELECT s.low, COUNT(*), CAST(SUM(s.is_failed) AS BIGINT) FROM \
     (SELECT v.low, d.event_id, MAX(CASE WHEN d.state = 'failed' THEN 1 ELSE 0 END) AS is_failed FROM v \
     JOIN deliveries d ON d.tenant_id = v.owner AND d.is_current AND NOT d.is_aside AND d.state <> 'success' \
     AND d.state IN ('pending', 'held', 'failed') AND d.event_id >= v.low AND d.event_id < v.high \
     GROUP BY v.low, d.event_id) s GROUP BY s.low",
);

pub(super) static UNDELIVERED_OF_APP: Batched = Batched::look_up(
    "-- count undelivered of app by step\nWITH v(owner, tenant, low, high) AS (VALUES ",
    4,
    ") SELECT s.low, COUNT(*), CAST(SUM(s.is_failed) AS BIGINT) FROM \
     (SELECT v.low, d.event_id, MAX(CASE WHEN d.state = 'failed' THEN 1 ELSE 0 END) AS is_failed FROM v \
     JOIN deliveries d ON d.app_id = v.owner AND (d.tenant_id = v.tenant) IS TRUE AND d.is_current AND NOT d.is_aside \
     AND d.state <> 'success' AND d.state IN ('pending', 'held', 'failed') \
     AND d.event_id >= v.low AND d.event_id < v.high \
     GROUP BY v.low, d.event_id) s GROUP BY s.low",
);

/// How many wait in a state, and since when the oldest of them. Binds: tenant, destination, how many at most; app.
pub(super) fn backlog(owner: Owner, state: &str) -> AssertSqlSafe<String> {
    let owner = if owner.app.is_some() { of_app(4) } else { OF_TENANT.to_owned() };
    AssertSqlSafe(format!(
        "-- count backlog\nSELECT COUNT(*), MIN(s.created_at) FROM \
         (SELECT created_at FROM deliveries WHERE is_current AND NOT is_aside AND state <> 'success' AND {owner} \
         AND state = '{state}' AND (destination_id = $2 OR $2 IS NULL) ORDER BY event_id LIMIT $3) s"
    ))
}

/// In which step deliveries of earlier events began to wait, the first one for all before it, and ended; null: not yet. Those
/// that ended before the first are left out. Binds: tenant, destination, how many are looked at, first id beyond, where the
/// first step begins, the step's length; app.
pub(super) fn earlier(owner: Owner, state: &str) -> AssertSqlSafe<String> {
    let owner = if owner.app.is_some() { of_app(7) } else { OF_TENANT.to_owned() };
    AssertSqlSafe(format!(
        "-- count earlier\nSELECT CASE WHEN s.created_at > $5 THEN (s.created_at - $5) / $6 ELSE 0 END, \
         (s.finished_at - $5) / $6, COUNT(*) FROM \
         (SELECT created_at, finished_at, destination_id, is_aside FROM deliveries WHERE is_current AND state <> 'success' \
         AND {owner} AND state = '{state}' AND event_id < $4 ORDER BY event_id DESC LIMIT $3) s \
         WHERE NOT s.is_aside AND (s.destination_id = $2 OR $2 IS NULL) \
         AND (s.finished_at IS NULL OR s.finished_at >= $5) GROUP BY 1, 2"
    ))
}

/// The newest deliveries in a state. Binds: tenant, destination, how many at most, first id, first id beyond; app.
pub(super) fn failing(owner: Owner, state: &str) -> AssertSqlSafe<String> {
    let owner = if owner.app.is_some() { of_app(6) } else { OF_TENANT.to_owned() };
    AssertSqlSafe(format!(
        "-- find failing\nSELECT s.app_id, s.destination_id, s.id, s.attempts, s.created_at FROM \
         (SELECT app_id, destination_id, id, attempts, created_at, event_id FROM deliveries WHERE is_current AND NOT is_aside \
         AND state <> 'success' AND {owner} AND state = '{state}' AND (destination_id = $2 OR $2 IS NULL) \
         AND event_id >= $4 AND event_id < $5 ORDER BY event_id DESC LIMIT $3) s \
         WHERE s.attempts > 0 ORDER BY s.event_id DESC"
    ))
}

/// The attempts of deliveries.
pub(super) static TEXTS: Batched = Batched::look_up(
    "-- last errors\nSELECT delivery_id, number, status_code, error, url FROM attempts WHERE delivery_id IN (",
    1,
    ")",
);
