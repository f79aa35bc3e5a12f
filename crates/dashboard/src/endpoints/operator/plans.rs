//! The plans, beside what else the operator asks for.

use anyhook_rpc::tenants::v1::ListPlansRequest;
use axum::{Json, extract::State};

use crate::{
    api::{Api, ask},
    operator::Operator,
    problem::{Problem, ProblemBody},
    shapes::plan::PlanList,
};

/// List the plans, as an operator
#[utoipa::path(
    get, path = "/api/v1/operator/plans", tag = "Operator",
    responses(
        (status = 200, description = "All plans of this installation", body = PlanList),
        (status = "default", description = "`not_found` for whoever is no operator", body = ProblemBody),
    )
)]
pub(crate) async fn list_operator_plans(State(api): State<Api>, _: Operator) -> Result<Json<PlanList>, Problem> {
    Ok(Json(ask(api.plans().list_plans(ListPlansRequest {})).await?.into()))
}
