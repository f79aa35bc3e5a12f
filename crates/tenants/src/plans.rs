//! The plans: which there are, and whether every tenant is on one of them.

use anyhook_domain::plan::{Plan, Plans};
use anyhook_rpc::tenants::v1::{self, ListPlansRequest, ListPlansResponse, plans_server};
use anyhook_store::Store;
use tonic::{Request, Response, Status};

use crate::{StartError, Tenants};

/// Tenants are on a plan that there is not. Nothing is guessed: another plan would hold back what its owner pays for, or
/// give away what it does not.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{n_tenants} of the tenants are on the plan {plan:?}, which is none of {known}: put it into the plans file \
     (ANYHOOK_PLANS_FILE), or start with the plans of before, move them to another plan \
     (PUT /api/v1/operator/tenants/{{id}}/plan), and start with these again"
)]
pub struct UnknownPlan {
    pub plan: String,
    pub n_tenants: i64,
    /// The names of those that there are.
    pub known: String,
}

/// # Errors
/// [`StartError`] for tenants on an unknown plan, and when the database does not answer.
pub(crate) async fn check(store: &Store, plans: &Plans) -> Result<(), StartError> {
    for (plan, n_tenants) in store.plans_in_use().await? {
        if plans.named(&plan).is_none() {
            return Err(UnknownPlan { plan, n_tenants, known: plans.names() }.into());
        }
    }
    Ok(())
}

/// As callers are told.
pub(crate) fn kept_for_ms(plan: &Plan) -> Option<i64> {
    plan.kept_for.map(|kept_for| i64::try_from(kept_for.as_millis()).unwrap_or(i64::MAX))
}

#[tonic::async_trait]
impl plans_server::Plans for Tenants {
    async fn list_plans(&self, _: Request<ListPlansRequest>) -> Result<Response<ListPlansResponse>, Status> {
        let plans = &self.0.plans;
        let shown = |plan: &Plan| v1::Plan {
            name: plan.name.to_string(),
            events_per_month: plan.events_per_month,
            kept_for_ms: kept_for_ms(plan),
            is_default: plan == plans.default_plan(),
        };
        Ok(Response::new(ListPlansResponse { plans: plans.all().iter().map(shown).collect() }))
    }
}
