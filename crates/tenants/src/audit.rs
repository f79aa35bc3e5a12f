//! What goes into the audit log.

use anyhook_domain::{ApiKeyId, TenantId, Timestamp, UserId};
use anyhook_store::config::AuditEntry;
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
        let (user, api_key) = match actor {
            Actor::User(user) => (Some(user), None),
            Actor::ApiKey(key) => (None, Some(key)),
            Actor::Handler | Actor::Provider => (None, None),
        };
        let at = self.now();
        Ok(self.store.audit(&AuditEntry { id: new_id(at), tenant, user, api_key, action, subject, at }).await?)
    }
}

fn new_id(at: Timestamp) -> Uuid {
    uuid::Builder::from_unix_timestamp_millis(at.unix_ms_unsigned(), &random::bytes()).into_uuid()
}
