//! Forgetting: an event's content is erased, while the event itself stays on record.

use anyhook_domain::{ApiKeyId, EventId, TenantId, Timestamp, UserId};
use uuid::Uuid;

use crate::{
    Store, StoreError,
    batched::{Batched, execute},
    error::again,
    pools::write_of,
};

/// A wish to erase an event's content, and whose it is.
#[derive(Clone, Copy, Debug)]
pub struct Forget {
    pub tenant: TenantId,
    pub event: EventId,
    /// Of the entry in the audit log.
    pub audit_id: Uuid,
    pub user: Option<UserId>,
    pub api_key: Option<ApiKeyId>,
    pub now: Timestamp,
}

/// What a forgotten event's row says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forgotten {
    /// It had been forgotten before: nothing was changed.
    pub is_repeat: bool,
    /// Deliveries that were still to be made, and have ended.
    pub n_ended: u64,
}

/// What their owner reads.
const WHY: &str = "the event was forgotten before this delivery was made";

/// Whoever makes deliveries holds the event's row, too: they are ended here, or come later, and find nothing to send.
const LOCK: &str = "-- forget lock\nUPDATE events SET source = source WHERE id = $1 AND tenant_id = $2 RETURNING id";
const ERASE: &str = "-- forget content\nDELETE FROM event_contents WHERE event_id = $1";
/// What it was found by says something of its content.
const TERMS: &str = "-- forget terms\nDELETE FROM event_terms WHERE event_id = $1";
/// A list of ids names the days' partitions that are looked into.
const DELIVERIES: &str = "-- forget which deliveries\nSELECT id FROM deliveries WHERE event_id = $1 ORDER BY id";
/// Answers are sealed under the event's key, and worth nothing without it.
static ANSWERS: Batched = Batched::new(
    "-- forget answers\nUPDATE attempts SET sealed_answer = NULL WHERE sealed_answer IS NOT NULL AND delivery_id IN (",
    1,
    ")",
);
/// One that runs is left to its worker: its next attempt finds nothing to send.
const END: &str = "-- forget deliveries\nUPDATE deliveries SET state = 'failed', attempts = attempts + 1, \
                   held_reason = NULL, due_at = NULL, finished_at = $2 WHERE event_id = $1 \
                   AND state IN ('pending', 'held') AND lease_id IS NULL RETURNING id, attempts";
static RECORD: Batched = Batched::new(
    "-- forget record\nINSERT INTO attempts (delivery_id, number, event_id, started_at, duration_ms, outcome, error, \
     url, answer_truncated) VALUES ",
    9,
    "",
);
const AUDIT: &str = "-- forget audit\nINSERT INTO audit_log (id, tenant_id, user_id, api_key_id, action, subject, at) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7)";

impl Store {
    /// Destroys an event's key and content, ends its deliveries that nobody is making just now, and writes down who wanted
    /// that, in one transaction. `None` when the tenant has no such event.
    ///
    /// # Errors
    /// [`StoreError`]: then nothing is forgotten.
    pub async fn forget_event(&self, forget: &Forget) -> Result<Option<Forgotten>, StoreError> {
        again!(self.forget_event_once(forget).await)
    }

    async fn forget_event_once(&self, forget: &Forget) -> Result<Option<Forgotten>, StoreError> {
        let (event, now) = (forget.event.0, forget.now.unix_ms());
        Ok(write_of!(self, forget.tenant, |tx| {
            let lock = sqlx::query_scalar::<_, Uuid>(LOCK).bind(event).bind(forget.tenant.0);
            if lock.fetch_optional(&mut *tx).await?.is_none() {
                return Ok(None);
            }
            let key = sqlx::query("-- forget key\nDELETE FROM event_keys WHERE event_id = $1").bind(event);
            if key.execute(&mut *tx).await?.rows_affected() == 0 {
                return Ok(Some(Forgotten { is_repeat: true, n_ended: 0 }));
            }
            for erase in [ERASE, TERMS] {
                sqlx::query(erase).bind(event).execute(&mut *tx).await?;
            }
            let deliveries: Vec<Uuid> = sqlx::query_scalar(DELIVERIES).bind(event).fetch_all(&mut *tx).await?;
            execute!(tx, ANSWERS, &deliveries, |id| [*id]);
            let ended: Vec<(Uuid, i64)> = sqlx::query_as(END).bind(event).bind(now).fetch_all(&mut *tx).await?;
            execute!(tx, RECORD, &ended, |(id, number)| [*id, *number, event, now, 0i64, "not_sent", WHY, "", false]);
            sqlx::query(AUDIT)
                .bind(forget.audit_id)
                .bind(forget.tenant.0)
                .bind(forget.user.map(|user| user.0))
                .bind(forget.api_key.map(|key| key.0))
                .bind("event.forgotten")
                .bind(forget.event.to_string())
                .bind(now)
                .execute(&mut *tx)
                .await?;
            Some(Forgotten { is_repeat: false, n_ended: ended.len() as u64 })
        }))
    }
}
