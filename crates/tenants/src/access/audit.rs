//! The audit log, page by page.

use anyhook_domain::{ApiKeyId, UserId};
use anyhook_rpc::tenants::v1::{AuditEntry, ListAuditRequest, ListAuditResponse};
use anyhook_store::config::{AuditFilter, NamedAuditRow};

use crate::{Service, check, problem::Problem};

const MAX_LIMIT: u32 = 200;

pub(super) async fn list_audit(service: &Service, request: &ListAuditRequest) -> Result<ListAuditResponse, Problem> {
    let before = request.before.as_deref().map(str::parse).transpose();
    let filter = AuditFilter {
        tenant: check::tenant(&request.tenant_id)?,
        action: request.action.as_deref(),
        subject: request.subject.as_deref(),
        before: before.map_err(|_| Problem::invalid("cursor", "cursor must be the nextCursor of the page before."))?,
        limit: request.limit.clamp(1, MAX_LIMIT),
    };
    let rows = service.store.audit_page(&filter).await?;
    Ok(ListAuditResponse { entries: rows.into_iter().map(entry_of).collect() })
}

fn entry_of(row: NamedAuditRow) -> AuditEntry {
    AuditEntry {
        id: row.id.to_string(),
        action: row.action,
        subject: row.subject,
        at: row.at,
        user_id: row.user_id.map(|id| UserId(id).to_string()),
        user_email: row.email,
        api_key_id: row.api_key_id.map(|id| ApiKeyId(id).to_string()),
        api_key_name: row.key_name,
    }
}
