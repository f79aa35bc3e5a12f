//! Users' accounts at an OpenID Connect issuer, and signing in by way of it.

use anyhook_domain::{IdentityId, Timestamp, UserId};
use uuid::Uuid;

use super::{
    accounts::{NewSession, NewUser, UserRow, insert_owner, insert_session, insert_user},
    audit::{AuditEntry, insert_audit},
    invitations::holds_session,
    mails::{NewMail, insert_mail},
    second_factors::{has_second_factor, lock_user},
    tenants::{NewTenant, insert_tenant, insert_tenant_key, insert_tenant_slug},
    tokens::set_verified,
};
use crate::{
    Store, StoreError,
    pools::{read, write_of, write_tx},
};

/// Stands where the hash of a password would, for users who have none: no password has this hash.
pub const NO_PASSWORD: &str = "none";

/// A user's account at an issuer.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct IdentityRow {
    #[sqlx(try_from = "Uuid")]
    pub id: IdentityId,
    pub issuer: String,
    pub email: Option<String>,
    pub created_at: i64,
}

#[derive(Clone, Copy, Debug)]
pub struct NewIdentity<'a> {
    pub id: IdentityId,
    pub user: UserId,
    pub issuer: &'a str,
    pub subject: &'a str,
    pub email: Option<&'a str>,
    pub at: Timestamp,
}

/// What makes one way to the issuer and back good for once.
#[derive(Clone, Copy, Debug)]
pub struct SpentSignIn {
    pub nonce_hash: [u8; 32],
    /// It must be remembered until then.
    pub expires_at: Timestamp,
}

/// An identity that a user has from now on: it is written down, and the user is told.
#[derive(Clone, Copy, Debug)]
pub struct LinkNotice<'a> {
    pub record: AuditEntry<'a>,
    pub mail: &'a NewMail,
}

/// A session for whom the issuer vouched for.
pub struct SessionOfIdentity<'a> {
    pub spent: SpentSignIn,
    /// Of the user whose the session is.
    pub identity: NewIdentity<'a>,
    /// The user has no such identity yet: it is added.
    pub linked_now: Option<LinkNotice<'a>>,
    /// The user showed a code as well.
    pub has_passed: bool,
    pub session: NewSession,
}

/// A user to be, whom the issuer vouched for, with a tenant of its own. Its address is verified.
pub struct AccountOfIdentity<'a> {
    pub spent: SpentSignIn,
    pub user: NewUser<'a>,
    pub identity: NewIdentity<'a>,
    pub tenant: NewTenant<'a>,
    pub session: NewSession,
    pub at: Timestamp,
}

/// What became of what somebody wanted whom the issuer vouched for; nothing of it is kept unless it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByIdentity {
    Done,
    /// It was taken before.
    Spent,
    /// The identity or the address is somebody's meanwhile, or somebody else's.
    Taken,
    /// The identity is not the user's any more, the user's session has ended, or a code is needed by now.
    Changed,
    SlugTaken,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemoveIdentity {
    Done,
    NotFound,
    /// The user could not sign in any more.
    LastWay,
}

/// Whether it was not spent before.
macro_rules! spend {
    ($tx:ident, $spent:expr) => {
        sqlx::query(
            "-- spend_sign_in
             INSERT INTO spent_sign_ins (nonce_hash, expires_at) VALUES ($1, $2) ON CONFLICT (nonce_hash) DO NOTHING",
        )
        .bind(&$spent.nonce_hash[..])
        .bind($spent.expires_at.unix_ms())
        .execute(&mut *$tx)
        .await?
        .rows_affected()
            > 0
    };
}

/// Whether it is nobody's yet.
macro_rules! insert_identity {
    ($tx:ident, $new:expr) => {
        sqlx::query(
            "-- insert_identity
             INSERT INTO identities (id, user_id, issuer, subject, email, created_at) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (issuer, subject) DO NOTHING",
        )
        .bind($new.id.0)
        .bind($new.user.0)
        .bind($new.issuer)
        .bind($new.subject)
        .bind($new.email)
        .bind($new.at.unix_ms())
        .execute(&mut *$tx)
        .await?
        .rows_affected()
            > 0
    };
}

macro_rules! has_identity {
    ($tx:ident, $identity:expr) => {
        sqlx::query_scalar::<_, i64>(
            "-- has_identity
             SELECT COUNT(*) FROM identities WHERE user_id = $1 AND issuer = $2 AND subject = $3",
        )
        .bind($identity.user.0)
        .bind($identity.issuer)
        .bind($identity.subject)
        .fetch_one(&mut *$tx)
        .await?
            > 0
    };
}

