//! Taking an invitation back.

use anyhook_rpc::tenants::v1::WithdrawInvitationRequest;
use axum::{Json, extract::State};

use crate::{
    api::{Api, ask},
    auth::Editor,
    extract::PathPart,
    problem::{Problem, ProblemBody},
    shapes::Done,
};

/// Withdraw an invitation
///
/// An owner's only an owner withdraws.
#[utoipa::path(
    delete, path = "/api/v1/team/invitations/{id}", tag = "Team",
    params(("id" = String, Path, description = "The invitation's id", example = "inv_01h455vb4pex5vsknk084sn02q")),
    responses(
        (status = 200, description = "It can no longer be accepted", body = Done),
        (status = "default", description = "Among others `not_found`, `forbidden`", body = ProblemBody),
    )
)]
pub(crate) async fn withdraw_invitation(
    State(api): State<Api>,
    Editor(caller): Editor,
    PathPart(invitation_id): PathPart<String>,
) -> Result<Json<Done>, Problem> {
    let request = WithdrawInvitationRequest { tenant_id: caller.tenant_id(), actor: caller.actor(), invitation_id };
    ask(api.team().withdraw_invitation(request)).await?;
    Ok(Json(Done::new()))
}
