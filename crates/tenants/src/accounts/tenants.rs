//! The tenants of a user.

use anyhook_domain::{SessionId, TenantId, UserId, slug::Slug};
use anyhook_rpc::tenants::v1::{
    CreateTenantRequest, ListTenantsRequest, ListTenantsResponse, Membership, Tenant, TurnSessionRequest,
};
use anyhook_store::config::{CreateTenant, NewTenant, TenantOfUser};

use super::tenant;
use crate::{Service, audit::Actor, check, problem::Problem, random, slugs};

/// Tenants that one user may own.
const MAX_OWNED: i64 = 20;

pub(super) async fn list_tenants(
    service: &Service,
    request: &ListTenantsRequest,
) -> Result<ListTenantsResponse, Problem> {
    let mut tenants = Vec::new();
    for row in service.store.tenants_of(check::id("user", &request.user_id)?).await? {
        tenants.push(membership(service, row).await?);
    }
    Ok(ListTenantsResponse { tenants })
}

async fn membership(service: &Service, row: TenantOfUser) -> Result<Membership, Problem> {
    Ok(Membership { tenant: Some(tenant::of_row(service, row.tenant).await?), role: row.role })
}

pub(super) async fn create_tenant(service: &Service, request: &CreateTenantRequest) -> Result<Tenant, Problem> {
    let owner: UserId = check::id("user", &request.user_id)?;
    let name = check::name("name", &request.name)?;
    for slug in slugs::candidates("slug", request.slug.as_deref(), &name, "workspace")? {
        if let Some(made) = try_slug(service, owner, &name, &slug).await? {
            let row = service.store.tenant(made).await?.ok_or(Problem::NotFound("tenant"))?;
            return tenant::of_row(service, row).await;
        }
    }
    Err(Problem::SlugTaken("slug"))
}

/// `None` when the slug is taken.
async fn try_slug(service: &Service, owner: UserId, name: &str, slug: &Slug) -> Result<Option<TenantId>, Problem> {
    let id = TenantId::new(service.now(), random::bytes());
    let key = service.vault.new_tenant_key(id);
    let new = NewTenant {
        id,
        slug,
        name,
        plan: service.default_plan.name,
        wrapped_key: &key.wrapped,
        master_version: key.master_version,
    };
    let subject = id.to_string();
    let record = service.record(id, Actor::User(owner), "tenant.created", &subject);
    match service.store.create_tenant(&new, owner, MAX_OWNED, &record).await? {
        CreateTenant::Made => Ok(Some(id)),
        CreateTenant::SlugTaken => Ok(None),
        CreateTenant::TooMany => Err(Problem::TooMany(format!("A user owns at most {MAX_OWNED} tenants."))),
    }
}

/// A tenant that the user does not belong to is not found, whether or not there is one.
pub(super) async fn turn_session(service: &Service, request: &TurnSessionRequest) -> Result<Membership, Problem> {
    let user: UserId = check::id("user", &request.user_id)?;
    let session: SessionId = check::id("session", &request.session_id)?;
    let slug: Slug = check::id("tenant", &request.slug)?;
    let turned = service.store.turn_session(user, session, &slug).await?;
    let turned = turned.ok_or(Problem::NotFound("tenant"))?;
    let tenants = service.store.tenants_of(user).await?;
    let row = tenants.into_iter().find(|row| row.tenant.id == turned).ok_or(Problem::NotFound("tenant"))?;
    membership(service, row).await
}
