//! Putting a tenant on another plan.

use anyhook_domain::TenantId;
use anyhook_rpc::tenants::v1::{SetPlanRequest, TenantSummary};
use anyhook_store::config::SET_BY_OPERATOR;

use super::tenants;
use crate::{Service, audit::Actor, check, problem::Problem};

/// Told to everybody who remembers the former plan: ingress counts by the new one, and delivery looks for what it lets go.
pub(super) async fn set_plan(service: &Service, request: &SetPlanRequest) -> Result<TenantSummary, Problem> {
    let tenant: TenantId = check::tenant(&request.tenant_id)?;
    let Some(plan) = service.plans.named(&request.plan) else {
        return Err(Problem::invalid("plan", format!("Give one of these plans: {}.", service.plans.names())));
    };
    let record = service.record(tenant, Actor::Operator, SET_BY_OPERATOR, &plan.name);
    let mut pending = service.changes.pending(tenant, None);
    if !service.store.set_plan(tenant, &plan.name, &record).await? {
        // It is on this plan already, or not there.
        pending.nothing_changed();
        return tenants::read(service, tenant).await;
    }
    pending.name_routes(&service.store).await;
    drop(pending);
    // The tenant's audit log says that an operator did it, and not which: that is for the installation's own log.
    let by = request.user_id.as_deref().unwrap_or("the operator token");
    tracing::info!(tenant.id = %tenant, plan = %plan.name, by, "an operator has put a tenant on a plan");
    tenants::read(service, tenant).await
}
