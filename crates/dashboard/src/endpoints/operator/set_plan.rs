//! Putting a tenant on a plan.

use anyhook_rpc::tenants::v1::SetPlanRequest;
use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{summary::OperatedTenant, tenant};
use crate::{
    api::{Api, ask},
    extract::{Body, PathPart},
    operator::Operator,
    problem::{Problem, ProblemBody},
};

#[derive(Deserialize, ToSchema)]
pub(crate) struct WantedPlan {
    #[schema(examples("pro"))]
    plan: String,
}

/// Put a tenant on a plan
///
/// Takes effect within seconds. What was held back over the former plan is delivered where the new one has room; how long
/// an event is kept was decided when it came, and stays. Written into the tenant's audit log.
#[utoipa::path(
    put, path = "/api/v1/operator/tenants/{id}/plan", tag = "Operator",
    params(("id" = String, Path, description = "The tenant's id", example = "ten_01h455vb4pex5vsknk084sn02q")),
    request_body = WantedPlan,
    responses(
        (status = 200, description = "The tenant", body = OperatedTenant),
        (
            status = "default",
            description = "`invalid_field` for an unknown plan, `not_found`, also for whoever is no operator",
            body = ProblemBody
        ),
    )
)]
pub(crate) async fn set_plan(
    State(api): State<Api>,
    operator: Operator,
    PathPart(tenant_id): PathPart<String>,
    Body(body): Body<WantedPlan>,
) -> Result<Json<OperatedTenant>, Problem> {
    let request = SetPlanRequest { tenant_id, plan: body.plan, user_id: operator.user_id };
    let changed = ask(api.operator().set_plan(request)).await?;
    tenant::shown(&api, changed).await
}
