//! What keys that are limited to some apps do not reach: it is not found, like another tenant's.

use anyhook_domain::{AppId, EventId};
use anyhook_rpc::tenants::v1::{App, GetAppRequest};
use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use url::form_urlencoded;

use crate::{
    api::{Api, ask},
    auth::Caller,
    permissions::Reach,
    problem::Problem,
};

/// Refuses what a limited key does not reach; whoever is not limited reaches everything.
pub(crate) async fn check(parts: &mut Parts, api: &Api, caller: &Caller, reach: Reach) -> Result<(), Problem> {
    if !caller.is_limited() {
        return Ok(());
    }
    match reach {
        Reach::Free => Ok(()),
        Reach::App => app(api, caller, &path_part(parts, "slug").await?).await,
        Reach::Event => event(api, caller, &path_part(parts, "id").await?).await,
        Reach::Query | Reach::NamedQuery => {
            let slugs = slugs(parts.uri.query().unwrap_or_default());
            if slugs.is_empty() && reach == Reach::NamedQuery {
                let text = "This API key is limited to some apps: name one of them with app_slug.";
                return Err(Problem::bad_field("app_slug", text));
            }
            for slug in slugs {
                app(api, caller, &slug).await?;
            }
            Ok(())
        }
        Reach::Whole => {
            let text = "This API key is limited to some apps, and this is about the whole tenant; use another key.";
            Err(Problem::forbidden("forbidden", text))
        }
    }
}

async fn path_part(parts: &mut Parts, wanted: &str) -> Result<String, Problem> {
    let params = RawPathParams::from_request_parts(parts, &()).await.map_err(|_| Problem::unknown_path())?;
    let found = params.iter().find(|(name, _)| *name == wanted);
    found
        .map(|(_, value)| value.to_owned())
        .ok_or_else(|| Problem::internal("a path without the part that it is about"))
}

/// Every app that a query names, in both spellings.
fn slugs(query: &str) -> Vec<String> {
    let named = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "app_slug" || name == "appSlug");
    named.map(|(_, slug)| slug.into_owned()).filter(|slug| !slug.is_empty()).collect()
}

async fn app(api: &Api, caller: &Caller, name: &str) -> Result<(), Problem> {
    let request = GetAppRequest { tenant_id: caller.tenant_id(), app: name.to_owned() };
    reached(caller, ask(api.apps().get_app(request)).await?).map(drop)
}

/// The app, unless it is out of the caller's reach; then in the words of the tenants service, with which an app that is
/// not there would be refused.
pub(crate) fn reached(caller: &Caller, app: App) -> Result<App, Problem> {
    let is_reached = !caller.is_limited() || app.id.parse::<AppId>().is_ok_and(|id| caller.reaches(id));
    if is_reached { Ok(app) } else { Err(Problem::not_found("There is no such app here. Check its id or slug.")) }
}

async fn event(api: &Api, caller: &Caller, id: &str) -> Result<(), Problem> {
    let no_such_event = || Problem::not_found("There is no such event; GET /api/v1/events lists those that there are.");
    let id: EventId = id.parse().map_err(|_| no_such_event())?;
    let found = api.store().replayable(caller.tenant, id).await?;
    found.filter(|event| caller.reaches(event.app_id)).map(drop).ok_or_else(no_such_event)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_and_repeats_are_seen() {
        assert_eq!(slugs("limit=5&app_slug=a&appSlug=b%2Fc&app_slug="), ["a", "b/c"]);
        assert!(slugs("limit=5&app=x").is_empty() && slugs("").is_empty());
    }
}
