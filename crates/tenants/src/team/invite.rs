//! Asking somebody to join.

use std::time::Duration;

use anyhook_domain::InvitationId;
use anyhook_rpc::tenants::v1::{
    Invitation, InviteRequest, Invited, WithdrawInvitationRequest, WithdrawInvitationResponse,
};
use anyhook_store::config::{InvitationRow, Invite, NewInvitation};

use super::NOT_ALLOWED;
use crate::{Service, access::refuse_expiring, accounts::session, check, keys, problem::Problem, random};

const GOOD_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// That wait at once.
const MAX_INVITATIONS: i64 = 100;

/// One to the same address takes the place of the one before it.
pub(super) async fn invite(service: &Service, request: &InviteRequest) -> Result<Invited, Problem> {
    let tenant = check::tenant(&request.tenant_id)?;
    let actor = keys::actor(request.actor.as_ref())?;
    refuse_expiring(service, tenant, actor).await?;
    let email = check::email(&request.email)
        .ok_or_else(|| Problem::invalid("email", "Give an e-mail address, such as ada@example.com."))?;
    let role = check::role(&request.role)?;
    let token = session::token();
    let now = service.now();
    let new = NewInvitation {
        id: InvitationId::new(now, random::bytes()),
        tenant,
        email: &email,
        role,
        token_hash: session::hash(&token),
        created_at: now,
        expires_at: now + GOOD_FOR,
    };
    let subject = new.id.to_string();
    let record = service.record(tenant, actor, "invitation.created", &subject);
    match service.store.invite(&new, actor.by(), MAX_INVITATIONS, &record).await? {
        Invite::Made => {}
        Invite::AlreadyMember => return Err(Problem::AlreadyMember),
        Invite::NotAllowed => return Err(NOT_ALLOWED),
        Invite::TooMany => {
            return Err(Problem::TooMany(format!("{MAX_INVITATIONS} invitations wait already. Withdraw one.")));
        }
    }
    let invitation = Invitation {
        id: subject,
        role: role.as_str().to_owned(),
        created_at: now.unix_ms(),
        expires_at: new.expires_at.unix_ms(),
        email,
    };
    Ok(Invited { invitation: Some(invitation), token })
}

pub(super) async fn withdraw_invitation(
    service: &Service,
    request: &WithdrawInvitationRequest,
) -> Result<WithdrawInvitationResponse, Problem> {
    let tenant = check::tenant(&request.tenant_id)?;
    let actor = keys::actor(request.actor.as_ref())?;
    let id: InvitationId = check::id("invitation", &request.invitation_id)?;
    let record = service.record(tenant, actor, "invitation.withdrawn", &request.invitation_id);
    if !service.store.withdraw_invitation(tenant, id, &record).await? {
        return Err(Problem::NotFound("invitation"));
    }
    Ok(WithdrawInvitationResponse {})
}

pub(super) fn invitation_of(row: InvitationRow) -> Invitation {
    Invitation {
        id: row.id.to_string(),
        email: row.email,
        role: row.role,
        created_at: row.created_at,
        expires_at: row.expires_at,
    }
}
