//! All tenants.

use anyhook_domain::Month;
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::summary::{self, OperatedTenant, Wanted};
use crate::{
    api::Api,
    extract::Query,
    operator::Operator,
    problem::{Problem, ProblemBody},
};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// A part of the slug or of the name.
    #[param(example = "acme", max_length = 100)]
    q: Option<String>,
    /// Only those on this plan.
    #[param(example = "free")]
    plan: Option<String>,
    /// How many tenants to answer at most; 50 by default.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<String>,
    /// The `nextCursor` of the page before.
    #[param(example = "ten_01h455vb4pex5vsknk084sn02q")]
    cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OperatedTenantPage {
    /// Newest first.
    tenants: Vec<OperatedTenant>,
    /// Where the next page begins; left out when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// List all tenants
#[utoipa::path(
    get, path = "/api/v1/operator/tenants", tag = "Operator",
    params(Filter),
    responses(
        (status = 200, description = "A page of tenants", body = OperatedTenantPage),
        (status = "default", description = "`not_found` for whoever is no operator", body = ProblemBody),
    )
)]
pub(crate) async fn list_all_tenants(
    State(api): State<Api>,
    _: Operator,
    Query(query): Query<Filter>,
) -> Result<Json<OperatedTenantPage>, Problem> {
    let wanted = Wanted { text: query.q, plan: query.plan, limit: query.limit, cursor: query.cursor };
    let page = summary::page(&api, wanted, Month::of(api.now())).await?;
    let tenants = page.tenants.into_iter().map(|(tenant, used)| OperatedTenant::of(tenant, used)).collect();
    Ok(Json(OperatedTenantPage { tenants, next_cursor: page.next_cursor }))
}
