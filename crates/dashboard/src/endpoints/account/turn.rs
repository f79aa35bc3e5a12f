//! Turning the session to another tenant.

use anyhook_rpc::tenants::v1::TurnSessionRequest;
use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    api::{Api, ask},
    auth::Editor,
    extract::Body,
    problem::{Problem, ProblemBody},
    shapes::membership::Membership,
};

#[derive(Deserialize, ToSchema)]
pub(crate) struct OtherTenant {
    #[schema(examples("acme-labs"))]
    slug: String,
}

/// Switch the tenant
///
/// From now on the session is for another of the user's tenants. Needs a session.
#[utoipa::path(
    post, path = "/api/v1/session/tenant", tag = "Account",
    request_body = OtherTenant,
    responses(
        (status = 200, description = "The tenant that the session is for now", body = Membership),
        (status = "default", description = "Among others `not_found`", body = ProblemBody),
    )
)]
pub(crate) async fn turn_session(
    State(api): State<Api>,
    Editor(caller): Editor,
    Body(body): Body<OtherTenant>,
) -> Result<Json<Membership>, Problem> {
    let (user_id, session_id) = caller.person()?;
    let turned = ask(api.accounts().turn_session(TurnSessionRequest { user_id, session_id, slug: body.slug })).await?;
    let current = turned.tenant.as_ref().map(|tenant| tenant.id.clone()).unwrap_or_default();
    Ok(Json(Membership::of(turned, &current)?))
}
