//! Whether requests can be answered.

use anyhook_domain::{DestinationId, EventId, TenantId};
use anyhook_rpc::tenants::v1::GetDestinationRequest;
use axum::{Json, extract::State};
use tonic::Code;
use uuid::Uuid;

use super::health::Health;
use crate::{
    api::{Api, ask},
    problem::{Problem, ProblemBody},
};

/// Readiness
///
/// Asks the tenants service and the event log for something that is not there.
#[utoipa::path(
    get, path = "/readyz", tag = "Operation", security(()),
    responses(
        (status = 200, description = "Requests can be answered", body = Health),
        (status = 503, description = "Not now", body = ProblemBody),
    )
)]
pub(crate) async fn ready(State(api): State<Api>) -> Result<Json<Health>, Problem> {
    check(&api).await.map_err(Problem::into_unavailable)?;
    Ok(Health::ok())
}

async fn check(api: &Api) -> Result<(), Problem> {
    api.store().replayable(TenantId(Uuid::nil()), EventId(Uuid::nil())).await?;
    let request = GetDestinationRequest { destination_id: DestinationId(Uuid::nil()).to_string() };
    let mut routing = api.routing();
    let answer = async {
        match routing.get_destination(request).await {
            Err(status) if status.code() == Code::NotFound => Ok(tonic::Response::new(())),
            other => other.map(|answer| answer.map(drop)),
        }
    };
    ask(answer).await
}
