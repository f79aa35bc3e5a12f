//! Who belongs to a tenant, and as what.

use anyhook_domain::{
    TenantId, UserId,
    access::{MemberRefusal, Role, change_member, leave},
};
use uuid::Uuid;

use super::{
    audit::{AuditEntry, insert_audit},
    tenants::lock_tenant,
};
use crate::{
    Store, StoreError,
    pools::{read_of, write_of},
};

#[derive(Clone, Debug, sqlx::FromRow)]
pub struct MemberRow {
    #[sqlx(try_from = "Uuid")]
    pub user_id: UserId,
    pub email: String,
    pub role: String,
    pub created_at: i64,
}

/// Who changes something about a tenant's members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    User(UserId),
    /// An API key with all rights acts as an administrator.
    Key,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeMember {
    Done,
    NotFound,
    Refused(MemberRefusal),
}

macro_rules! role_of {
    ($tx:ident, $tenant:expr, $user:expr) => {
        sqlx::query_scalar::<_, String>("-- role_of\nSELECT role FROM members WHERE tenant_id = $1 AND user_id = $2")
            .bind($tenant.0)
            .bind($user.0)
            .fetch_optional(&mut *$tx)
            .await?
            .and_then(|word| Role::parse(&word))
    };
}

/// As what somebody acts at this moment; whoever is no member any more, as nobody.
macro_rules! role_of_actor {
    ($tx:ident, $tenant:expr, $by:expr) => {
        match $by {
            By::Key => Some(Role::Admin),
            By::User(user) => role_of!($tx, $tenant, user),
        }
        .unwrap_or(Role::Viewer)
    };
}

macro_rules! n_owners {
    ($tx:ident, $tenant:expr) => {
        sqlx::query_scalar::<_, i64>(
            "-- n_owners\nSELECT COUNT(*) FROM members WHERE tenant_id = $1 AND role = 'owner'",
        )
        .bind($tenant.0)
        .fetch_one(&mut *$tx)
        .await?
    };
}

pub(super) use {role_of, role_of_actor};

impl Store {
    /// Oldest first.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn members(&self, tenant: TenantId) -> Result<Vec<MemberRow>, StoreError> {
        Ok(read_of!(self, tenant, |conn| {
            sqlx::query_as(
                "-- members
                 SELECT m.user_id, u.email, m.role, m.created_at FROM members m JOIN users u ON u.id = m.user_id
                 WHERE m.tenant_id = $1 ORDER BY m.created_at, m.user_id",
            )
            .bind(tenant.0)
            .fetch_all(&mut *conn)
            .await?
        }))
    }

    /// Whether any owner has shown that it reads its address's mail.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn has_verified_owner(&self, tenant: TenantId) -> Result<bool, StoreError> {
        let n_verified: i64 = read_of!(self, tenant, |conn| {
            sqlx::query_scalar(
                "-- n_verified_owners
                 SELECT COUNT(*) FROM members m JOIN users u ON u.id = m.user_id
                 WHERE m.tenant_id = $1 AND m.role = 'owner' AND u.email_verified_at IS NOT NULL",
            )
            .bind(tenant.0)
            .fetch_one(&mut *conn)
            .await?
        });
        Ok(n_verified > 0)
    }

    /// Gives a member another role, or removes it, sessions and all, and writes that down.
    ///
    /// INVARIANT: whoever changes a tenant's members holds its row meanwhile, so that two owners cannot go at once.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn change_member(
        &self,
        (tenant, user): (TenantId, UserId),
        to: Option<Role>,
        by: By,
        record: &AuditEntry<'_>,
    ) -> Result<ChangeMember, StoreError> {
        write_of!(self, tenant, |tx| {
            lock_tenant!(tx, tenant);
            let Some(of) = role_of!(tx, tenant, user) else { return Ok(ChangeMember::NotFound) };
            let actor = role_of_actor!(tx, tenant, by);
            let n_owners = n_owners!(tx, tenant);
            let is_leaving = to.is_none() && by == By::User(user);
            let judged = if is_leaving { leave(of, n_owners) } else { change_member(actor, of, to, n_owners) };
            if let Err(refusal) = judged {
                return Ok(ChangeMember::Refused(refusal));
            }
            if to == Some(of) {
                return Ok(ChangeMember::Done);
            }
            if of >= Role::Admin && to.is_none_or(|role| role < of) {
                // INVARIANT: nobody comes back by an invitation that they made while they might do more.
                sqlx::query("-- forget_invitations\nDELETE FROM invitations WHERE tenant_id = $1")
                    .bind(tenant.0)
                    .execute(&mut *tx)
                    .await?;
            }
            if let Some(role) = to {
                sqlx::query("-- set_role\nUPDATE members SET role = $3 WHERE tenant_id = $1 AND user_id = $2")
                    .bind(tenant.0)
                    .bind(user.0)
                    .bind(role.as_str())
                    .execute(&mut *tx)
                    .await?;
            } else {
                for statement in [
                    "-- remove_member\nDELETE FROM members WHERE tenant_id = $1 AND user_id = $2",
                    "-- end_sessions_of_member\nDELETE FROM sessions WHERE tenant_id = $1 AND user_id = $2",
                ] {
                    sqlx::query(statement).bind(tenant.0).bind(user.0).execute(&mut *tx).await?;
                }
            }
            insert_audit!(tx, record);
        });
        Ok(ChangeMember::Done)
    }
}
