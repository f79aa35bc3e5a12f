//! An app as it is shown, with the source that its requests look like.

use anyhook_rpc::tenants::v1::{self, GetAppRequest};
use anyhook_store::log::{EventFilter, Narrowing, Wanted};

use crate::{
    api::{Api, ask},
    auth::Caller,
    etag::IfMatch,
    problem::Problem,
    shapes::app::{AUTO, App},
};

/// How many of the newest events are asked.
const MOST: u32 = 20;

pub(super) async fn shown(api: &Api, caller: &Caller, app: v1::App) -> Result<App, Problem> {
    let proposed = proposed(api, caller, &app).await?;
    Ok(App::of(app, &api.config().public_ingress_url)?.proposing(proposed))
}

/// The app, where a change is meant for one version of it, and it is that one.
///
/// # Errors
/// [`Problem`] when it is another one.
pub(super) async fn as_seen(
    api: &Api,
    caller: &Caller,
    app: &str,
    if_match: &IfMatch,
) -> Result<Option<v1::App>, Problem> {
    if !if_match.is_given() {
        return Ok(None);
    }
    let request = GetAppRequest { tenant_id: caller.tenant_id(), app: app.to_owned() };
    let app = ask(api.apps().get_app(request)).await?;
    if_match.check(&shown(api, caller, app.clone()).await?)?;
    Ok(Some(app))
}

/// The source of the newest event that looked like one's; only for an app that has yet to be given one.
pub(super) async fn proposed(api: &Api, caller: &Caller, app: &v1::App) -> Result<Option<String>, Problem> {
    if app.source != AUTO {
        return Ok(None);
    }
    let id = app.id.parse().map_err(|_| Problem::internal("tenants: an app id that is none"))?;
    let (tenant, wanted, narrowing) = (caller.tenant, Wanted::Any, Narrowing::default());
    let filter = EventFilter { tenant, app: Some(id), wanted, narrowing, before: None, limit: MOST };
    let newest = api.store().list_events(&filter).await?.events.into_iter();
    Ok(newest.map(|event| event.source).find(|source| source != AUTO))
}
