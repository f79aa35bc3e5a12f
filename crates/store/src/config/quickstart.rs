//! Tenants without an account: made, claimed by somebody, or ended. One row decides which.

use std::time::Duration;

use anyhook_domain::{SessionId, TenantId, Timestamp, UserId};
use uuid::Uuid;

use super::{
    accounts::{NewSession, NewUser, insert_session, insert_user},
    api_keys::{NewApiKey, insert_api_key},
    audit::{AuditEntry, insert_audit},
    mails::{NewMail, insert_mail},
    quota_notices::forget_notices,
    sessions::n_owned,
    tenants::{NewSlug, NewTenant, insert_tenant, insert_tenant_key, insert_tenant_slug, move_tenant, n_tenant_slugs},
    tokens::{NewToken, insert_token},
};
use crate::{
    Store, StoreError,
    pools::{read, read_of, write_of, write_tx},
};

/// What the audit log says of a plan that an operator set.
pub const SET_BY_OPERATOR: &str = "operator.plan_set";
/// A tenant on its way out is looked at again after this.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(10 * 60);

/// A tenant to be that nobody has an account for.
pub struct NewQuickstart<'a> {
    pub tenant: NewTenant<'a>,
    pub api_key: NewApiKey<'a>,
    /// Of what is shown by whoever claims it.
    pub token_hash: [u8; 32],
    pub at: Timestamp,
    pub expires_at: Timestamp,
}

/// Where a quickstart stands.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct QuickstartRow {
    #[sqlx(try_from = "Uuid")]
    pub tenant_id: TenantId,
    /// `open`, `claimed` or `ending`.
    pub state: String,
    /// When it ends; of one that is ending, when it is looked at again.
    pub expires_at: i64,
}

/// Who becomes the owner.
#[expect(clippy::large_enum_variant, reason = "one is made for each claim, and lives as long as the call")]
pub enum Claimant<'a> {
    /// Makes an account, and is to show that the address is its own.
    New { user: NewUser<'a>, session: NewSession, verification: (NewToken<'a>, NewMail) },
    /// Is signed in: its session is for the tenant from now on.
    SignedIn { user: UserId, session: SessionId, most_owned: i64 },
}

/// A wish to keep a quickstart.
pub struct QuickstartClaim<'a> {
    pub tenant: TenantId,
    pub token_hash: [u8; 32],
    pub claimant: Claimant<'a>,
    /// What it is on from now on, unless an operator has put it on another.
    pub plan: &'a str,
    pub name: Option<&'a str>,
    pub slug: Option<NewSlug<'a>>,
    pub at: Timestamp,
}

/// What became of a claim; nothing of it is kept unless it was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimQuickstart {
    Granted,
    /// Somebody else was faster, or it has ended.
    Gone,
    EmailTaken,
    SlugTaken,
    TooManySlugs,
    /// The user owns as many tenants as it may.
    TooMany,
    /// The session is over.
    NotSignedIn,
}

impl Claimant<'_> {
    const fn user(&self) -> UserId {
        match self {
            Self::New { user, .. } => user.id,
            Self::SignedIn { user, .. } => *user,
        }
    }
}

macro_rules! insert_quickstart {
    ($tx:ident, $new:expr) => {
        sqlx::query(
            "-- insert_quickstart
             INSERT INTO quickstarts (tenant_id, token_hash, state, created_at, expires_at)
             VALUES ($1, $2, 'open', $3, $4)",
        )
        .bind($new.tenant.id.0)
        .bind(&$new.token_hash[..])
        .bind($new.at.unix_ms())
        .bind($new.expires_at.unix_ms())
        .execute(&mut *$tx)
        .await?
    };
}

/// INVARIANT: of a claim and the end, whichever moves the row on from `open` happens, and the other does not.
macro_rules! take_quickstart {
    ($tx:ident, $claim:expr) => {
        sqlx::query(
            "-- take_quickstart
             UPDATE quickstarts SET state = 'claimed'
             WHERE tenant_id = $1 AND token_hash = $2 AND state = 'open' AND expires_at > $3",
        )
        .bind($claim.tenant.0)
        .bind(&$claim.token_hash[..])
        .bind($claim.at.unix_ms())
        .execute(&mut *$tx)
        .await?
        .rows_affected()
    };
}

macro_rules! turn_session_to {
    ($tx:ident, $tenant:expr, $user:expr, $session:expr, $at:expr) => {
        sqlx::query(
            "-- turn_session_to
             UPDATE sessions SET tenant_id = $1 WHERE id = $2 AND user_id = $3 AND expires_at > $4",
        )
        .bind($tenant.0)
        .bind($session.0)
        .bind($user.0)
        .bind($at.unix_ms())
        .execute(&mut *$tx)
        .await?
        .rows_affected()
    };
}

macro_rules! keep_tenant {
    ($tx:ident, $claim:expr) => {
        sqlx::query("-- keep_tenant\nUPDATE tenants SET name = COALESCE($2, name) WHERE id = $1")
            .bind($claim.tenant.0)
            .bind($claim.name)
            .execute(&mut *$tx)
            .await?
    };
}

