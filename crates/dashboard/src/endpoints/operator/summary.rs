//! A tenant as the operator sees it, and pages of them.

use anyhook_domain::{Month, TenantId};
use anyhook_rpc::tenants::v1::{ListAllTenantsRequest, TenantSummary};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::{Api, ask},
    problem::Problem,
    shapes::instant,
};

const DEFAULT_LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 200;
const MAX_TEXT_CHARS: usize = 100;

/// A tenant, with what it has and uses.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OperatedTenant {
    #[schema(examples("ten_01h455vb4pex5vsknk084sn02q"))]
    id: String,
    #[schema(examples("acme"))]
    slug: String,
    name: String,
    #[schema(examples("free"))]
    plan: String,
    created_at: String,
    members: u64,
    apps: u64,
    /// Accepted in the present month.
    events_this_month: u64,
    /// What the plan takes in a month; null: as many as come.
    events_per_month: Option<u64>,
    /// When it is deleted, unless somebody claims it; null for all that were claimed or made with an account.
    expires_at: Option<String>,
}

/// Which tenants are wanted.
#[derive(Default)]
pub(super) struct Wanted {
    pub(super) text: Option<String>,
    pub(super) plan: Option<String>,
    pub(super) limit: Option<String>,
    pub(super) cursor: Option<String>,
}

/// A page of tenants, newest first, each with what it used in a month; and where the next page begins.
pub(super) struct Page {
    pub(super) tenants: Vec<(TenantSummary, u64)>,
    pub(super) next_cursor: Option<String>,
}

impl OperatedTenant {
    pub(super) fn of(tenant: TenantSummary, events_this_month: u64) -> Self {
        Self {
            id: tenant.id,
            slug: tenant.slug,
            name: tenant.name,
            plan: tenant.plan,
            created_at: instant(tenant.created_at),
            members: tenant.n_members,
            apps: tenant.n_apps,
            events_this_month,
            events_per_month: tenant.events_per_month,
            expires_at: tenant.expires_at.map(instant),
        }
    }
}

/// The tenants from their service, what they used from the log.
pub(super) async fn page(api: &Api, wanted: Wanted, month: Month) -> Result<Page, Problem> {
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let limit = limit(given(wanted.limit).as_deref())?;
    let text = given(wanted.text);
    if text.as_ref().is_some_and(|text| text.chars().count() > MAX_TEXT_CHARS) {
        return Err(Problem::bad_field("q", format!("q must have at most {MAX_TEXT_CHARS} characters.")));
    }
    let request = ListAllTenantsRequest { text, plan: given(wanted.plan), before: given(wanted.cursor), limit };
    let found = ask(api.operator().list_all_tenants(request)).await?.tenants;
    let is_full = found.len() >= limit as usize;
    let next_cursor = found.last().filter(|_| is_full).map(|tenant| tenant.id.clone());
    Ok(Page { tenants: with_usage(api, found, month).await?, next_cursor })
}

pub(super) async fn with_usage(
    api: &Api,
    tenants: Vec<TenantSummary>,
    month: Month,
) -> Result<Vec<(TenantSummary, u64)>, Problem> {
    let ids = tenants.iter().map(|tenant| tenant.id.parse::<TenantId>()).collect::<Result<Vec<_>, _>>();
    let ids = ids.map_err(|_| Problem::internal("tenants: a tenant id that is none"))?;
    let used = api.store().usage_of_each(&ids, month).await?;
    let used_by = |id: &TenantId| used.get(id).copied().unwrap_or(0);
    Ok(tenants.into_iter().zip(ids.iter().map(used_by)).collect())
}

fn limit(text: Option<&str>) -> Result<u32, Problem> {
    let Some(text) = text else { return Ok(DEFAULT_LIMIT) };
    let number = text.parse().ok().filter(|number| (1..=MAX_LIMIT).contains(number));
    number.ok_or_else(|| Problem::bad_field("limit", format!("limit must be a number from 1 to {MAX_LIMIT}.")))
}
