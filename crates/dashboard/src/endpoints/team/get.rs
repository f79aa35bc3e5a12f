//! Looking at the team.

use anyhook_rpc::tenants::v1::GetTeamRequest;
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::{Api, ask},
    auth::Caller,
    problem::{Problem, ProblemBody},
    shapes::team::{Invitation, Member},
};

#[derive(Serialize, ToSchema)]
pub(crate) struct Team {
    /// Oldest first.
    members: Vec<Member>,
    /// Those that can still be accepted.
    invitations: Vec<Invitation>,
}

/// Get the team
#[utoipa::path(
    get, path = "/api/v1/team", tag = "Team",
    responses(
        (status = 200, description = "Members and invitations", body = Team),
        (status = "default", description = "Among others `forbidden`", body = ProblemBody),
    )
)]
pub(crate) async fn get_team(State(api): State<Api>, caller: Caller) -> Result<Json<Team>, Problem> {
    let team = ask(api.team().get_team(GetTeamRequest { tenant_id: caller.tenant_id() })).await?;
    Ok(Json(Team {
        members: team.members.into_iter().map(Into::into).collect(),
        invitations: team.invitations.into_iter().map(Into::into).collect(),
    }))
}
