//! Tokens that were sent to an e-mail address: whoever has one reads its mail. Each works once.

use anyhook_domain::{Timestamp, UserId};
use uuid::Uuid;

use super::{
    accounts::UserRow,
    audit::{AuditEntry, insert_audit},
    mails::{NewMail, TakenMail, delete_mail, insert_mail},
};
use crate::{
    Store, StoreError,
    pools::{read, write_tx},
};

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    VerifyEmail,
    ResetPassword,
}

impl Purpose {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::ResetPassword => "reset_password",
        }
    }
}

#[derive(Debug)]
pub struct NewToken<'a> {
    pub token_hash: [u8; 32],
    pub user: UserId,
    pub purpose: Purpose,
    /// The user's at this time.
    pub email: &'a str,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// A password that takes the place of one that was forgotten.
#[derive(Debug)]
pub struct ResetPassword<'a> {
    pub token_hash: [u8; 32],
    /// Whose token it was found to be.
    pub user: UserId,
    pub new_hash: &'a str,
    pub at: Timestamp,
    /// What tells the user of it.
    pub mail: &'a NewMail,
    /// `None` for a user that belongs to no tenant: there is no audit log that it could be in.
    pub record: Option<AuditEntry<'a>>,
}

macro_rules! insert_token {
    ($tx:ident, $token:expr) => {
        sqlx::query(
            "-- insert_token
             INSERT INTO account_tokens (token_hash, user_id, purpose, email, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(&$token.token_hash[..])
        .bind($token.user.0)
        .bind($token.purpose.as_str())
        .bind($token.email)
        .bind($token.created_at.unix_ms())
        .bind($token.expires_at.unix_ms())
        .execute(&mut *$tx)
        .await?
    };
}

/// Uses a token up; the user whose it was, if the user's address still is the one that it was sent to.
macro_rules! use_token {
    ($tx:ident, $token_hash:expr, $purpose:expr, $now:expr) => {
        sqlx::query_scalar::<_, Uuid>(
            "-- use_token
             DELETE FROM account_tokens WHERE token_hash = $1 AND purpose = $2 AND expires_at > $3
                 AND email = (SELECT u.email FROM users u WHERE u.id = account_tokens.user_id)
             RETURNING user_id",
        )
        .bind(&$token_hash[..])
        .bind($purpose.as_str())
        .bind($now.unix_ms())
        .fetch_optional(&mut *$tx)
        .await?
        .map(UserId)
    };
}

macro_rules! forget_tokens {
    ($tx:ident, $user:expr, $purpose:expr) => {
        sqlx::query("-- forget_tokens\nDELETE FROM account_tokens WHERE user_id = $1 AND purpose = $2")
            .bind($user.0)
            .bind($purpose.as_str())
            .execute(&mut *$tx)
            .await?
    };
}

macro_rules! set_verified {
    ($tx:ident, $user:expr, $at:expr) => {
        sqlx::query(
            "-- set_verified\nUPDATE users SET email_verified_at = $2 WHERE id = $1 AND email_verified_at IS NULL",
        )
        .bind($user.0)
        .bind($at.unix_ms())
        .execute(&mut *$tx)
        .await?
        .rows_affected()
    };
}

/// Whoever signed up with somebody else's address keeps no way in: no second factor that the owner could not pass, and
/// neither API keys nor invitations of the tenants that nobody else belongs to.
macro_rules! take_over {
    ($tx:ident, $user:expr, $at:expr) => {
        sqlx::query("-- forget_second_factor\nDELETE FROM second_factors WHERE user_id = $1")
            .bind($user.0)
            .execute(&mut *$tx)
            .await?;
        sqlx::query(concat!(
            "-- revoke_own_api_keys\nUPDATE api_keys SET revoked_at = $2 WHERE revoked_at IS NULL AND tenant_id IN ",
            tenants_of_one!()
        ))
        .bind($user.0)
        .bind($at.unix_ms())
        .execute(&mut *$tx)
        .await?;
        sqlx::query(concat!(
            "-- forget_own_invitations\nDELETE FROM invitations WHERE tenant_id IN ",
            tenants_of_one!()
        ))
        .bind($user.0)
        .execute(&mut *$tx)
        .await?;
    };
}

/// Those whose only member the user is.
macro_rules! tenants_of_one {
    () => {
        "(SELECT m.tenant_id FROM members m WHERE m.user_id = $1 AND NOT EXISTS (
             SELECT 1 FROM members o WHERE o.tenant_id = m.tenant_id AND o.user_id <> m.user_id))"
    };
}

