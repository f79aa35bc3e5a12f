//! Listing API keys.

use anyhook_rpc::tenants::v1::ListApiKeysRequest;
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::{Api, ask},
    auth::Caller,
    problem::{Problem, ProblemBody},
    shapes::api_key::ApiKey,
};

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApiKeyList {
    /// Oldest first; those that were revoked are gone.
    api_keys: Vec<ApiKey>,
}

/// List API keys
#[utoipa::path(
    get, path = "/api/v1/api-keys", tag = "API keys",
    responses(
        (status = 200, description = "The tenant's keys", body = ApiKeyList),
        (status = "default", description = "Among others `forbidden`", body = ProblemBody),
    )
)]
pub(crate) async fn list_api_keys(State(api): State<Api>, caller: Caller) -> Result<Json<ApiKeyList>, Problem> {
    let answer = ask(api.access().list_api_keys(ListApiKeysRequest { tenant_id: caller.tenant_id() })).await?;
    Ok(Json(ApiKeyList { api_keys: answer.api_keys.into_iter().map(Into::into).collect() }))
}
