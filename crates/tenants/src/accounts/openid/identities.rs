//! A user's accounts at issuers.

use anyhook_domain::{IdentityId, TenantId, UserId};
use anyhook_rpc::tenants::v1::{
    Identity, ListIdentitiesRequest, ListIdentitiesResponse, RemoveIdentityRequest, RemoveIdentityResponse,
};
use anyhook_store::config::{NO_PASSWORD, RemoveIdentity};

use super::refusal::OpenIdRefusal;
use crate::{Service, audit::Actor, check, problem::Problem};

pub(in crate::accounts) async fn list(
    service: &Service,
    request: &ListIdentitiesRequest,
) -> Result<ListIdentitiesResponse, Problem> {
    let user: UserId = check::id("user", &request.user_id)?;
    let user = service.store.user(user).await?.ok_or(Problem::NotFound("user"))?;
    let identities = service.store.identities_of(user.id).await?.into_iter().map(|row| Identity {
        id: row.id.to_string(),
        issuer: row.issuer,
        email: row.email,
        created_at: row.created_at,
    });
    Ok(ListIdentitiesResponse { identities: identities.collect(), has_password: user.password_hash != NO_PASSWORD })
}

pub(in crate::accounts) async fn remove(
    service: &Service,
    request: &RemoveIdentityRequest,
) -> Result<RemoveIdentityResponse, Problem> {
    let user: UserId = check::id("user", &request.user_id)?;
    let tenant: TenantId = check::tenant(&request.tenant_id)?;
    let identity: IdentityId = check::id("identity", &request.identity_id)?;
    let record = service.record(tenant, Actor::User(user), "identity.removed", &request.identity_id);
    match service.store.remove_identity(user, identity, &record).await? {
        RemoveIdentity::Done => Ok(RemoveIdentityResponse {}),
        RemoveIdentity::NotFound => Err(Problem::NotFound("identity")),
        RemoveIdentity::LastWay => Err(OpenIdRefusal::LastWay.into()),
    }
}
