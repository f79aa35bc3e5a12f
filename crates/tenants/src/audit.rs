//! What goes into the audit log.

use anyhook_domain::{ApiKeyId, TenantId, Timestamp, UserId};
use anyhook_store::config::{AuditEntry, By};
use uuid::Uuid;

use crate::{Service, problem::Problem, random};

/// Who did something.
#[derive(Clone, Copy)]
pub(crate) enum Actor {
    User(UserId),
    ApiKey(ApiKeyId),
    /// A destination's own, by its answer.
    Handler,
    /// An app's, by its request.
    Provider,
    /// Of the installation.
    Operator,
    /// Whoever begins without an account, or asks by way of an earlier version, which does not say who does.
    Unnamed,
}

impl Actor {
    /// As what it changes a team.
    pub(crate) const fn by(self) -> By {
        match self {
            Self::User(user) => By::User(user),
            Self::ApiKey(_) | Self::Handler | Self::Provider | Self::Operator | Self::Unnamed => By::Key,
        }
    }
}

impl Service {
    /// Writes down who did something now, as `event.opened`, to what has this id.
    pub(crate) async fn audit(
        &self,
        tenant: TenantId,
        actor: Actor,
        action: &str,
        subject: &str,
    ) -> Result<(), Problem> {
        Ok(self.store.audit(&self.record(tenant, actor, action, subject)).await?)
    }

    /// The same, to be written together with what was done.
    pub(crate) fn record<'a>(
        &self,
        tenant: TenantId,
        actor: Actor,
        action: &'a str,
        subject: &'a str,
    ) -> AuditEntry<'a> {
        let (user, api_key) = match actor {
            Actor::User(user) => (Some(user), None),
            Actor::ApiKey(key) => (None, Some(key)),
            Actor::Handler | Actor::Provider | Actor::Operator | Actor::Unnamed => (None, None),
        };
        let at = self.now();
        AuditEntry { id: new_id(at), tenant, user, api_key, action, subject, at }
    }

    /// The same of all that one request did: each action, and what it was done to.
    pub(crate) fn records<'a>(
        &self,
        tenant: TenantId,
        actor: Actor,
        done: &'a [(&'static str, String)],
    ) -> Vec<AuditEntry<'a>> {
        done.iter().map(|(action, subject)| self.record(tenant, actor, action, subject)).collect()
    }
}

fn new_id(at: Timestamp) -> Uuid {
    uuid::Builder::from_unix_timestamp_millis(at.unix_ms_unsigned(), &random::bytes()).into_uuid()
}
