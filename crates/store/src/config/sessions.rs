//! A user's own things: sessions, the password, and the tenants that it belongs to. They are a person's, not a tenant's.

use anyhook_domain::{SessionId, TenantId, Timestamp, UserId, slug::Slug};
use uuid::Uuid;

use super::{
    accounts::UserRow,
    audit::{AuditEntry, insert_audit},
    mails::{NewMail, insert_mail},
    tenants::{NewTenant, TenantRow, insert_tenant, insert_tenant_key, insert_tenant_slug},
    tokens::{Purpose, forget_tokens},
};
use crate::{
    Store, StoreError,
    log::{Once, take_key},
    pools::{read, write_tx},
};

/// A signed-in browser.
#[derive(Debug, sqlx::FromRow)]
pub struct SessionRow {
    #[sqlx(try_from = "Uuid")]
    pub id: SessionId,
    pub tenant_slug: String,
    pub created_at: i64,
    pub expires_at: i64,
    pub user_agent: Option<String>,
}

/// A tenant that a user belongs to.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct TenantOfUser {
    #[sqlx(flatten)]
    pub tenant: TenantRow,
    pub role: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreateTenant {
    Made,
    SlugTaken,
    TooMany,
    /// Its key was taken before: nothing was written.
    Repeat,
}

macro_rules! n_owned {
    ($tx:ident, $user:expr) => {
        sqlx::query_scalar::<_, i64>("-- n_owned\nSELECT COUNT(*) FROM members WHERE user_id = $1 AND role = 'owner'")
            .bind($user.0)
            .fetch_one(&mut *$tx)
            .await?
    };
}

pub(super) use n_owned;

impl Store {
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn user(&self, user: UserId) -> Result<Option<UserRow>, StoreError> {
        Ok(read!(self, |conn| {
            sqlx::query_as(
                "-- user\nSELECT id, email, password_hash, created_at, email_verified_at FROM users WHERE id = $1",
            )
            .bind(user.0)
            .fetch_optional(&mut *conn)
            .await?
        }))
    }

