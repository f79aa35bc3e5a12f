//! What is used of the plan.

use anyhook_domain::{Month, plan::Standing};
use anyhook_rpc::tenants::v1::GetTenantRequest;
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::{Api, ask},
    auth::Caller,
    problem::{Problem, ProblemBody},
    shapes::plan::days,
};

/// A tenant's use of its plan. An event counts once, when it is accepted; retries, replays, repeats and rejected requests
/// do not.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Usage {
    #[schema(examples("free"))]
    plan: String,
    /// The present month, in UTC.
    #[schema(examples("2026-11"))]
    month: String,
    /// Accepted in it so far.
    #[schema(examples(1250))]
    events: u64,
    /// What the plan takes in a month; null: as many as come.
    #[schema(examples(3000))]
    limit: Option<u64>,
    /// `within`: events are delivered; `over`: further ones are stored and held; `exhausted`: further ones are refused.
    #[schema(examples("within"))]
    standing: &'static str,
    /// When the count begins anew.
    #[schema(examples("2026-12-01T00:00:00.000Z"))]
    resets_at: String,
    /// For how many days an event is kept; null: until it is deleted.
    #[schema(examples(30))]
    kept_days: Option<u64>,
    /// Newest first; months without events are left out.
    history: Vec<MonthUsage>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MonthUsage {
    #[schema(examples("2026-11"))]
    month: String,
    #[schema(examples(1250))]
    events: u64,
}

/// Get the usage
#[utoipa::path(
    get, path = "/api/v1/usage", tag = "Accounts",
    responses(
        (status = 200, description = "What is used of the plan", body = Usage),
        (status = "default", description = "An error", body = ProblemBody),
    )
)]
pub(crate) async fn get_usage(State(api): State<Api>, caller: Caller) -> Result<Json<Usage>, Problem> {
    let tenant = ask(api.accounts().get_tenant(GetTenantRequest { tenant_id: caller.tenant_id() })).await?;
    let by_month = api.store().usage_by_month(caller.tenant).await?;
    let month = Month::of(api.now());
    let events = by_month.iter().find(|(it, _)| *it == month).map_or(0, |(_, events)| *events);
    let limit = tenant.events_per_month;
    let standing = limit.map_or(Standing::Within, |limit| Standing::after(events, limit));
    Ok(Json(Usage {
        plan: tenant.plan,
        month: month.to_string(),
        events,
        limit,
        standing: word(standing),
        resets_at: month.ends_at().to_string(),
        kept_days: tenant.kept_for_ms.map(days),
        history: by_month.into_iter().map(|(month, events)| MonthUsage { month: month.to_string(), events }).collect(),
    }))
}

const fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Within => "within",
        Standing::Over => "over",
        Standing::Exhausted => "exhausted",
    }
}
