//! The tenants of a user.

use anyhook_domain::{SessionId, TenantId, UserId, slug::Slug};
use anyhook_rpc::tenants::v1::{
    CreateTenantRequest, ListTenantsRequest, ListTenantsResponse, Membership, Tenant, TurnSessionRequest,
};
use anyhook_store::config::{CreateTenant, NewTenant, TenantOfUser};

use super::tenant;
use crate::{Service, audit::Actor, check, once::Keyed, plans, problem::Problem, random, slugs};

/// Tenants that one user may own.
pub(crate) const MAX_OWNED: i64 = 20;

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

/// Whoever wants a further tenant.
struct Founder<'a> {
    owner: UserId,
    name: &'a str,
    /// Remembered by the tenant of the user's session.
    keyed: Option<(TenantId, &'a Keyed)>,
}

pub(super) async fn create_tenant(service: &Service, request: &CreateTenantRequest) -> Result<Tenant, Problem> {
    let owner: UserId = check::id("user", &request.user_id)?;
    let session_of = request.idempotency_key.is_some().then(|| check::tenant(&request.tenant_id)).transpose()?;
    let key = request.idempotency_key.as_deref();
    let keyed =
        session_of.map(|of| Ok::<_, Problem>((of, Keyed::new(of, key, "create_tenant", request)?))).transpose()?;
    if let Some((_, keyed)) = &keyed
        && let Some(before) = keyed.answered(service).await?
    {
        return Ok(before);
    }
    let name = check::name("name", &request.name)?;
    let founder = Founder { owner, name: &name, keyed: keyed.as_ref().map(|(of, keyed)| (*of, keyed)) };
    for slug in slugs::candidates("slug", request.slug.as_deref(), &name, "workspace")? {
        if let Some(made) = try_slug(service, &founder, &slug).await? {
            return Ok(made);
        }
    }
    Err(Problem::SlugTaken("slug"))
}

/// `None` when the slug is taken.
async fn try_slug(service: &Service, founder: &Founder<'_>, slug: &Slug) -> Result<Option<Tenant>, Problem> {
    let (id, plan) = (TenantId::new(service.now(), random::bytes()), service.plans.default_plan());
    let key = service.vault.new_tenant_key(id);
    let new = NewTenant {
        id,
        slug,
        name: founder.name,
        plan: &plan.name,
        wrapped_key: &key.wrapped,
        master_version: key.master_version,
    };
    let subject = id.to_string();
    let record = service.record(id, Actor::User(founder.owner), "tenant.created", &subject);
    let made = Tenant {
        id: subject.clone(),
        slug: slug.to_string(),
        name: founder.name.to_owned(),
        plan: plan.name.to_string(),
        created_at: record.at.unix_ms(),
        former_slugs: Vec::new(),
        events_per_month: plan.events_per_month,
        kept_for_ms: plans::kept_for_ms(plan),
        hides_payloads: false,
    };
    let remembered = match founder.keyed {
        Some((of, keyed)) => keyed.remember(service, &made).await?.map(|remembered| (of, keyed, remembered)),
        None => None,
    };
    let once = remembered.as_ref().map(|(of, _, remembered)| (*of, remembered.once()));
    let once = once.as_ref().map(|(of, once)| (*of, once));
    match (service.store.create_tenant(&new, founder.owner, MAX_OWNED, &record, once).await?, &remembered) {
        (CreateTenant::Made, _) => Ok(Some(made)),
        (CreateTenant::SlugTaken, _) => Ok(None),
        (CreateTenant::TooMany, _) => Err(Problem::TooMany(format!("A user owns at most {MAX_OWNED} tenants."))),
        (CreateTenant::Repeat, Some((_, keyed, _))) => keyed.answered_meanwhile(service).await.map(Some),
        (CreateTenant::Repeat, None) => Err(Problem::Busy),
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
