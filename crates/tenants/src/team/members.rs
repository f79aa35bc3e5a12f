//! Members and their roles.

use anyhook_domain::{
    TenantId, UserId,
    access::{MemberRefusal, Role},
};
use anyhook_rpc::tenants::v1::{
    Actor, GetTeamRequest, GetTeamResponse, RemoveMemberRequest, RemoveMemberResponse, SetRoleRequest, TeamMember,
};
use anyhook_store::config::{By, ChangeMember, MemberRow};

use super::{NOT_ALLOWED, invite::invitation_of};
use crate::{Service, access::refuse_expiring, check, keys, problem::Problem};

pub(super) async fn get_team(service: &Service, request: &GetTeamRequest) -> Result<GetTeamResponse, Problem> {
    let tenant = check::tenant(&request.tenant_id)?;
    let members = service.store.members(tenant).await?.into_iter().map(member_of).collect();
    let invitations = service.store.invitations(tenant, service.now()).await?;
    Ok(GetTeamResponse { members, invitations: invitations.into_iter().map(invitation_of).collect() })
}

pub(super) async fn set_role(service: &Service, request: &SetRoleRequest) -> Result<TeamMember, Problem> {
    let (tenant, user) = place(&request.tenant_id, &request.user_id)?;
    let role = check::role(&request.role)?;
    change(service, (tenant, user), Some(role), request.actor.as_ref()).await?;
    let members = service.store.members(tenant).await?;
    members.into_iter().find(|row| row.user_id == user).map(member_of).ok_or(Problem::NotFound("member"))
}

pub(super) async fn remove_member(
    service: &Service,
    request: &RemoveMemberRequest,
) -> Result<RemoveMemberResponse, Problem> {
    change(service, place(&request.tenant_id, &request.user_id)?, None, request.actor.as_ref()).await?;
    Ok(RemoveMemberResponse {})
}

fn place(tenant: &str, user: &str) -> Result<(TenantId, UserId), Problem> {
    Ok((check::tenant(tenant)?, check::id("member", user)?))
}

async fn change(
    service: &Service,
    (tenant, user): (TenantId, UserId),
    to: Option<Role>,
    actor: Option<&Actor>,
) -> Result<(), Problem> {
    let actor = keys::actor(actor)?;
    refuse_expiring(service, tenant, actor).await?;
    let subject = user.to_string();
    let is_own = actor.by() == By::User(user);
    let action = match to {
        Some(role) => format!("member.made_{}", role.as_str()),
        None if is_own => "member.left".to_owned(),
        None => "member.removed".to_owned(),
    };
    let record = service.record(tenant, actor, &action, &subject);
    match service.store.change_member((tenant, user), to, actor.by(), &record).await? {
        ChangeMember::Done => Ok(()),
        ChangeMember::NotFound => Err(Problem::NotFound("member")),
        ChangeMember::Refused(MemberRefusal::NotAllowed) => Err(NOT_ALLOWED),
        ChangeMember::Refused(MemberRefusal::LastOwner) => Err(Problem::LastOwner),
    }
}

fn member_of(row: MemberRow) -> TeamMember {
    TeamMember { user_id: row.user_id.to_string(), email: row.email, role: row.role, joined_at: row.created_at }
}
