//! Removing a member.

use anyhook_rpc::tenants::v1::RemoveMemberRequest;
use axum::{Json, extract::State};

use crate::{
    api::{Api, ask},
    auth::Editor,
    extract::PathPart,
    problem::{Problem, ProblemBody},
    shapes::Done,
};

/// Remove a member
///
/// Its sessions with this tenant end; the user's account stays, and so do API keys that it knows: revoke those as well.
#[utoipa::path(
    delete, path = "/api/v1/team/members/{id}", tag = "Team",
    params(("id" = String, Path, description = "The user's id", example = "usr_01h455vb4pex5vsknk084sn02q")),
    responses(
        (status = 200, description = "Removed", body = Done),
        (status = "default", description = "Among others `not_found`, `forbidden`, `last_owner`", body = ProblemBody),
    )
)]
pub(crate) async fn remove_member(
    State(api): State<Api>,
    Editor(caller): Editor,
    PathPart(user_id): PathPart<String>,
) -> Result<Json<Done>, Problem> {
    let request = RemoveMemberRequest { tenant_id: caller.tenant_id(), actor: caller.actor(), user_id };
    ask(api.team().remove_member(request)).await?;
    Ok(Json(Done::new()))
}
