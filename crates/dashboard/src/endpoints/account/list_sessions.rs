//! Where the user is signed in.

use anyhook_rpc::tenants::v1::ListSessionsRequest;
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::{Api, ask},
    auth::Caller,
    problem::{Problem, ProblemBody},
    shapes::instant,
};

#[derive(Serialize, ToSchema)]
pub(crate) struct SessionList {
    /// Newest first.
    sessions: Vec<Session>,
}

/// A browser in which the user is signed in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Session {
    #[schema(examples("ses_01h455vb4pex5vsknk084sn02q"))]
    id: String,
    /// Whether it is the one that asks.
    is_current: bool,
    /// The slug of the tenant that it is for now.
    #[schema(examples("acme"))]
    tenant: String,
    /// As the browser calls itself.
    #[schema(examples("Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0"))]
    user_agent: Option<String>,
    #[schema(examples("2026-11-21T16:00:00.000Z"))]
    created_at: String,
    #[schema(examples("2026-11-28T16:00:00.000Z"))]
    expires_at: String,
}

/// List sessions
///
/// The user's own, in all tenants. Needs a session.
#[utoipa::path(
    get, path = "/api/v1/account/sessions", tag = "Account",
    responses(
        (status = 200, description = "The user's sessions", body = SessionList),
        (status = "default", description = "Among others `forbidden`", body = ProblemBody),
    )
)]
pub(crate) async fn list_sessions(State(api): State<Api>, caller: Caller) -> Result<Json<SessionList>, Problem> {
    let (user_id, current) = caller.person()?;
    let answer = ask(api.accounts().list_sessions(ListSessionsRequest { user_id })).await?;
    let sessions = answer.sessions.into_iter().map(|it| Session {
        is_current: it.id == current,
        id: it.id,
        tenant: it.tenant_slug,
        user_agent: it.user_agent,
        created_at: instant(it.created_at),
        expires_at: instant(it.expires_at),
    });
    Ok(Json(SessionList { sessions: sessions.collect() }))
}
