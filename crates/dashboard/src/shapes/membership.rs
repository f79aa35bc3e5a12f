//! A tenant as one of its members sees it.

use anyhook_rpc::tenants::v1;
use serde::Serialize;
use utoipa::ToSchema;

use super::account::Tenant;
use crate::problem::Problem;

/// A tenant that the user belongs to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Membership {
    #[serde(flatten)]
    tenant: Tenant,
    /// `owner`, `admin`, `member` or `viewer`.
    #[schema(examples("owner"))]
    role: String,
    /// Whether the session is for it now.
    is_current: bool,
}

impl Membership {
    pub(crate) fn of(it: v1::Membership, current: &str) -> Result<Self, Problem> {
        let tenant = it.tenant.ok_or_else(|| Problem::internal("tenants: a membership without its tenant"))?;
        Ok(Self { is_current: tenant.id == current, tenant: tenant.into(), role: it.role })
    }
}
