//! Users, their memberships and their sessions.

use anyhook_domain::{SessionId, TenantId, Timestamp, UserId};
use uuid::Uuid;

use super::{
    api_keys::{NewApiKey, insert_api_key},
    audit::{AuditEntry, insert_audits},
    mails::{NewMail, insert_mail},
    second_factors::has_second_factor,
    tenants::{NewTenant, TenantRow, insert_tenant, insert_tenant_key, insert_tenant_slug},
    tokens::{NewToken, insert_token},
};
use crate::{
    Store, StoreError,
    pools::{read, write_of, write_tx},
};

/// A user to be, who owns a new tenant.
pub struct NewAccount<'a> {
    pub user: NewUser<'a>,
    pub tenant: NewTenant<'a>,
    pub api_key: NewApiKey<'a>,
    pub session: NewSession,
    /// With which the user shows that the address is its own, and the mail that brings it.
    pub verification: (NewToken<'a>, NewMail),
    pub at: Timestamp,
}

pub struct NewUser<'a> {
    pub id: UserId,
    /// Trimmed and in lower case.
    pub email: &'a str,
    pub password_hash: &'a str,
}

pub struct NewSession {
    pub id: SessionId,
    pub token_hash: [u8; 32],
    pub user: UserId,
    pub tenant: TenantId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// As its browser calls itself.
    pub user_agent: Option<String>,
}

/// What became of a sign-up; nothing of it is kept unless it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignUp {
    Made,
    EmailTaken,
    SlugTaken,
}

#[derive(Clone, sqlx::FromRow)]
pub struct UserRow {
    #[sqlx(try_from = "Uuid")]
    pub id: UserId,
    pub email: String,
    pub password_hash: String,
    pub created_at: i64,
    /// When it was last known that the user reads this address's mail.
    pub email_verified_at: Option<i64>,
}

/// Who a session speaks for.
#[derive(Debug, sqlx::FromRow)]
pub struct Member {
    #[sqlx(try_from = "Uuid")]
    pub tenant_id: TenantId,
    pub tenant_slug: String,
    #[sqlx(try_from = "Uuid")]
    pub user_id: UserId,
    #[sqlx(try_from = "Uuid")]
    pub session_id: SessionId,
    pub role: String,
}

