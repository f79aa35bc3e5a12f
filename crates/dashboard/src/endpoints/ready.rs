//! Whether requests can be answered.

use std::time::Duration;

use anyhook_domain::{DestinationId, EventId, TenantId};
use anyhook_rpc::tenants::v1::GetDestinationRequest;
use anyhook_store::in_time;
use axum::{Json, extract::State};
use tokio::time::Instant;
use tonic::Code;
use uuid::Uuid;

use super::health::Health;
use crate::{
    api::{Api, ask},
    problem::{Problem, ProblemBody},
};

/// A good answer holds for so long.
const HOLDS_FOR: Duration = Duration::from_secs(1);

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
    // Held during the check: anybody may ask, and the database is asked once a second at most.
    let mut ready_at = api.ready_at().lock().await;
    if ready_at.is_none_or(|at| at.elapsed() >= HOLDS_FOR) {
        *ready_at = None;
        check(&api).await.map_err(Problem::into_unavailable)?;
        *ready_at = Some(Instant::now());
    }
    Ok(Health::ok())
}

async fn check(api: &Api) -> Result<(), Problem> {
    in_time(api.store().replayable(TenantId(Uuid::nil()), EventId(Uuid::nil()))).await?;
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
