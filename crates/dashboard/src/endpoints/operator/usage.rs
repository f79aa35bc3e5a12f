//! What all tenants used in a month: what a billing system asks for.

use anyhook_domain::Month;
use anyhook_rpc::tenants::v1::TenantSummary;
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::summary::{self, Wanted};
use crate::{
    api::Api,
    extract::Query,
    operator::Operator,
    problem::{Problem, ProblemBody},
};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// In UTC; the present one by default.
    #[param(example = "2026-11")]
    month: Option<String>,
    /// How many tenants to answer at most; 50 by default.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<String>,
    /// The `nextCursor` of the page before.
    #[param(example = "ten_01h455vb4pex5vsknk084sn02q")]
    cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TenantUsagePage {
    /// Tenants without an event are among them; newest tenant first.
    usage: Vec<TenantUsage>,
    /// Where the next page begins; left out when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// What a tenant used in a month.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TenantUsage {
    #[schema(examples("ten_01h455vb4pex5vsknk084sn02q"))]
    tenant_id: String,
    #[schema(examples("acme"))]
    slug: String,
    /// The one that the tenant is on now.
    #[schema(examples("free"))]
    plan: String,
    #[schema(examples("2026-11"))]
    month: String,
    /// Accepted in it.
    #[schema(examples(3250))]
    events: u64,
    /// How many of them are beyond what the plan takes.
    #[schema(examples(250))]
    over_plan: u64,
}

/// Export the usage
///
/// Of all tenants in a month. A month's figures are final once it is over.
#[utoipa::path(
    get, path = "/api/v1/operator/usage", tag = "Operator",
    params(Asked),
    responses(
        (status = 200, description = "A page of tenants with what they used", body = TenantUsagePage),
        (status = "default", description = "`not_found` for whoever is no operator", body = ProblemBody),
    )
)]
pub(crate) async fn export_usage(
    State(api): State<Api>,
    _: Operator,
    Query(query): Query<Asked>,
) -> Result<Json<TenantUsagePage>, Problem> {
    let month = month(query.month.as_deref().filter(|text| !text.is_empty()), Month::of(api.now()))?;
    let wanted = Wanted { limit: query.limit, cursor: query.cursor, ..Wanted::default() };
    let page = summary::page(&api, wanted, month).await?;
    let usage = page.tenants.into_iter().map(|(tenant, events)| used(tenant, month, events)).collect();
    Ok(Json(TenantUsagePage { usage, next_cursor: page.next_cursor }))
}

fn used(tenant: TenantSummary, month: Month, events: u64) -> TenantUsage {
    TenantUsage {
        tenant_id: tenant.id,
        slug: tenant.slug,
        plan: tenant.plan,
        month: month.to_string(),
        events,
        over_plan: tenant.events_per_month.map_or(0, |limit| events.saturating_sub(limit)),
    }
}

fn month(text: Option<&str>, present: Month) -> Result<Month, Problem> {
    let Some(text) = text else { return Ok(present) };
    let parsed = text.split_once('-').and_then(|(year, month)| {
        let digits = |text: &str, n: usize| text.len() == n && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_month = digits(year, 4) && digits(month, 2);
        is_month.then(|| format!("{year}{month}").parse().ok().and_then(Month::of_number)).flatten()
    });
    parsed.ok_or_else(|| Problem::bad_field("month", "Give month as a year and a month, such as 2026-11."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhook_domain::Timestamp;

    #[test]
    fn months_are_read_as_they_are_written() {
        let present = Month::of(Timestamp::from_unix_ms(1_750_000_000_000));
        for text in ["2026-11", "1999-01"] {
            assert_eq!(month(Some(text), present).unwrap().to_string(), text);
        }
        assert_eq!(month(None, present).unwrap(), present);
        for bad in ["2026-13", "2026-1", "26-11", "2026/11", "+026-11", "2026-00", "x"] {
            assert_eq!(month(Some(bad), present).expect_err(bad).seen().3, Some("month"));
        }
    }

    #[test]
    fn what_is_beyond_the_plan_is_told() {
        let over = |limit, events| {
            let tenant = TenantSummary { events_per_month: limit, ..TenantSummary::default() };
            used(tenant, Month::of_number(202_611).unwrap(), events).over_plan
        };
        assert_eq!([over(Some(10), 9), over(Some(10), 10), over(Some(10), 13), over(None, 99)], [0, 0, 3, 0]);
    }
}
