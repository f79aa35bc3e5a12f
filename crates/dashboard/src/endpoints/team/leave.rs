//! Leaving a team.

use anyhook_rpc::tenants::v1::RemoveMemberRequest;
use axum::{Json, extract::State, response::IntoResponse};
use http::header;

use crate::{
    api::{Api, ask},
    auth::Editor,
    cookie::SessionCookie,
    problem::{Problem, ProblemBody},
    shapes::Done,
};

/// Leave the team
///
/// For oneself, whatever one's role is; the last owner stays. All of the user's sessions with this tenant end, this one
/// too: sign in again for the other tenants. Needs a session.
#[utoipa::path(
    post, path = "/api/v1/team/leave", tag = "Team",
    responses(
        (status = 200, description = "Left", body = Done),
        (status = "default", description = "Among others `last_owner`", body = ProblemBody),
    )
)]
pub(crate) async fn leave_team(State(api): State<Api>, Editor(caller): Editor) -> Result<impl IntoResponse, Problem> {
    let (user_id, _) = caller.person()?;
    let request = RemoveMemberRequest { tenant_id: caller.tenant_id(), actor: caller.actor(), user_id };
    ask(api.team().remove_member(request)).await?;
    let cookie = SessionCookie::of(&api.config().public_dashboard_url).clear();
    Ok(([(header::SET_COOKIE, cookie)], Json(Done::new())))
}
