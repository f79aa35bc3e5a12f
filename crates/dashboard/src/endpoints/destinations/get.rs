//! Looking at a destination.

use anyhook_rpc::tenants::v1::{self, GetAppRequest};
use axum::{Json, extract::State};

use crate::{
    api::{Api, ask},
    auth::Caller,
    etag::IfMatch,
    extract::PathPart,
    problem::{Problem, ProblemBody},
    shapes::destination::Destination,
};

/// Get a destination
#[utoipa::path(
    get, path = "/api/v1/apps/{slug}/destinations/{id}", tag = "Destinations",
    params(
        ("slug" = String, Path, description = "The app's slug, a former slug, or its id"),
        ("id" = String, Path, description = "The destination's id"),
    ),
    responses(
        (status = 200, description = "The destination", body = Destination),
        (status = "default", description = "Among others `not_found`", body = ProblemBody),
    )
)]
pub(crate) async fn get_destination(
    State(api): State<Api>,
    caller: Caller,
    PathPart((app, id)): PathPart<(String, String)>,
) -> Result<Json<Destination>, Problem> {
    Ok(Json(Destination::of(find(&api, &caller, &app, &id).await?, None)))
}

async fn find(api: &Api, caller: &Caller, app: &str, id: &str) -> Result<v1::Destination, Problem> {
    let app = ask(api.apps().get_app(GetAppRequest { tenant_id: caller.tenant_id(), app: app.to_owned() })).await?;
    let found = app.destinations.into_iter().find(|it| it.id == id);
    found.ok_or_else(|| Problem::not_found("There is no such destination here. Check its id or slug."))
}

/// The destination, where a change is meant for one version of it, and it is that one.
///
/// # Errors
/// [`Problem`] when it is another one.
pub(super) async fn as_seen(
    api: &Api,
    caller: &Caller,
    app: &str,
    id: &str,
    if_match: &IfMatch,
) -> Result<Option<v1::Destination>, Problem> {
    if !if_match.is_given() {
        return Ok(None);
    }
    let destination = find(api, caller, app, id).await?;
    if_match.check(&Destination::of(destination.clone(), None))?;
    Ok(Some(destination))
}
