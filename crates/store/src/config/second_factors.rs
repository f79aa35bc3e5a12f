//! Second factors: of what an authenticator makes codes, which of them was taken last, and what is taken in their place.

use anyhook_domain::{SessionId, Timestamp, UserId};

use super::{
    audit::{AuditEntry, insert_audit},
    mails::{NewMail, insert_mail},
};
use crate::{
    Store, StoreError,
    pools::{read, write_tx},
};

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct SecondFactorRow {
    pub sealed_secret: Vec<u8>,
    /// Of the master key.
    pub key_version: i64,
    /// From then on it is asked for.
    pub confirmed_at: Option<i64>,
}

#[derive(Debug)]
pub struct NewSecondFactor<'a> {
    pub user: UserId,
    pub sealed_secret: &'a [u8],
    pub key_version: i64,
    pub at: Timestamp,
}

/// The first code that a user showed, and what that brings about.
#[derive(Debug)]
pub struct ConfirmSecondFactor<'a> {
    pub user: UserId,
    /// Whose code it was: another one may have taken its place.
    pub sealed_secret: &'a [u8],
    pub step: i64,
    pub recovery_codes: &'a [[u8; 32]],
    /// The session that goes on.
    pub kept: SessionId,
    pub at: Timestamp,
}

/// Whether the user is asked for a code. After the user's row was locked, that stays so until the transaction is over.
macro_rules! has_second_factor {
    ($tx:ident, $user:expr) => {
        sqlx::query_scalar::<_, i64>(
            "-- has_second_factor
             SELECT COUNT(*) FROM second_factors WHERE user_id = $1 AND confirmed_at IS NOT NULL",
        )
        .bind($user.0)
        .fetch_one(&mut *$tx)
        .await?
            > 0
    };
}

/// Changes nothing; on PostgreSQL it makes whoever else changes what the user signs in with wait.
macro_rules! lock_user {
    ($tx:ident, $user:expr) => {
        sqlx::query("-- lock_user\nUPDATE users SET email = email WHERE id = $1")
            .bind($user.0)
            .execute(&mut *$tx)
            .await?
    };
}

macro_rules! confirm {
    ($tx:ident, $new:expr) => {
        sqlx::query(
            "-- confirm_second_factor
             UPDATE second_factors SET confirmed_at = $3, last_step = $4
             WHERE user_id = $1 AND sealed_secret = $2 AND confirmed_at IS NULL",
        )
        .bind($new.user.0)
        .bind($new.sealed_secret)
        .bind($new.at.unix_ms())
        .bind($new.step)
        .execute(&mut *$tx)
        .await?
        .rows_affected()
    };
}

pub(super) use {has_second_factor, lock_user};

impl Store {
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn second_factor(&self, user: UserId) -> Result<Option<SecondFactorRow>, StoreError> {
        Ok(read!(self, |conn| {
            sqlx::query_as(
                "-- second_factor
                 SELECT sealed_secret, key_version, confirmed_at FROM second_factors WHERE user_id = $1",
            )
            .bind(user.0)
            .fetch_optional(&mut *conn)
            .await?
        }))
    }

