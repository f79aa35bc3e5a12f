//! The outbox: mails wait here from the transaction that is their reason until they were sent. What they say is sealed.

use anyhook_domain::Timestamp;
use uuid::Uuid;

use crate::{
    Store, StoreError,
    pools::{read, write_tx},
};

/// A mail to be, or what mails are made of once somebody looks.
#[derive(Clone, Debug)]
pub struct NewMail {
    pub id: Uuid,
    pub sealed: Vec<u8>,
    pub key_version: i64,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// A mail whose time has come.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct DueMail {
    pub id: Uuid,
    pub sealed: Vec<u8>,
    pub key_version: i64,
    /// How often it was taken before.
    pub n_attempts: i64,
    pub created_at: i64,
    pub expires_at: i64,
}

/// A mail that is this process's to send. Whoever takes it later takes it away.
#[derive(Clone, Copy, Debug)]
pub struct TakenMail {
    pub id: Uuid,
    /// This one among them.
    pub n_attempts: i64,
}

macro_rules! insert_mail {
    ($tx:ident, $mail:expr) => {
        sqlx::query(
            "-- insert_mail
             INSERT INTO mails (id, sealed, key_version, n_attempts, due_at, created_at, expires_at)
             VALUES ($1, $2, $3, 0, $4, $4, $5)",
        )
        .bind($mail.id)
        .bind($mail.sealed.as_slice())
        .bind($mail.key_version)
        .bind($mail.created_at.unix_ms())
        .bind($mail.expires_at.unix_ms())
        .execute(&mut *$tx)
        .await?
    };
}

/// Whether it still was whose it is taken for.
macro_rules! delete_mail {
    ($tx:ident, $taken:expr) => {
        sqlx::query("-- delete_mail\nDELETE FROM mails WHERE id = $1 AND n_attempts = $2")
            .bind($taken.id)
            .bind($taken.n_attempts)
            .execute(&mut *$tx)
            .await?
            .rows_affected()
            > 0
    };
}

pub(super) use {delete_mail, insert_mail};

impl Store {
    /// Mails whose time has come, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn due_mails(&self, now: Timestamp, limit: u32) -> Result<Vec<DueMail>, StoreError> {
        Ok(read!(self, |conn| {
            sqlx::query_as(
                "-- due_mails
                 SELECT id, sealed, key_version, n_attempts, created_at, expires_at FROM mails
                 WHERE due_at <= $1 ORDER BY due_at, id LIMIT $2",
            )
            .bind(now.unix_ms())
            .bind(i64::from(limit))
            .fetch_all(&mut *conn)
            .await?
        }))
    }

    /// Takes a mail until an instant; `None` when somebody else has it.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn take_mail(&self, mail: &DueMail, until: Timestamp) -> Result<Option<TakenMail>, StoreError> {
        let n_taken = write_tx!(self, |tx| {
            sqlx::query(
                "-- take_mail
                 UPDATE mails SET n_attempts = n_attempts + 1, due_at = $3 WHERE id = $1 AND n_attempts = $2",
            )
            .bind(mail.id)
            .bind(mail.n_attempts)
            .bind(until.unix_ms())
            .execute(&mut *tx)
            .await?
            .rows_affected()
        });
        Ok((n_taken > 0).then_some(TakenMail { id: mail.id, n_attempts: mail.n_attempts + 1 }))
    }

    /// Puts a mail that could not be sent off; `false` when somebody else has it by now.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn put_off_mail(&self, taken: TakenMail, due_at: Timestamp) -> Result<bool, StoreError> {
        let n_moved = write_tx!(self, |tx| {
            sqlx::query("-- put_off_mail\nUPDATE mails SET due_at = $3 WHERE id = $1 AND n_attempts = $2")
                .bind(taken.id)
                .bind(taken.n_attempts)
                .bind(due_at.unix_ms())
                .execute(&mut *tx)
                .await?
                .rows_affected()
        });
        Ok(n_moved > 0)
    }

    /// Removes a mail that was sent or is given up, and puts those that came of it into the outbox; `false`, and none of
    /// it, when somebody else has it by now.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn finish_mail(&self, taken: TakenMail, made_of_it: &[NewMail]) -> Result<bool, StoreError> {
        write_tx!(self, |tx| {
            if !delete_mail!(tx, taken) {
                return Ok(false);
            }
            for mail in made_of_it {
                insert_mail!(tx, mail);
            }
        });
        Ok(true)
    }

    /// Puts a mail into the outbox by itself.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn add_mail(&self, mail: &NewMail) -> Result<(), StoreError> {
        write_tx!(self, |tx| {
            insert_mail!(tx, mail);
        });
        Ok(())
    }

    /// How many mails wait.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn n_mails(&self) -> Result<i64, StoreError> {
        Ok(read!(self, |conn| {
            sqlx::query_scalar("-- n_mails\nSELECT COUNT(*) FROM mails").fetch_one(&mut *conn).await?
        }))
    }
}
