//! Members and invitations.

use anyhook_rpc::tenants::v1;
use serde::Serialize;
use utoipa::ToSchema;

use super::instant;

/// Somebody who belongs to the tenant.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Member {
    #[schema(examples("usr_01h455vb4pex5vsknk084sn02q"))]
    user_id: String,
    #[schema(examples("ada@example.com"))]
    email: String,
    /// `owner`, `admin`, `member` or `viewer`.
    #[schema(examples("member"))]
    role: String,
    #[schema(examples("2026-11-21T16:00:00.000Z"))]
    joined_at: String,
}

/// Somebody who was asked to join.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Invitation {
    #[schema(examples("inv_01h455vb4pex5vsknk084sn02q"))]
    id: String,
    #[schema(examples("grace@example.com"))]
    email: String,
    #[schema(examples("member"))]
    role: String,
    #[schema(examples("2026-11-21T16:00:00.000Z"))]
    created_at: String,
    /// It can be accepted until then.
    #[schema(examples("2026-11-28T16:00:00.000Z"))]
    expires_at: String,
}

impl From<v1::TeamMember> for Member {
    fn from(member: v1::TeamMember) -> Self {
        let (user_id, email, role) = (member.user_id, member.email, member.role);
        Self { user_id, email, role, joined_at: instant(member.joined_at) }
    }
}

impl From<v1::Invitation> for Invitation {
    fn from(it: v1::Invitation) -> Self {
        let (created_at, expires_at) = (instant(it.created_at), instant(it.expires_at));
        Self { id: it.id, email: it.email, role: it.role, created_at, expires_at }
    }
}