    /// A user's sessions that have not expired, newest first.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn sessions_of(&self, user: UserId, now: Timestamp) -> Result<Vec<SessionRow>, StoreError> {
        Ok(read!(self, |conn| {
            sqlx::query_as(
                "-- sessions_of
                 SELECT s.id, t.slug AS tenant_slug, s.created_at, s.expires_at, s.user_agent
                 FROM sessions s JOIN tenants t ON t.id = s.tenant_id
                 WHERE s.user_id = $1 AND s.expires_at > $2 ORDER BY s.id DESC",
            )
            .bind(user.0)
            .bind(now.unix_ms())
            .fetch_all(&mut *conn)
            .await?
        }))
    }

    /// Ends a session of a user and writes that down; `false` when it has none such.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn end_session(
        &self,
        user: UserId,
        session: SessionId,
        record: &AuditEntry<'_>,
    ) -> Result<bool, StoreError> {
        write_tx!(self, |tx| {
            let ended = sqlx::query("-- end_session\nDELETE FROM sessions WHERE user_id = $1 AND id = $2")
                .bind(user.0)
                .bind(session.0)
                .execute(&mut *tx)
                .await?;
            if ended.rows_affected() == 0 {
                return Ok(false);
            }
            insert_audit!(tx, record);
        });
        Ok(true)
    }

    /// Ends a user's sessions but this one, and writes that down. How many there were.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn end_other_sessions(
        &self,
        user: UserId,
        kept: SessionId,
        record: &AuditEntry<'_>,
    ) -> Result<u64, StoreError> {
        Ok(write_tx!(self, |tx| {
            let ended = sqlx::query("-- end_other_sessions\nDELETE FROM sessions WHERE user_id = $1 AND id <> $2")
                .bind(user.0)
                .bind(kept.0)
                .execute(&mut *tx)
                .await?
                .rows_affected();
            insert_audit!(tx, record);
            ended
        }))
    }

    /// Changes a password, if it still is the one that was seen, ends all sessions but this one and all tokens for resetting
    /// it, puts the mail that tells the user into the outbox, and writes that down.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn change_password(
        &self,
        seen: &UserRow,
        new_hash: &str,
        kept: SessionId,
        mail: &NewMail,
        record: &AuditEntry<'_>,
    ) -> Result<bool, StoreError> {
        write_tx!(self, |tx| {
            let changed = sqlx::query(
                "-- change_password\nUPDATE users SET password_hash = $2 WHERE id = $1 AND password_hash = $3",
            )
            .bind(seen.id.0)
            .bind(new_hash)
            .bind(seen.password_hash.as_str())
            .execute(&mut *tx)
            .await?;
            if changed.rows_affected() == 0 {
                return Ok(false);
            }
            sqlx::query("-- end_sessions_of_password\nDELETE FROM sessions WHERE user_id = $1 AND id <> $2")
                .bind(seen.id.0)
                .bind(kept.0)
                .execute(&mut *tx)
                .await?;
            forget_tokens!(tx, seen.id, Purpose::ResetPassword);
            insert_mail!(tx, mail);
            insert_audit!(tx, record);
        });
        Ok(true)
    }

    /// The tenants that a user belongs to, the first one that it joined first.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn tenants_of(&self, user: UserId) -> Result<Vec<TenantOfUser>, StoreError> {
        Ok(read!(self, |conn| {
            sqlx::query_as(
                "-- tenants_of
                 SELECT t.id, t.slug, t.name, t.plan, t.created_at, t.hides_payloads, m.role
                 FROM members m JOIN tenants t ON t.id = m.tenant_id
                 WHERE m.user_id = $1 ORDER BY m.created_at, m.tenant_id",
            )
            .bind(user.0)
            .fetch_all(&mut *conn)
            .await?
        }))
    }

    /// Makes a further tenant of a user, who owns it, and writes that down; or nothing. Once for each key, which is another
    /// tenant's: that of the user's session.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn create_tenant(
        &self,
        new: &NewTenant<'_>,
        owner: UserId,
        most: i64,
        record: &AuditEntry<'_>,
        once: Option<(TenantId, &Once<'_>)>,
    ) -> Result<CreateTenant, StoreError> {
        write_tx!(self, |tx| {
            // On PostgreSQL this makes whoever else counts what this user owns wait.
            sqlx::query("-- lock_user\nUPDATE users SET email = email WHERE id = $1")
                .bind(owner.0)
                .execute(&mut *tx)
                .await?;
            if let Some((tenant, once)) = once
                && !take_key!(tx, tenant, once, record.at)
            {
                return Ok(CreateTenant::Repeat);
            }
            if n_owned!(tx, owner) >= most {
                return Ok(CreateTenant::TooMany);
            }
            if insert_tenant!(tx, new, record.at) == 0
                || insert_tenant_slug!(tx, new.id, new.slug.as_str(), record.at) == 0
            {
                return Ok(CreateTenant::SlugTaken);
            }
            insert_tenant_key!(tx, new, record.at);
            sqlx::query(
                "-- insert_first_owner
                 INSERT INTO members (tenant_id, user_id, role, created_at) VALUES ($1, $2, 'owner', $3)",
            )
            .bind(new.id.0)
            .bind(owner.0)
            .bind(record.at.unix_ms())
            .execute(&mut *tx)
            .await?;
            insert_audit!(tx, record);
        });
        Ok(CreateTenant::Made)
    }

    /// Turns a session to another tenant of its user, by a current or former slug; `None` when it belongs to none such.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn turn_session(
        &self,
        user: UserId,
        session: SessionId,
        slug: &Slug,
    ) -> Result<Option<TenantId>, StoreError> {
        Ok(write_tx!(self, |tx| {
            let tenant: Option<Uuid> = sqlx::query_scalar(
                "-- tenant_to_turn_to
                 SELECT m.tenant_id FROM tenant_slugs s JOIN members m ON m.tenant_id = s.tenant_id
                 WHERE s.slug = $1 AND m.user_id = $2",
            )
            .bind(slug.as_str())
            .bind(user.0)
            .fetch_optional(&mut *tx)
            .await?;
            let Some(tenant) = tenant else { return Ok(None) };
            let turned =
                sqlx::query("-- turn_session\nUPDATE sessions SET tenant_id = $3 WHERE id = $1 AND user_id = $2")
                    .bind(session.0)
                    .bind(user.0)
                    .bind(tenant)
                    .execute(&mut *tx)
                    .await?;
            (turned.rows_affected() > 0).then_some(TenantId(tenant))
        }))
    }
}
