//! The plans that tenants can be on.

use anyhook_rpc::tenants::v1::ListPlansRequest;
use axum::{Json, extract::State};

use crate::{
    api::{Api, ask},
    problem::{Problem, ProblemBody},
    shapes::plan::PlanList,
};

/// List the plans
#[utoipa::path(
    get, path = "/api/v1/plans", tag = "Accounts", security(()),
    responses(
        (status = 200, description = "All plans of this installation", body = PlanList),
        (status = "default", description = "An error", body = ProblemBody),
    )
)]
pub(crate) async fn list_plans(State(api): State<Api>) -> Result<Json<PlanList>, Problem> {
    Ok(Json(ask(api.plans().list_plans(ListPlansRequest {})).await?.into()))
}
