//! Taking an account at an issuer away.

use anyhook_rpc::tenants::v1::RemoveIdentityRequest;
use axum::{Json, extract::State};

use crate::{
    api::{Api, ask},
    auth::Editor,
    extract::PathPart,
    problem::{Problem, ProblemBody},
    shapes::Done,
};

/// Remove an identity
///
/// Not the last way to sign in: set a password before that. Needs a session.
#[utoipa::path(
    delete, path = "/api/v1/account/identities/{id}", tag = "Account",
    params(("id" = String, Path, description = "The identity's id", example = "idn_01h455vb4pex5vsknk084sn02q")),
    responses(
        (status = 200, description = "Removed", body = Done),
        (status = "default", description = "Among others `not_found`, `last_way_to_sign_in`", body = ProblemBody),
    )
)]
pub(crate) async fn remove_identity(
    State(api): State<Api>,
    Editor(caller): Editor,
    PathPart(identity_id): PathPart<String>,
) -> Result<Json<Done>, Problem> {
    let (user_id, _) = caller.person()?;
    let request = RemoveIdentityRequest { user_id, tenant_id: caller.tenant_id(), identity_id };
    ask(api.sign_in().remove_identity(request)).await?;
    Ok(Json(Done::new()))
}
