//! A tenant's members, and those who are asked to be.

mod accept;
mod invite;
mod members;

use anyhook_rpc::tenants::v1::{
    AcceptInvitationRequest, AcceptInvitationResponse, GetTeamRequest, GetTeamResponse, InviteRequest, Invited,
    RemoveMemberRequest, RemoveMemberResponse, SetRoleRequest, TeamMember, WithdrawInvitationRequest,
    WithdrawInvitationResponse, team_server::Team,
};
use tonic::{Request, Response, Status};

use crate::{
    Tenants,
    problem::{Problem, answer},
};

const NOT_ALLOWED: Problem =
    Problem::Forbidden("Owners and admins manage a team, and only an owner makes, changes or removes owners.");

#[tonic::async_trait]
impl Team for Tenants {
    async fn get_team(&self, request: Request<GetTeamRequest>) -> Result<Response<GetTeamResponse>, Status> {
        answer(members::get_team(&self.0, &request.into_inner()).await)
    }

    async fn invite(&self, request: Request<InviteRequest>) -> Result<Response<Invited>, Status> {
        answer(invite::invite(&self.0, &request.into_inner()).await)
    }

    async fn withdraw_invitation(
        &self,
        request: Request<WithdrawInvitationRequest>,
    ) -> Result<Response<WithdrawInvitationResponse>, Status> {
        answer(invite::withdraw_invitation(&self.0, &request.into_inner()).await)
    }

    async fn accept_invitation(
        &self,
        request: Request<AcceptInvitationRequest>,
    ) -> Result<Response<AcceptInvitationResponse>, Status> {
        answer(accept::accept_invitation(&self.0, request.into_inner()).await)
    }

    async fn set_role(&self, request: Request<SetRoleRequest>) -> Result<Response<TeamMember>, Status> {
        answer(members::set_role(&self.0, &request.into_inner()).await)
    }

    async fn remove_member(
        &self,
        request: Request<RemoveMemberRequest>,
    ) -> Result<Response<RemoveMemberResponse>, Status> {
        answer(members::remove_member(&self.0, &request.into_inner()).await)
    }
}
