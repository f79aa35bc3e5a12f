//! Plans.

use anyhook_rpc::tenants::v1;
use serde::Serialize;
use utoipa::ToSchema;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// What a tenant may use.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Plan {
    #[schema(examples("free"))]
    name: String,
    /// What it takes in a month; null: as many as come.
    #[schema(examples(3000))]
    events_per_month: Option<u64>,
    /// For how many days an event is kept; null: until it is deleted.
    #[schema(examples(30))]
    kept_days: Option<u64>,
    /// New tenants are on it.
    is_default: bool,
}

/// All plans, the one that takes least first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlanList {
    plans: Vec<Plan>,
}

impl From<v1::ListPlansResponse> for PlanList {
    fn from(list: v1::ListPlansResponse) -> Self {
        Self { plans: list.plans.into_iter().map(Plan::from).collect() }
    }
}

impl From<v1::Plan> for Plan {
    fn from(plan: v1::Plan) -> Self {
        Self {
            name: plan.name,
            events_per_month: plan.events_per_month,
            kept_days: plan.kept_for_ms.map(days),
            is_default: plan.is_default,
        }
    }
}

/// Plans keep events for whole days.
pub(crate) fn days(kept_for_ms: i64) -> u64 {
    u64::try_from(kept_for_ms).unwrap_or(0) / DAY_MS
}
