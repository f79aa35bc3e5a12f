//! Ending all other sessions.

use anyhook_rpc::tenants::v1::EndOtherSessionsRequest;
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::{Api, ask},
    auth::Editor,
    problem::{Problem, ProblemBody},
};

#[derive(Serialize, ToSchema)]
pub(crate) struct Ended {
    /// How many there were.
    #[schema(examples(2))]
    ended: u64,
}

/// End all other sessions
///
/// Of the user's own; the one that asks goes on. Needs a session.
#[utoipa::path(
    delete, path = "/api/v1/account/sessions", tag = "Account",
    responses(
        (status = 200, description = "Ended", body = Ended),
        (status = "default", description = "Among others `forbidden`", body = ProblemBody),
    )
)]
pub(crate) async fn end_other_sessions(State(api): State<Api>, Editor(caller): Editor) -> Result<Json<Ended>, Problem> {
    let (user_id, session_id) = caller.person()?;
    let request = EndOtherSessionsRequest { user_id, tenant_id: caller.tenant_id(), session_id };
    Ok(Json(Ended { ended: ask(api.accounts().end_other_sessions(request)).await?.n_ended }))
}
