//! Where a user is signed in.

use anyhook_domain::{SessionId, TenantId, UserId};
use anyhook_rpc::tenants::v1::{
    EndOtherSessionsRequest, EndOtherSessionsResponse, EndSessionRequest, EndSessionResponse, GetUserRequest,
    ListSessionsRequest, ListSessionsResponse, OpenSession, User,
};

use super::log_in::user_of;
use crate::{Service, audit::Actor, check, problem::Problem};

pub(super) async fn get_user(service: &Service, request: &GetUserRequest) -> Result<User, Problem> {
    let user = service.store.user(check::id("user", &request.user_id)?).await?;
    user.map(user_of).ok_or(Problem::NotFound("user"))
}

pub(super) async fn list_sessions(
    service: &Service,
    request: &ListSessionsRequest,
) -> Result<ListSessionsResponse, Problem> {
    let rows = service.store.sessions_of(check::id("user", &request.user_id)?, service.now()).await?;
    let sessions = rows.into_iter().map(|row| OpenSession {
        id: row.id.to_string(),
        tenant_slug: row.tenant_slug,
        created_at: row.created_at,
        expires_at: row.expires_at,
        user_agent: row.user_agent,
    });
    Ok(ListSessionsResponse { sessions: sessions.collect() })
}

pub(super) async fn end_session(service: &Service, request: &EndSessionRequest) -> Result<EndSessionResponse, Problem> {
    let user: UserId = check::id("user", &request.user_id)?;
    let session: SessionId = check::id("session", &request.session_id)?;
    let tenant: TenantId = check::tenant(&request.tenant_id)?;
    let record = service.record(tenant, Actor::User(user), "session.ended", &request.session_id);
    if !service.store.end_session(user, session, &record).await? {
        return Err(Problem::NotFound("session"));
    }
    Ok(EndSessionResponse {})
}

pub(super) async fn end_other_sessions(
    service: &Service,
    request: &EndOtherSessionsRequest,
) -> Result<EndOtherSessionsResponse, Problem> {
    let user: UserId = check::id("user", &request.user_id)?;
    let kept: SessionId = check::id("session", &request.session_id)?;
    let tenant: TenantId = check::tenant(&request.tenant_id)?;
    let record = service.record(tenant, Actor::User(user), "session.others_ended", &request.user_id);
    let n_ended = service.store.end_other_sessions(user, kept, &record).await?;
    Ok(EndOtherSessionsResponse { n_ended })
}
