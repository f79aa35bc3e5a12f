//! Invitations: whoever has the token may join as the owner of the e-mail address, once.

use anyhook_domain::{InvitationId, TenantId, Timestamp, UserId, access::Role};
use uuid::Uuid;

use super::{
    accounts::{NewSession, NewUser, holds_password, insert_session, insert_user},
    audit::{AuditEntry, insert_audit},
    mails::{NewMail, insert_mail},
    members::{By, role_of, role_of_actor},
    second_factors::has_second_factor,
    tenants::lock_tenant,
};
use crate::{
    Store, StoreError,
    log::{Once, take_key},
    pools::{read, read_of, write_of, write_tx},
};

#[derive(Debug)]
pub struct NewInvitation<'a> {
    pub id: InvitationId,
    pub tenant: TenantId,
    /// Trimmed and in lower case.
    pub email: &'a str,
    pub role: Role,
    pub token_hash: [u8; 32],
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct InvitationRow {
    #[sqlx(try_from = "Uuid")]
    pub id: InvitationId,
    #[sqlx(try_from = "Uuid")]
    pub tenant_id: TenantId,
    pub email: String,
    pub role: String,
    pub created_at: i64,
    pub expires_at: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invite {
    Made,
    AlreadyMember,
    /// Only an owner invites owners, or puts another invitation in the place of an owner's.
    NotAllowed,
    TooMany,
    /// Its key was taken before: nothing was written.
    Repeat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withdraw {
    Done,
    NotFound,
    /// Whoever may not have made it.
    NotAllowed,
}

/// Whoever takes an invitation.
pub struct Acceptance<'a> {
    pub invitation: &'a InvitationRow,
    pub token_hash: [u8; 32],
    pub user: UserId,
    /// That of the password that it gave, if it gave one.
    pub password_hash: Option<&'a str>,
    /// The session that it is signed in with, if that is all that it gave.
    pub session_token_hash: Option<[u8; 32]>,
    /// It has shown a code as well.
    pub has_passed: bool,
    /// An account that is made for it.
    pub new_user: Option<NewUser<'a>>,
    pub session: NewSession,
    pub at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accept {
    Joined,
    /// Somebody else took it, or it was withdrawn.
    Gone,
    /// There is an account of this e-mail address meanwhile.
    EmailTaken,
    /// The password is another by now.
    OtherPassword,
    /// A code is asked for by now.
    CodeNeeded,
    /// The session that it was signed in with has ended.
    SignedOut,
}

macro_rules! is_member {
    ($tx:ident, $new:expr) => {
        sqlx::query_scalar::<_, i64>(
            "-- is_member
             SELECT COUNT(*) FROM members m JOIN users u ON u.id = m.user_id WHERE m.tenant_id = $1 AND u.email = $2",
        )
        .bind($new.tenant.0)
        .bind($new.email)
        .fetch_one(&mut *$tx)
        .await?
            > 0
    };
}

/// To what an invitation that can still be accepted invites: the one with this id, or to this address.
macro_rules! role_of_invitation {
    ($tx:ident, $tenant:expr, $id:expr, $email:expr, $now:expr) => {
        sqlx::query_scalar::<_, String>(
            "-- role_of_invitation
             SELECT role FROM invitations WHERE tenant_id = $1 AND (id = $2 OR email = $3) AND expires_at > $4",
        )
        .bind($tenant.0)
        .bind($id)
        .bind($email)
        .bind($now.unix_ms())
        .fetch_optional(&mut *$tx)
        .await?
        .and_then(|word| Role::parse(&word))
    };
}

/// Whether a session goes on, for this user. On PostgreSQL, whoever ends it waits until this transaction is over.
macro_rules! holds_session {
    ($tx:ident, $user:expr, $token_hash:expr, $now:expr) => {
        sqlx::query(
            "-- holds_session
             UPDATE sessions SET user_id = user_id WHERE token_hash = $1 AND user_id = $2 AND expires_at > $3",
        )
        .bind(&$token_hash[..])
        .bind($user.0)
        .bind($now.unix_ms())
        .execute(&mut *$tx)
        .await?
        .rows_affected()
            > 0
    };
}

pub(super) use holds_session;

macro_rules! n_invitations {
    ($tx:ident, $tenant:expr) => {
        sqlx::query_scalar::<_, i64>("-- n_invitations\nSELECT COUNT(*) FROM invitations WHERE tenant_id = $1")
            .bind($tenant.0)
            .fetch_one(&mut *$tx)
            .await?
    };
}

/// An expired one makes room; one to the same address is replaced, and its token works no more.
macro_rules! forget_former {
    ($tx:ident, $new:expr) => {
        sqlx::query(
            "-- forget_former\nDELETE FROM invitations WHERE tenant_id = $1 AND (email = $2 OR expires_at <= $3)",
        )
        .bind($new.tenant.0)
        .bind($new.email)
        .bind($new.created_at.unix_ms())
        .execute(&mut *$tx)
        .await?
    };
}

macro_rules! insert_invitation {
    ($tx:ident, $new:expr) => {
        sqlx::query(
            "-- insert_invitation
             INSERT INTO invitations (id, tenant_id, email, role, token_hash, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind($new.id.0)
        .bind($new.tenant.0)
        .bind($new.email)
        .bind($new.role.as_str())
        .bind(&$new.token_hash[..])
        .bind($new.created_at.unix_ms())
        .bind($new.expires_at.unix_ms())
        .execute(&mut *$tx)
        .await?
    };
}

macro_rules! use_invitation {
    ($tx:ident, $taken:expr) => {
        sqlx::query(
            "-- use_invitation
             DELETE FROM invitations WHERE tenant_id = $1 AND id = $2 AND token_hash = $3 AND expires_at > $4",
        )
        .bind($taken.invitation.tenant_id.0)
        .bind($taken.invitation.id.0)
        .bind(&$taken.token_hash[..])
        .bind($taken.at.unix_ms())
        .execute(&mut *$tx)
        .await?
        .rows_affected()
    };
}

/// INVARIANT: the tenant's row is held, as by all that change its members and invitations.
macro_rules! join {
    ($tx:ident, $taken:expr, $record:expr) => {
        let tenant = $taken.invitation.tenant_id;
        if use_invitation!($tx, $taken) == 0 {
            return Ok(Accept::Gone);
        }
        if let Some(password_hash) = $taken.password_hash
            && !holds_password!($tx, $taken.user, password_hash)
        {
            return Ok(Accept::OtherPassword);
        }
        // Whoever is signed in has shown one.
        if $taken.password_hash.is_some() && !$taken.has_passed && has_second_factor!($tx, $taken.user) {
            return Ok(Accept::CodeNeeded);
        }
        if let Some(new_user) = &$taken.new_user
            && insert_user!($tx, new_user, $taken.at) == 0
        {
            return Ok(Accept::EmailTaken);
        }
        sqlx::query(
            "-- insert_member
             INSERT INTO members (tenant_id, user_id, role, created_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (tenant_id, user_id) DO NOTHING",
        )
        .bind(tenant.0)
        .bind($taken.user.0)
        .bind($taken.invitation.role.as_str())
        .bind($taken.at.unix_ms())
        .execute(&mut *$tx)
        .await?;
        insert_session!($tx, $taken.session);
        insert_audit!($tx, $record);
    };
}

impl Store {
    /// Invites somebody, puts the mail that says so into the outbox, and writes that down; or nothing of it. Once for each
    /// key.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn invite(
        &self,
        new: &NewInvitation<'_>,
        by: By,
        most: i64,
        mail: &NewMail,
        record: &AuditEntry<'_>,
        once: Option<&Once<'_>>,
    ) -> Result<Invite, StoreError> {
        write_of!(self, new.tenant, |tx| {
            lock_tenant!(tx, new.tenant);
            if let Some(once) = once
                && !take_key!(tx, new.tenant, once, record.at)
            {
                return Ok(Invite::Repeat);
            }
            let actor = role_of_actor!(tx, new.tenant, by);
            if actor < Role::Admin || new.role > actor {
                return Ok(Invite::NotAllowed);
            }
            let former = role_of_invitation!(tx, new.tenant, None::<Uuid>, Some(new.email), new.created_at);
            if former.is_some_and(|role| role > actor) {
                return Ok(Invite::NotAllowed);
            }
            if is_member!(tx, new) {
                return Ok(Invite::AlreadyMember);
            }
            forget_former!(tx, new);
            if n_invitations!(tx, new.tenant) >= most {
                return Ok(Invite::TooMany);
            }
            insert_invitation!(tx, new);
            insert_mail!(tx, mail);
            insert_audit!(tx, record);
        });
        Ok(Invite::Made)
    }

    /// Those that can still be accepted, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn invitations(&self, tenant: TenantId, now: Timestamp) -> Result<Vec<InvitationRow>, StoreError> {
        Ok(read_of!(self, tenant, |conn| {
            sqlx::query_as(
                "-- invitations
                 SELECT id, tenant_id, email, role, created_at, expires_at FROM invitations
                 WHERE tenant_id = $1 AND expires_at > $2 ORDER BY id",
            )
            .bind(tenant.0)
            .bind(now.unix_ms())
            .fetch_all(&mut *conn)
            .await?
        }))
    }

    /// Takes an invitation back and writes that down. Needs the role that making it did.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn withdraw_invitation(
        &self,
        tenant: TenantId,
        id: InvitationId,
        by: By,
        record: &AuditEntry<'_>,
    ) -> Result<Withdraw, StoreError> {
        write_of!(self, tenant, |tx| {
            lock_tenant!(tx, tenant);
            let role = role_of_invitation!(tx, tenant, Some(id.0), None::<&str>, record.at);
            let Some(role) = role else { return Ok(Withdraw::NotFound) };
            let actor = role_of_actor!(tx, tenant, by);
            if actor < Role::Admin || role > actor {
                return Ok(Withdraw::NotAllowed);
            }
            sqlx::query("-- withdraw_invitation\nDELETE FROM invitations WHERE tenant_id = $1 AND id = $2")
                .bind(tenant.0)
                .bind(id.0)
                .execute(&mut *tx)
                .await?;
            insert_audit!(tx, record);
        });
        Ok(Withdraw::Done)
    }

    /// What a token invites to, if it still does.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn invitation_by_token(
        &self,
        token_hash: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<InvitationRow>, StoreError> {
        Ok(read!(self, |conn| {
            sqlx::query_as(
                "-- invitation_by_token
                 SELECT id, tenant_id, email, role, created_at, expires_at FROM invitations
                 WHERE token_hash = $1 AND expires_at > $2",
            )
            .bind(&token_hash[..])
            .bind(now.unix_ms())
            .fetch_optional(&mut *conn)
            .await?
        }))
    }

    /// Makes a user a member, uses the invitation up, opens a session, and writes that down; or nothing of it. Whoever is a
    /// member already keeps its role.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn accept_invitation(
        &self,
        taken: &Acceptance<'_>,
        record: &AuditEntry<'_>,
    ) -> Result<Accept, StoreError> {
        if let Some(session) = &taken.session_token_hash {
            return self.accept_signed_in(taken, session, record).await;
        }
        write_of!(self, taken.invitation.tenant_id, |tx| {
            lock_tenant!(tx, taken.invitation.tenant_id);
            join!(tx, taken, record);
        });
        Ok(Accept::Joined)
    }

    /// A session may be for another of the user's tenants, which row security would hide.
    async fn accept_signed_in(
        &self,
        taken: &Acceptance<'_>,
        session: &[u8; 32],
        record: &AuditEntry<'_>,
    ) -> Result<Accept, StoreError> {
        write_tx!(self, |tx| {
            lock_tenant!(tx, taken.invitation.tenant_id);
            if !holds_session!(tx, taken.user, session, taken.at) {
                return Ok(Accept::SignedOut);
            }
            join!(tx, taken, record);
        });
        Ok(Accept::Joined)
    }
}
