//! Rotating a destination's signing secret.

use anyhook_domain::{AppId, DestinationId, TenantId, Timestamp};

use super::{
    audit::{AuditEntry, insert_audits},
    destinations::{DestinationRow, destination_columns},
};
use crate::{Store, StoreError, pools::write_of};

/// A new signing secret, and until when the present one signs too.
pub struct NewSecret<'a> {
    pub sealed: &'a [u8],
    pub key_version: i64,
    pub hint: &'a str,
    pub former_until: Timestamp,
    /// Whether a former secret that still signs may be forgotten for it.
    pub may_displace: bool,
}

/// What became of a rotation.
pub enum RotateSecret {
    Done(Box<DestinationRow>),
    /// A former secret signs until then, and was not to be displaced.
    Running {
        until: Timestamp,
    },
    NotFound,
}

/// Changes nothing; on PostgreSQL it makes whoever else changes this destination wait. Gives the instant until which
/// its former secret signs.
macro_rules! lock_destination {
    ($tx:ident, $tenant:expr, $app:expr, $id:expr) => {
        sqlx::query_scalar::<_, Option<i64>>(
            "-- lock_destination
             UPDATE destinations SET url = url WHERE tenant_id = $1 AND app_id = $2 AND id = $3 RETURNING former_until",
        )
        .bind($tenant.0)
        .bind($app.0)
        .bind($id.0)
        .fetch_optional(&mut *$tx)
        .await?
    };
}

/// An overlap of nothing leaves nothing behind.
macro_rules! rotate_secret {
    ($tx:ident, $id:expr, $new:expr, $now:expr) => {{
        let former_until = Some($new.former_until).filter(|until| *until > $now);
        sqlx::query_as::<_, DestinationRow>(concat!(
            "-- rotate_secret
             UPDATE destinations SET former_sealed_secret = CASE WHEN $2 THEN sealed_secret END,
                 former_key_version = CASE WHEN $2 THEN key_version END, former_until = $3,
                 sealed_secret = $4, key_version = $5, secret_hint = $6
             WHERE id = $1
             RETURNING ",
            destination_columns!()
        ))
        .bind($id.0)
        .bind(former_until.is_some())
        .bind(former_until.map(Timestamp::unix_ms))
        .bind($new.sealed)
        .bind($new.key_version)
        .bind($new.hint)
        .fetch_one(&mut *$tx)
        .await?
    }};
}

impl Store {
    /// Makes the secret a former one, puts a new one in its place, and writes that down.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn rotate_secret(
        &self,
        (tenant, app, id): (TenantId, AppId, DestinationId),
        new: &NewSecret<'_>,
        now: Timestamp,
        records: &[AuditEntry<'_>],
    ) -> Result<RotateSecret, StoreError> {
        Ok(write_of!(self, tenant, |tx| {
            let Some(former_until) = lock_destination!(tx, tenant, app, id) else { return Ok(RotateSecret::NotFound) };
            let running = former_until.map(Timestamp::from_unix_ms).filter(|until| *until > now && !new.may_displace);
            if let Some(until) = running {
                return Ok(RotateSecret::Running { until });
            }
            insert_audits!(tx, records);
            RotateSecret::Done(Box::new(rotate_secret!(tx, id, new, now)))
        }))
    }
}