    /// How many recovery codes a user has left.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn n_recovery_codes(&self, user: UserId) -> Result<i64, StoreError> {
        Ok(read!(self, |conn| {
            sqlx::query_scalar("-- n_recovery_codes\nSELECT COUNT(*) FROM recovery_codes WHERE user_id = $1")
                .bind(user.0)
                .fetch_one(&mut *conn)
                .await?
        }))
    }

    /// Keeps a secret that is yet to be confirmed, in the place of a former one such; `false` when one is confirmed.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn begin_second_factor(&self, new: &NewSecondFactor<'_>) -> Result<bool, StoreError> {
        let n_kept = write_tx!(self, |tx| {
            sqlx::query(
                "-- begin_second_factor
                 INSERT INTO second_factors (user_id, sealed_secret, key_version, created_at, last_step)
                 VALUES ($1, $2, $3, $4, 0)
                 ON CONFLICT (user_id) DO UPDATE SET sealed_secret = excluded.sealed_secret,
                     key_version = excluded.key_version, created_at = excluded.created_at
                 WHERE second_factors.confirmed_at IS NULL",
            )
            .bind(new.user.0)
            .bind(new.sealed_secret)
            .bind(new.key_version)
            .bind(new.at.unix_ms())
            .execute(&mut *tx)
            .await?
            .rows_affected()
        });
        Ok(n_kept > 0)
    }

    /// From now on the user is asked for codes. Keeps the recovery codes, ends all sessions but one, and writes that down;
    /// `false` when the secret is another by now, or was confirmed before.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn confirm_second_factor(
        &self,
        new: &ConfirmSecondFactor<'_>,
        record: &AuditEntry<'_>,
    ) -> Result<bool, StoreError> {
        write_tx!(self, |tx| {
            // Whoever signs in meanwhile without a code has its session before this, and it ends below.
            lock_user!(tx, new.user);
            if confirm!(tx, new) == 0 {
                return Ok(false);
            }
            for code_hash in new.recovery_codes {
                sqlx::query("-- insert_recovery_code\nINSERT INTO recovery_codes (user_id, code_hash) VALUES ($1, $2)")
                    .bind(new.user.0)
                    .bind(&code_hash[..])
                    .execute(&mut *tx)
                    .await?;
            }
            sqlx::query("-- end_sessions_without_factor\nDELETE FROM sessions WHERE user_id = $1 AND id <> $2")
                .bind(new.user.0)
                .bind(new.kept.0)
                .execute(&mut *tx)
                .await?;
            insert_audit!(tx, record);
        });
        Ok(true)
    }

    /// Takes the code of a step, once: `false` when it, or that of a later one, was taken before.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn take_step(&self, user: UserId, step: i64) -> Result<bool, StoreError> {
        let n_taken = write_tx!(self, |tx| {
            sqlx::query(
                "-- take_step
                 UPDATE second_factors SET last_step = $2
                 WHERE user_id = $1 AND last_step < $2 AND confirmed_at IS NOT NULL",
            )
            .bind(user.0)
            .bind(step)
            .execute(&mut *tx)
            .await?
            .rows_affected()
        });
        Ok(n_taken > 0)
    }

    /// Uses a recovery code up and writes that down; `false` when the user has none such. A user without a tenant has no
    /// audit log that this could be in.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn take_recovery_code(
        &self,
        user: UserId,
        code_hash: &[u8; 32],
        record: Option<&AuditEntry<'_>>,
    ) -> Result<bool, StoreError> {
        write_tx!(self, |tx| {
            let taken =
                sqlx::query("-- take_recovery_code\nDELETE FROM recovery_codes WHERE user_id = $1 AND code_hash = $2")
                    .bind(user.0)
                    .bind(&code_hash[..])
                    .execute(&mut *tx)
                    .await?;
            if taken.rows_affected() == 0 {
                return Ok(false);
            }
            if let Some(record) = record {
                insert_audit!(tx, record);
            }
        });
        Ok(true)
    }

    /// From now on the user is asked for no code, is told so if there is a mail, and that is written down; `false` when it
    /// was not before.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn end_second_factor(
        &self,
        user: UserId,
        mail: Option<&NewMail>,
        record: Option<&AuditEntry<'_>>,
    ) -> Result<bool, StoreError> {
        write_tx!(self, |tx| {
            let ended = sqlx::query("-- end_second_factor\nDELETE FROM second_factors WHERE user_id = $1")
                .bind(user.0)
                .execute(&mut *tx)
                .await?;
            if ended.rows_affected() == 0 {
                return Ok(false);
            }
            if let Some(mail) = mail {
                insert_mail!(tx, mail);
            }
            if let Some(record) = record {
                insert_audit!(tx, record);
            }
        });
        Ok(true)
    }
}