impl Store {
    /// Whom an issuer means by a subject.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn user_by_identity(&self, issuer: &str, subject: &str) -> Result<Option<UserRow>, StoreError> {
        Ok(read!(self, |conn| {
            sqlx::query_as(
                "-- user_by_identity
                 SELECT u.id, u.email, u.password_hash, u.created_at, u.email_verified_at
                 FROM identities i JOIN users u ON u.id = i.user_id WHERE i.issuer = $1 AND i.subject = $2",
            )
            .bind(issuer)
            .bind(subject)
            .fetch_optional(&mut *conn)
            .await?
        }))
    }

    /// A user's, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn identities_of(&self, user: UserId) -> Result<Vec<IdentityRow>, StoreError> {
        Ok(read!(self, |conn| {
            sqlx::query_as(
                "-- identities_of
                 SELECT id, issuer, email, created_at FROM identities WHERE user_id = $1 ORDER BY id",
            )
            .bind(user.0)
            .fetch_all(&mut *conn)
            .await?
        }))
    }

    /// Opens a session.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn open_session_of_identity(&self, new: &SessionOfIdentity<'_>) -> Result<ByIdentity, StoreError> {
        write_of!(self, new.session.tenant, |tx| {
            if !spend!(tx, new.spent) {
                return Ok(ByIdentity::Spent);
            }
            lock_user!(tx, new.identity.user);
            if let Some(notice) = &new.linked_now {
                if !insert_identity!(tx, new.identity) {
                    return Ok(ByIdentity::Taken);
                }
                insert_audit!(tx, notice.record);
                insert_mail!(tx, notice.mail);
            }
            if !has_identity!(tx, new.identity) || (!new.has_passed && has_second_factor!(tx, new.identity.user)) {
                return Ok(ByIdentity::Changed);
            }
            insert_session!(tx, new.session);
        });
        Ok(ByIdentity::Done)
    }

    /// Makes a user with a tenant that it owns, and a session, and writes that down.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn sign_up_by_identity(
        &self,
        new: &AccountOfIdentity<'_>,
        record: &AuditEntry<'_>,
    ) -> Result<ByIdentity, StoreError> {
        write_of!(self, new.tenant.id, |tx| {
            if !spend!(tx, new.spent) {
                return Ok(ByIdentity::Spent);
            }
            if insert_user!(tx, new.user, new.at) == 0 || !insert_identity!(tx, new.identity) {
                return Ok(ByIdentity::Taken);
            }
            set_verified!(tx, new.user.id, new.at);
            if insert_tenant!(tx, new.tenant, new.at) == 0
                || insert_tenant_slug!(tx, new.tenant.id, new.tenant.slug.as_str(), new.at) == 0
            {
                return Ok(ByIdentity::SlugTaken);
            }
            insert_tenant_key!(tx, new.tenant, new.at);
            insert_owner!(tx, new);
            insert_session!(tx, new.session);
            insert_audit!(tx, record);
        });
        Ok(ByIdentity::Done)
    }

    /// Adds an identity to whoever is signed in, and still is by this session, tells it of that, and writes it down.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn link_identity(
        &self,
        new: &NewIdentity<'_>,
        session_token_hash: &[u8; 32],
        spent: SpentSignIn,
        notice: &LinkNotice<'_>,
    ) -> Result<ByIdentity, StoreError> {
        write_tx!(self, |tx| {
            if !spend!(tx, spent) {
                return Ok(ByIdentity::Spent);
            }
            // Whoever changes the password meanwhile waits, or has ended the session.
            lock_user!(tx, new.user);
            if !holds_session!(tx, new.user, session_token_hash, new.at) {
                return Ok(ByIdentity::Changed);
            }
            if !insert_identity!(tx, new) {
                // Linking it once more changes nothing.
                return Ok(if has_identity!(tx, new) { ByIdentity::Done } else { ByIdentity::Taken });
            }
            insert_audit!(tx, notice.record);
            insert_mail!(tx, notice.mail);
        });
        Ok(ByIdentity::Done)
    }

    /// Takes an identity from a user, who must have another way to sign in, and writes that down.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn remove_identity(
        &self,
        user: UserId,
        id: IdentityId,
        record: &AuditEntry<'_>,
    ) -> Result<RemoveIdentity, StoreError> {
        write_tx!(self, |tx| {
            lock_user!(tx, user);
            let removed = sqlx::query("-- remove_identity\nDELETE FROM identities WHERE user_id = $1 AND id = $2")
                .bind(user.0)
                .bind(id.0)
                .execute(&mut *tx)
                .await?;
            if removed.rows_affected() == 0 {
                return Ok(RemoveIdentity::NotFound);
            }
            let n_ways: i64 = sqlx::query_scalar(
                "-- n_ways_to_sign_in
                 SELECT (SELECT COUNT(*) FROM identities WHERE user_id = $1)
                     + (SELECT COUNT(*) FROM users WHERE id = $1 AND password_hash <> $2)",
            )
            .bind(user.0)
            .bind(NO_PASSWORD)
            .fetch_one(&mut *tx)
            .await?;
            if n_ways == 0 {
                return Ok(RemoveIdentity::LastWay);
            }
            insert_audit!(tx, record);
        });
        Ok(RemoveIdentity::Done)
    }
}
