//! The event log.

pub(super) mod body;
pub(super) mod export;
mod filter;
pub(super) mod forget;
pub(super) mod inspect;
pub(super) mod list;
mod opening;
mod paging;
pub(super) mod proof;
pub(super) mod replay;
pub(super) mod replay_failed;
pub(super) mod replay_url;
pub(super) mod stream;
pub(super) mod undelivered;

pub(crate) use filter::Members;
pub(super) use filter::instant;
pub(super) use paging::given;

use anyhook_domain::{AppId, EventId};
use anyhook_rpc::tenants::v1::{App, Destination, GetAppRequest, ListAppsRequest};

use crate::{
    api::{Api, ask},
    auth::Caller,
    problem::Problem,
};

/// Those that the caller's key reaches.
pub(super) async fn all_apps(api: &Api, caller: &Caller) -> Result<Vec<App>, Problem> {
    let mut apps = ask(api.apps().list_apps(ListAppsRequest { tenant_id: caller.tenant_id() })).await?.apps;
    apps.retain(|app| app.id.parse().is_ok_and(|id| caller.reaches(id)));
    Ok(apps)
}

/// An app by its current or a former slug, or by its id.
pub(super) async fn one_app(api: &Api, caller: &Caller, app: &str) -> Result<App, Problem> {
    ask(api.apps().get_app(GetAppRequest { tenant_id: caller.tenant_id(), app: app.to_owned() })).await
}

pub(super) fn app_id(app: &App) -> Result<AppId, Problem> {
    app.id.parse().map_err(|_| Problem::internal("tenants: an app id that is none"))
}

/// What is no id is no event, either.
fn event_id(text: &str) -> Result<EventId, Problem> {
    text.parse().map_err(|_| no_such_event())
}

fn no_such_event() -> Problem {
    Problem::not_found("There is no such event; GET /api/v1/events lists those that there are.")
}

/// Whether a destination wants only some events.
pub(in crate::endpoints) fn is_choosy(destination: &Destination) -> bool {
    !destination.event_types.is_empty() || destination.filter.is_some()
}
