//! Revoking an API key.

use anyhook_rpc::tenants::v1::RevokeApiKeyRequest;
use axum::{Json, extract::State};

use crate::{
    api::{Api, ask},
    auth::Editor,
    extract::PathPart,
    problem::{Problem, ProblemBody},
    shapes::Done,
};

/// Revoke an API key
///
/// It works no more, with the next request; a stream that it opened ends within a minute.
#[utoipa::path(
    delete, path = "/api/v1/api-keys/{id}", tag = "API keys",
    params(("id" = String, Path, description = "The key's id", example = "key_01h455vb4pex5vsknk084sn02q")),
    responses(
        (status = 200, description = "Revoked", body = Done),
        (status = "default", description = "Among others `not_found`, `forbidden`", body = ProblemBody),
    )
)]
pub(crate) async fn revoke_api_key(
    State(api): State<Api>,
    Editor(caller): Editor,
    PathPart(api_key_id): PathPart<String>,
) -> Result<Json<Done>, Problem> {
    let request = RevokeApiKeyRequest { tenant_id: caller.tenant_id(), actor: caller.actor(), api_key_id };
    ask(api.access().revoke_api_key(request)).await?;
    Ok(Json(Done::new()))
}