/// A plan that an operator put it on stays.
macro_rules! set_plan_of_claimed {
    ($tx:ident, $claim:expr) => {
        sqlx::query(
            "-- set_plan_of_claimed
             UPDATE tenants SET plan = $2 WHERE id = $1 AND plan <> $2 AND NOT EXISTS (
                 SELECT 1 FROM audit_log l WHERE l.tenant_id = $1 AND l.action = $3)",
        )
        .bind($claim.tenant.0)
        .bind($claim.plan)
        .bind(SET_BY_OPERATOR)
        .execute(&mut *$tx)
        .await?
        .rows_affected()
    };
}

/// Whoever was invited before may be a member already.
macro_rules! own_tenant {
    ($tx:ident, $claim:expr) => {
        sqlx::query(
            "-- own_tenant
             INSERT INTO members (tenant_id, user_id, role, created_at) VALUES ($1, $2, 'owner', $3)
             ON CONFLICT (tenant_id, user_id) DO UPDATE SET role = 'owner'",
        )
        .bind($claim.tenant.0)
        .bind($claim.claimant.user().0)
        .bind($claim.at.unix_ms())
        .execute(&mut *$tx)
        .await?
    };
}

/// On PostgreSQL this makes whoever else counts what this user owns wait.
macro_rules! lock_owner {
    ($tx:ident, $user:expr) => {
        sqlx::query("-- lock_owner\nUPDATE users SET email = email WHERE id = $1")
            .bind($user.0)
            .execute(&mut *$tx)
            .await?
    };
}

