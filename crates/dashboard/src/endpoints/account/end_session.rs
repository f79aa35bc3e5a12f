//! Ending a session.

use anyhook_rpc::tenants::v1::EndSessionRequest;
use axum::{Json, extract::State};

use crate::{
    api::{Api, ask},
    auth::Editor,
    extract::PathPart,
    problem::{Problem, ProblemBody},
    shapes::Done,
};

/// End a session
///
/// One of the user's own; it works no more, with the next request. Needs a session.
#[utoipa::path(
    delete, path = "/api/v1/account/sessions/{id}", tag = "Account",
    params(("id" = String, Path, description = "The session's id", example = "ses_01h455vb4pex5vsknk084sn02q")),
    responses(
        (status = 200, description = "Ended", body = Done),
        (status = "default", description = "Among others `not_found`", body = ProblemBody),
    )
)]
pub(crate) async fn end_session(
    State(api): State<Api>,
    Editor(caller): Editor,
    PathPart(session_id): PathPart<String>,
) -> Result<Json<Done>, Problem> {
    let (user_id, _) = caller.person()?;
    let request = EndSessionRequest { user_id, tenant_id: caller.tenant_id(), session_id };
    ask(api.accounts().end_session(request)).await?;
    Ok(Json(Done::new()))
}
