//! What is written into the audit log together with what happens in the event log.

use anyhook_store::config::AuditEntry;

use crate::{api::Api, auth::Caller, problem::Problem};

impl Caller {
    /// That the caller did this now, as `event.replayed`, to what has this id.
    pub(crate) fn record<'a>(&self, api: &Api, action: &'a str, subject: &'a str) -> Result<AuditEntry<'a>, Problem> {
        let odd = || Problem::internal("tenants: a principal's id that is none");
        let at = api.now();
        Ok(AuditEntry {
            id: uuid::Builder::from_unix_timestamp_millis(at.unix_ms_unsigned(), &rand::random()).into_uuid(),
            tenant: self.tenant,
            user: self.principal.user_id.as_deref().map(str::parse).transpose().map_err(|_| odd())?,
            api_key: self.principal.api_key_id.as_deref().map(str::parse).transpose().map_err(|_| odd())?,
            action,
            subject,
            at,
        })
    }
}
