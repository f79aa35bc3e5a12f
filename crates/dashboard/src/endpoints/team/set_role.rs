//! Giving a member another role.

use anyhook_rpc::tenants::v1::SetRoleRequest;
use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    api::{Api, ask},
    auth::Editor,
    extract::{Body, PathPart},
    problem::{Problem, ProblemBody},
    shapes::team::Member,
};

#[derive(Deserialize, ToSchema)]
pub(crate) struct MemberChange {
    /// `owner`, `admin`, `member` or `viewer`.
    #[schema(examples("admin"))]
    role: String,
}

/// Change a member
///
/// What is about an owner only an owner may do, and a tenant keeps at least one.
#[utoipa::path(
    patch, path = "/api/v1/team/members/{id}", tag = "Team",
    params(("id" = String, Path, description = "The user's id", example = "usr_01h455vb4pex5vsknk084sn02q")),
    request_body = MemberChange,
    responses(
        (status = 200, description = "The member as it is now", body = Member),
        (status = "default", description = "Among others `not_found`, `forbidden`, `last_owner`", body = ProblemBody),
    )
)]
pub(crate) async fn set_role(
    State(api): State<Api>,
    Editor(caller): Editor,
    PathPart(user_id): PathPart<String>,
    Body(body): Body<MemberChange>,
) -> Result<Json<Member>, Problem> {
    let request = SetRoleRequest { tenant_id: caller.tenant_id(), actor: caller.actor(), user_id, role: body.role };
    Ok(Json(ask(api.team().set_role(request)).await?.into()))
}
