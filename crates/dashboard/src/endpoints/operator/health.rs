//! How the whole installation is.

use anyhook_rpc::tenants::v1::GetStatusRequest;
use anyhook_store::log::{Tally, Workload};
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::{Api, ask},
    operator::Operator,
    problem::{Problem, ProblemBody},
};

/// The installation, as far as the dashboard's process sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InstallationHealth {
    /// Everything that was asked has answered.
    is_well: bool,
    checked_at: String,
    services: Vec<ServiceHealth>,
    /// Null while the tenants service does not answer.
    tenants: Option<TenantFigures>,
    /// Null while the event log does not answer.
    work: Option<Work>,
}

/// A part of the installation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServiceHealth {
    /// `dashboard`, `tenants`, `eventLog`, `queue` or `cache`.
    #[schema(examples("tenants"))]
    name: &'static str,
    is_ready: bool,
    /// Of AnyHook's own services.
    #[schema(examples("0.1.0"))]
    version: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct TenantFigures {
    total: u64,
    /// Made without an account, and claimed by nobody yet.
    unclaimed: u64,
}

/// What there is to do, over all tenants.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Work {
    /// Deliveries that will be attempted, now or later.
    deliveries_waiting: Figure,
    /// Of them, those whose time has come.
    deliveries_due: Figure,
    /// Since when the oldest of these is due; null when there is none. Later than a minute ago is as it should be.
    oldest_due_at: Option<String>,
    /// Deliveries that wait for a pause or a plan to end.
    deliveries_held: Figure,
    /// Received in the last hour, rejected ones too.
    events_last_hour: Figure,
}

/// A number that is counted up to a bound.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Figure {
    count: u64,
    /// Otherwise there are at least so many.
    is_exact: bool,
}

/// Get the installation's health
#[utoipa::path(
    get, path = "/api/v1/operator/health", tag = "Operator",
    responses(
        (status = 200, description = "How everything is, also when not everything is well", body = InstallationHealth),
        (status = "default", description = "`not_found` for whoever is no operator", body = ProblemBody),
    )
)]
pub(crate) async fn installation_health(
    State(api): State<Api>,
    _: Operator,
) -> Result<Json<InstallationHealth>, Problem> {
    let now = api.now();
    let (status, work) =
        tokio::join!(async { ask(api.operator().get_status(GetStatusRequest {})).await.ok() }, async {
            anyhook_store::in_time(api.store().workload(now)).await.ok()
        },);
    let own = Some(env!("CARGO_PKG_VERSION").to_owned());
    let services = vec![
        ServiceHealth { name: "dashboard", is_ready: true, version: own },
        ServiceHealth {
            name: "tenants",
            is_ready: status.is_some(),
            version: status.as_ref().map(|status| status.version.clone()),
        },
        ServiceHealth { name: "eventLog", is_ready: work.is_some(), version: None },
        ServiceHealth { name: "queue", is_ready: api.queue().is_connected(), version: None },
        ServiceHealth { name: "cache", is_ready: api.cache().is_connected(), version: None },
    ];
    Ok(Json(InstallationHealth {
        is_well: services.iter().all(|service| service.is_ready),
        checked_at: now.to_string(),
        services,
        tenants: status.map(|status| TenantFigures { total: status.n_tenants, unclaimed: status.n_quickstarts }),
        work: work.map(Work::from),
    }))
}

impl From<Workload> for Work {
    fn from(workload: Workload) -> Self {
        Self {
            deliveries_waiting: workload.waiting.into(),
            deliveries_due: workload.overdue.into(),
            oldest_due_at: workload.oldest_due.map(|at| at.to_string()),
            deliveries_held: workload.held.into(),
            events_last_hour: workload.events_last_hour.into(),
        }
    }
}

impl From<Tally> for Figure {
    fn from(tally: Tally) -> Self {
        Self { count: tally.n, is_exact: tally.is_exact }
    }
}