impl Store {
    /// Makes a tenant with an API key that ends at its instant, and writes that down; `false` when the slug is taken.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn start_quickstart(&self, new: &NewQuickstart<'_>, record: &AuditEntry<'_>) -> Result<bool, StoreError> {
        write_of!(self, new.tenant.id, |tx| {
            if insert_tenant!(tx, new.tenant, new.at) == 0
                || insert_tenant_slug!(tx, new.tenant.id, new.tenant.slug.as_str(), new.at) == 0
            {
                return Ok(false);
            }
            insert_tenant_key!(tx, new.tenant, new.at);
            insert_api_key!(tx, new.api_key, new.at);
            insert_quickstart!(tx, new);
            insert_audit!(tx, record);
        });
        Ok(true)
    }

    /// What a token is for.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn quickstart_by_token(&self, token_hash: &[u8; 32]) -> Result<Option<QuickstartRow>, StoreError> {
        Ok(read!(self, |conn| {
            sqlx::query_as(
                "-- quickstart_by_token\nSELECT tenant_id, state, expires_at FROM quickstarts WHERE token_hash = $1",
            )
            .bind(&token_hash[..])
            .fetch_optional(&mut *conn)
            .await?
        }))
    }

    /// Makes a user the owner of a quickstart, which stays from now on, and writes that down; or nothing of it. `plan_set`
    /// is written down where its plan changes with that.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn claim_quickstart(
        &self,
        claim: &QuickstartClaim<'_>,
        record: &AuditEntry<'_>,
        plan_set: &AuditEntry<'_>,
    ) -> Result<ClaimQuickstart, StoreError> {
        write_tx!(self, |tx| {
            if take_quickstart!(tx, claim) == 0 {
                return Ok(ClaimQuickstart::Gone);
            }
            match &claim.claimant {
                Claimant::New { user, .. } => {
                    if insert_user!(tx, user, claim.at) == 0 {
                        return Ok(ClaimQuickstart::EmailTaken);
                    }
                }
                Claimant::SignedIn { user, session, most_owned } => {
                    lock_owner!(tx, user);
                    if n_owned!(tx, user) >= *most_owned {
                        return Ok(ClaimQuickstart::TooMany);
                    }
                    if turn_session_to!(tx, claim.tenant, user, session, claim.at) == 0 {
                        return Ok(ClaimQuickstart::NotSignedIn);
                    }
                }
            }
            keep_tenant!(tx, claim);
            if set_plan_of_claimed!(tx, claim) > 0 {
                forget_notices!(tx, claim.tenant, claim.at);
                insert_audit!(tx, plan_set);
            }
            own_tenant!(tx, claim);
            if let Some(NewSlug { slug, most }) = claim.slug {
                let n_new = insert_tenant_slug!(tx, claim.tenant, slug.as_str(), claim.at);
                if move_tenant!(tx, claim.tenant, slug.as_str()) == 0 {
                    return Ok(ClaimQuickstart::SlugTaken);
                }
                if n_new > 0 && n_tenant_slugs!(tx, claim.tenant) > most {
                    return Ok(ClaimQuickstart::TooManySlugs);
                }
            }
            if let Claimant::New { session, verification: (token, mail), .. } = &claim.claimant {
                insert_session!(tx, session);
                insert_token!(tx, token);
                insert_mail!(tx, mail);
            }
            insert_audit!(tx, record);
        });
        Ok(ClaimQuickstart::Granted)
    }

    /// Whether it is a quickstart that nobody has claimed.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn is_unclaimed(&self, tenant: TenantId) -> Result<bool, StoreError> {
        let n_unclaimed: i64 = read_of!(self, tenant, |conn| {
            sqlx::query_scalar(
                "-- is_unclaimed\nSELECT COUNT(*) FROM quickstarts WHERE tenant_id = $1 AND state <> 'claimed'",
            )
            .bind(tenant.0)
            .fetch_one(&mut *conn)
            .await?
        });
        Ok(n_unclaimed > 0)
    }

    /// Tenants whose time is over and that nobody has claimed, longest first; those that are on their way out, too.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn over_quickstarts(&self, now: Timestamp, most: u32) -> Result<Vec<TenantId>, StoreError> {
        let ids: Vec<Uuid> = read!(self, |conn| {
            sqlx::query_scalar(
                "-- over_quickstarts
                 SELECT tenant_id FROM quickstarts WHERE expires_at <= $1 AND state <> 'claimed'
                 ORDER BY expires_at LIMIT $2",
            )
            .bind(now.unix_ms())
            .bind(i64::from(most))
            .fetch_all(&mut *conn)
            .await?
        });
        Ok(ids.into_iter().map(TenantId).collect())
    }

    /// Begins or goes on with the end of a tenant, unless somebody has claimed it or does this already: `false`. From now on
    /// nobody claims it, its URLs lead nowhere, its API keys are nobody's, and what it stored does not open any more.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn end_quickstart(&self, tenant: TenantId, now: Timestamp) -> Result<bool, StoreError> {
        write_of!(self, tenant, |tx| {
            let ending = sqlx::query(
                "-- end_quickstart
                 UPDATE quickstarts SET state = 'ending', expires_at = $3
                 WHERE tenant_id = $1 AND expires_at <= $2 AND state <> 'claimed'",
            )
            .bind(tenant.0)
            .bind(now.unix_ms())
            .bind((now + LOOK_AGAIN_AFTER).unix_ms())
            .execute(&mut *tx)
            .await?;
            if ending.rows_affected() == 0 {
                return Ok(false);
            }
            for statement in [
                "-- end_api_keys\nDELETE FROM api_keys WHERE tenant_id = $1",
                "-- end_sessions\nDELETE FROM sessions WHERE tenant_id = $1",
                "-- end_invitations\nDELETE FROM invitations WHERE tenant_id = $1",
                "-- end_members\nDELETE FROM members WHERE tenant_id = $1",
                "-- end_replay_targets\nDELETE FROM replay_targets WHERE tenant_id = $1",
                "-- end_replays\nDELETE FROM replays WHERE tenant_id = $1",
                "-- end_apps\nDELETE FROM apps WHERE tenant_id = $1",
                "-- end_keys\nDELETE FROM tenant_keys WHERE tenant_id = $1",
            ] {
                sqlx::query(statement).bind(tenant.0).execute(&mut *tx).await?;
            }
        });
        Ok(true)
    }

    /// Removes a tenant that is on its way out, once it has no event left; its slug is free then. Whether it was removed.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn remove_quickstart(&self, tenant: TenantId) -> Result<bool, StoreError> {
        write_of!(self, tenant, |tx| {
            let removed = sqlx::query(
                "-- remove_quickstart
                 DELETE FROM tenants WHERE id = $1
                     AND EXISTS (SELECT 1 FROM quickstarts q WHERE q.tenant_id = $1 AND q.state = 'ending')
                     AND NOT EXISTS (SELECT 1 FROM events e WHERE e.tenant_id = $1)",
            )
            .bind(tenant.0)
            .execute(&mut *tx)
            .await?;
            if removed.rows_affected() == 0 {
                return Ok(false);
            }
            for statement in [
                "-- remove_usage\nDELETE FROM usage WHERE tenant_id = $1",
                "-- remove_answers\nDELETE FROM idempotency_keys WHERE tenant_id = $1",
            ] {
                sqlx::query(statement).bind(tenant.0).execute(&mut *tx).await?;
            }
        });
        Ok(true)
    }

    /// Takes a tenant back that has just been made: nobody knows of it.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn abandon_quickstart(&self, tenant: TenantId) -> Result<(), StoreError> {
        write_of!(self, tenant, |tx| {
            sqlx::query(
                "-- abandon_quickstart
                 DELETE FROM tenants WHERE id = $1
                     AND EXISTS (SELECT 1 FROM quickstarts q WHERE q.tenant_id = $1 AND q.state = 'open')",
            )
            .bind(tenant.0)
            .execute(&mut *tx)
            .await?;
        });
        Ok(())
    }

    /// Forgets the tokens of tenants that were claimed, once they would have ended; how many.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn forget_claimed_quickstarts(&self, now: Timestamp) -> Result<u64, StoreError> {
        Ok(write_tx!(self, |tx| {
            sqlx::query(
                "-- forget_claimed_quickstarts\nDELETE FROM quickstarts WHERE expires_at <= $1 AND state = 'claimed'",
            )
            .bind(now.unix_ms())
            .execute(&mut *tx)
            .await?
            .rows_affected()
        }))
    }
}