macro_rules! select_user {
    ($tx:ident, $user:expr) => {
        sqlx::query_as::<_, UserRow>(
            "-- user_of_token
             SELECT id, email, password_hash, created_at, email_verified_at FROM users WHERE id = $1",
        )
        .bind($user.0)
        .fetch_optional(&mut *$tx)
        .await?
    };
}

pub(super) use {forget_tokens, insert_token, set_verified};

impl Store {
    /// Makes a token and the mail that brings it.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn add_token(&self, token: &NewToken<'_>, mail: &NewMail) -> Result<(), StoreError> {
        write_tx!(self, |tx| {
            insert_token!(tx, token);
            insert_mail!(tx, mail);
        });
        Ok(())
    }

    /// The same in place of the wish for it, if that still is whose it is taken for.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn grant_token(&self, wish: TakenMail, token: &NewToken<'_>, mail: &NewMail) -> Result<bool, StoreError> {
        write_tx!(self, |tx| {
            if !delete_mail!(tx, wish) {
                return Ok(false);
            }
            insert_token!(tx, token);
            insert_mail!(tx, mail);
        });
        Ok(true)
    }

    /// Whose a token is, if it still works.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn user_by_token(
        &self,
        token_hash: &[u8; 32],
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<Option<UserRow>, StoreError> {
        Ok(read!(self, |conn| {
            sqlx::query_as(
                "-- user_by_token
                 SELECT u.id, u.email, u.password_hash, u.created_at, u.email_verified_at
                 FROM account_tokens t JOIN users u ON u.id = t.user_id AND u.email = t.email
                 WHERE t.token_hash = $1 AND t.purpose = $2 AND t.expires_at > $3",
            )
            .bind(&token_hash[..])
            .bind(purpose.as_str())
            .bind(now.unix_ms())
            .fetch_optional(&mut *conn)
            .await?
        }))
    }

    /// Marks the address that a token was sent to as its user's own. `None` when the token does not work.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn verify_email(&self, token_hash: &[u8; 32], now: Timestamp) -> Result<Option<UserRow>, StoreError> {
        Ok(write_tx!(self, |tx| {
            let Some(user) = use_token!(tx, token_hash, Purpose::VerifyEmail, now) else { return Ok(None) };
            set_verified!(tx, user, now);
            forget_tokens!(tx, user, Purpose::VerifyEmail);
            select_user!(tx, user)
        }))
    }

    /// Gives a user another password, ends all its sessions and makes all its tokens worthless, and writes that down. The
    /// address is known to be its own: the token was sent there. If it was not before, whatever else may let somebody else
    /// in is worthless, too. `None` when the token does not work.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn reset_password(&self, reset: &ResetPassword<'_>) -> Result<Option<UserRow>, StoreError> {
        Ok(write_tx!(self, |tx| {
            let user = use_token!(tx, reset.token_hash, Purpose::ResetPassword, reset.at);
            let Some(user) = user.filter(|user| *user == reset.user) else { return Ok(None) };
            // Whoever proves the former password meanwhile waits for this row, and finds another one.
            sqlx::query("-- reset_password\nUPDATE users SET password_hash = $2 WHERE id = $1")
                .bind(user.0)
                .bind(reset.new_hash)
                .execute(&mut *tx)
                .await?;
            if set_verified!(tx, user, reset.at) > 0 {
                take_over!(tx, user, reset.at);
            }
            sqlx::query("-- end_all_sessions\nDELETE FROM sessions WHERE user_id = $1")
                .bind(user.0)
                .execute(&mut *tx)
                .await?;
            for purpose in [Purpose::VerifyEmail, Purpose::ResetPassword] {
                forget_tokens!(tx, user, purpose);
            }
            insert_mail!(tx, reset.mail);
            if let Some(record) = &reset.record {
                insert_audit!(tx, record);
            }
            select_user!(tx, user)
        }))
    }
}
