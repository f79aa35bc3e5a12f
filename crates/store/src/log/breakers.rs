//! The circuit breakers that are open, or were until a moment ago: all processes act on the same rows.

use anyhook_domain::{DestinationId, TenantId, Timestamp, breaker::Breaker};
use uuid::Uuid;

use super::small;
use crate::{
    Store, StoreError,
    batched::Batched,
    pools::{read, read_of, write_tx},
};

type Row = (Uuid, i64, i64, i64, Option<i64>, Option<i64>);

/// An open one keeps its tries, whoever finds it broken once more. Nothing is written where there is no destination.
const OPEN: &str = "-- open breaker\nINSERT INTO destination_breakers (destination_id, tenant_id, opened_at, n_failed, \
     try_at) SELECT id, tenant_id, $2, 0, $3 FROM destinations WHERE id = $1 \
     ON CONFLICT (destination_id) DO UPDATE SET opened_at = excluded.opened_at, n_failed = 0, \
     try_at = excluded.try_at, trying_until = NULL, closed_at = NULL \
     WHERE destination_breakers.closed_at IS NOT NULL";
const TAKE_TRY: &str = "-- take try\nUPDATE destination_breakers SET try_at = $2, trying_until = $3 WHERE destination_id = $1 \
     AND closed_at IS NULL AND try_at <= $2 AND (trying_until IS NULL OR trying_until <= $2)";
/// A wish to try soon that came while the try ran is kept.
const FAIL_TRY: &str = "-- fail try\nUPDATE destination_breakers SET n_failed = $2, trying_until = NULL, \
     try_at = CASE WHEN try_at = 0 THEN 0 ELSE $3 END WHERE destination_id = $1 AND closed_at IS NULL";
const GIVE_BACK: &str = "-- give back try\nUPDATE destination_breakers SET trying_until = NULL \
     WHERE destination_id = $1 AND closed_at IS NULL";
const CLOSE: &str = "-- close breaker\nUPDATE destination_breakers SET closed_at = $2, trying_until = NULL \
     WHERE destination_id = $1 AND closed_at IS NULL";

/// Destinations whose breakers are tried without further waiting: somebody changed something, and looks.
pub(crate) static TRY_SOON: Batched = Batched::new(
    "-- try soon\nUPDATE destination_breakers SET try_at = 0 WHERE closed_at IS NULL AND destination_id IN (VALUES ",
    1,
    ")",
);

impl Store {
    /// All breakers that are open, or closed so lately that their rows are still there.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn breakers(&self) -> Result<Vec<(DestinationId, Breaker)>, StoreError> {
        let rows: Vec<Row> = read!(self, |conn| {
            sqlx::query_as(
                "-- breakers\nSELECT destination_id, opened_at, n_failed, try_at, trying_until, closed_at \
                 FROM destination_breakers",
            )
            .fetch_all(conn)
            .await?
        });
        Ok(rows.into_iter().map(breaker).collect())
    }

    /// Those of a tenant's destinations; longest open first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn breakers_of(&self, tenant: TenantId) -> Result<Vec<(DestinationId, Breaker)>, StoreError> {
        let rows: Vec<Row> = read_of!(self, tenant, |conn| {
            sqlx::query_as(
                "-- breakers of tenant\nSELECT destination_id, opened_at, n_failed, try_at, trying_until, closed_at \
                 FROM destination_breakers WHERE tenant_id = $1 ORDER BY opened_at, destination_id",
            )
            .bind(tenant.0)
            .fetch_all(&mut *conn)
            .await?
        });
        Ok(rows.into_iter().map(breaker).collect())
    }

    /// Writes down that a breaker is open; whether it was not before, and there is such a destination.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_breaker(&self, destination: DestinationId, opened: &Breaker) -> Result<bool, StoreError> {
        let bind = [opened.opened_at.unix_ms(), opened.try_at.unix_ms()];
        Ok(write_tx!(self, |tx| {
            let opened = sqlx::query(OPEN).bind(destination.0).bind(bind[0]).bind(bind[1]);
            opened.execute(&mut *tx).await?.rows_affected() > 0
        }))
    }

    /// Takes hold of the next try of an open breaker until an instant, if it is time for it; one at most does.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take_try(
        &self,
        destination: DestinationId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(write_tx!(self, |tx| {
            let taken = sqlx::query(TAKE_TRY).bind(destination.0).bind(now.unix_ms()).bind(until.unix_ms());
            taken.execute(&mut *tx).await?.rows_affected() > 0
        }))
    }

    /// Writes down what a try has come to: the breaker is closed, or open for longer.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end_try(&self, destination: DestinationId, breaker: &Breaker) -> Result<(), StoreError> {
        write_tx!(self, |tx| {
            match breaker.closed_at {
                Some(closed_at) => sqlx::query(CLOSE).bind(destination.0).bind(closed_at.unix_ms()),
                None => {
                    let failed = sqlx::query(FAIL_TRY).bind(destination.0).bind(i64::from(breaker.n_failed));
                    failed.bind(breaker.try_at.unix_ms())
                }
            }
            .execute(&mut *tx)
            .await?;
        });
        Ok(())
    }

    /// Gives a try back that was not made: somebody else may make it at once.
    ///
    /// # Errors
    /// [`StoreError`]: then it waits until its time has run out.
    pub async fn give_back_try(&self, destination: DestinationId) -> Result<(), StoreError> {
        write_tx!(self, |tx| {
            sqlx::query(GIVE_BACK).bind(destination.0).execute(&mut *tx).await?;
        });
        Ok(())
    }

    /// Forgets the breakers that were closed before an instant.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_breakers(&self, closed_before: Timestamp) -> Result<(), StoreError> {
        write_tx!(self, |tx| {
            sqlx::query("-- forget breakers\nDELETE FROM destination_breakers WHERE closed_at < $1")
                .bind(closed_before.unix_ms())
                .execute(&mut *tx)
                .await?;
        });
        Ok(())
    }
}

fn breaker((id, opened_at, n_failed, try_at, trying_until, closed_at): Row) -> (DestinationId, Breaker) {
    let breaker = Breaker {
        opened_at: Timestamp::from_unix_ms(opened_at),
        n_failed: small(n_failed),
        try_at: Timestamp::from_unix_ms(try_at),
        trying_until: trying_until.map(Timestamp::from_unix_ms),
        closed_at: closed_at.map(Timestamp::from_unix_ms),
    };
    (DestinationId(id), breaker)
}