macro_rules! insert_user {
    ($tx:ident, $user:expr, $at:expr) => {
        sqlx::query(
            "-- insert_user
             INSERT INTO users (id, email, password_hash, created_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (email) DO NOTHING",
        )
        .bind($user.id.0)
        .bind($user.email)
        .bind($user.password_hash)
        .bind($at.unix_ms())
        .execute(&mut *$tx)
        .await?
        .rows_affected()
    };
}

macro_rules! insert_owner {
    ($tx:ident, $new:expr) => {
        sqlx::query(
            "-- insert_owner\nINSERT INTO members (tenant_id, user_id, role, created_at) VALUES ($1, $2, 'owner', $3)",
        )
        .bind($new.tenant.id.0)
        .bind($new.user.id.0)
        .bind($new.at.unix_ms())
        .execute(&mut *$tx)
        .await?
    };
}

macro_rules! insert_session {
    ($tx:ident, $session:expr) => {
        sqlx::query(
            "-- insert_session
             INSERT INTO sessions (id, token_hash, user_id, tenant_id, created_at, expires_at, user_agent)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind($session.id.0)
        .bind(&$session.token_hash[..])
        .bind($session.user.0)
        .bind($session.tenant.0)
        .bind($session.created_at.unix_ms())
        .bind($session.expires_at.unix_ms())
        .bind($session.user_agent.as_deref())
        .execute(&mut *$tx)
        .await?
    };
}

/// Whether a password that was looked at still is the user's. On PostgreSQL, whoever changes it waits until this
/// transaction is over, and then ends what it began.
macro_rules! holds_password {
    ($tx:ident, $user:expr, $hash:expr) => {
        sqlx::query("-- holds_password\nUPDATE users SET email = email WHERE id = $1 AND password_hash = $2")
            .bind($user.0)
            .bind($hash)
            .execute(&mut *$tx)
            .await?
            .rows_affected()
            > 0
    };
}

pub(super) use {holds_password, insert_owner, insert_session, insert_user};

impl Store {
    /// Makes a user, a tenant that it owns, an API key and a session, and writes that down; or nothing.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn sign_up(&self, new: &NewAccount<'_>, records: &[AuditEntry<'_>]) -> Result<SignUp, StoreError> {
        write_of!(self, new.tenant.id, |tx| {
            if insert_user!(tx, new.user, new.at) == 0 {
                return Ok(SignUp::EmailTaken);
            }
            if insert_tenant!(tx, new.tenant, new.at) == 0
                || insert_tenant_slug!(tx, new.tenant.id, new.tenant.slug.as_str(), new.at) == 0
            {
                return Ok(SignUp::SlugTaken);
            }
            insert_tenant_key!(tx, new.tenant, new.at);
            insert_owner!(tx, new);
            insert_api_key!(tx, new.api_key, new.at);
            insert_session!(tx, new.session);
            let (token, mail) = &new.verification;
            insert_token!(tx, token);
            insert_mail!(tx, mail);
            insert_audits!(tx, records);
        });
        Ok(SignUp::Made)
    }

    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<UserRow>, StoreError> {
        Ok(read!(self, |conn| {
            sqlx::query_as(
                "-- user_by_email
                 SELECT id, email, password_hash, created_at, email_verified_at FROM users WHERE email = $1",
            )
            .bind(email)
            .fetch_optional(&mut *conn)
            .await?
        }))
    }

    /// The tenant that a user joined first.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn first_tenant_of(&self, user: UserId) -> Result<Option<TenantRow>, StoreError> {
        Ok(read!(self, |conn| {
            sqlx::query_as(
                "-- first_tenant_of
                 SELECT t.id, t.slug, t.name, t.plan, t.created_at, t.hides_payloads
                 FROM members m JOIN tenants t ON t.id = m.tenant_id
                 WHERE m.user_id = $1 ORDER BY m.created_at, m.tenant_id LIMIT 1",
            )
            .bind(user.0)
            .fetch_optional(&mut *conn)
            .await?
        }))
    }

    /// Opens a session and forgets the user's expired ones with the same tenant; `false` when the password is another by
    /// now, or a code is asked for that the user has not shown (`has_passed`).
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn open_session(
        &self,
        new: &NewSession,
        password_hash: &str,
        has_passed: bool,
    ) -> Result<bool, StoreError> {
        write_of!(self, new.tenant, |tx| {
            if !holds_password!(tx, new.user, password_hash) || (!has_passed && has_second_factor!(tx, new.user)) {
                return Ok(false);
            }
            sqlx::query(
                "-- forget_own_sessions
                 DELETE FROM sessions WHERE tenant_id = $1 AND user_id = $2 AND expires_at <= $3",
            )
            .bind(new.tenant.0)
            .bind(new.user.0)
            .bind(new.created_at.unix_ms())
            .execute(&mut *tx)
            .await?;
            insert_session!(tx, new);
        });
        Ok(true)
    }

    /// Whether there was such a session.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn close_session(&self, token_hash: &[u8; 32]) -> Result<bool, StoreError> {
        let n_closed = write_tx!(self, |tx| {
            sqlx::query("-- close_session\nDELETE FROM sessions WHERE token_hash = $1")
                .bind(&token_hash[..])
                .execute(&mut *tx)
                .await?
                .rows_affected()
        });
        Ok(n_closed > 0)
    }

    /// Who an unexpired session speaks for, if its user still is a member.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn member_by_session(&self, token_hash: &[u8; 32], now: Timestamp) -> Result<Option<Member>, StoreError> {
        Ok(read!(self, |conn| {
            sqlx::query_as(
                "-- member_by_session
                 SELECT s.tenant_id, t.slug AS tenant_slug, s.user_id, s.id AS session_id, m.role
                 FROM sessions s
                 JOIN tenants t ON t.id = s.tenant_id
                 JOIN members m ON m.tenant_id = s.tenant_id AND m.user_id = s.user_id
                 WHERE s.token_hash = $1 AND s.expires_at > $2",
            )
            .bind(&token_hash[..])
            .bind(now.unix_ms())
            .fetch_optional(&mut *conn)
            .await?
        }))
    }

    /// Deletes what must not be used any more: expired sessions, invitations and tokens, and signing secrets whose overlap is over.
    /// Returns how many rows that were.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn forget_expired(&self, now: Timestamp) -> Result<u64, StoreError> {
        Ok(write_tx!(self, |tx| {
            let sessions = sqlx::query("-- forget_sessions\nDELETE FROM sessions WHERE expires_at <= $1")
                .bind(now.unix_ms())
                .execute(&mut *tx)
                .await?;
            let invitations = sqlx::query("-- forget_invitations\nDELETE FROM invitations WHERE expires_at <= $1")
                .bind(now.unix_ms())
                .execute(&mut *tx)
                .await?;
            let tokens = sqlx::query("-- forget_expired_tokens\nDELETE FROM account_tokens WHERE expires_at <= $1")
                .bind(now.unix_ms())
                .execute(&mut *tx)
                .await?;
            let secrets = sqlx::query(
                "-- forget_former_secrets
                 UPDATE destinations SET former_sealed_secret = NULL, former_key_version = NULL, former_until = NULL
                 WHERE former_until <= $1",
            )
            .bind(now.unix_ms())
            .execute(&mut *tx)
            .await?;
            let sign_ins = sqlx::query("-- forget_spent_sign_ins\nDELETE FROM spent_sign_ins WHERE expires_at <= $1")
                .bind(now.unix_ms())
                .execute(&mut *tx)
                .await?;
            let rest = tokens.rows_affected() + secrets.rows_affected() + sign_ins.rows_affected();
            sessions.rows_affected() + invitations.rows_affected() + rest
        }))
    }
}
