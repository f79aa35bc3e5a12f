//! Keeping a quickstart: somebody becomes its owner.

use anyhook_domain::{TenantId, UserId, slug::Slug};
use anyhook_rpc::tenants::v1::{ClaimQuickstartRequest, ClaimQuickstartResponse, Session};
use anyhook_store::config::{ClaimQuickstart, Claimant, NewUser, QuickstartClaim};

use crate::{
    Service,
    accounts::{log_in::user_of, session, tenant, tenants::MAX_OWNED, verify_email},
    audit::Actor,
    check,
    problem::Problem,
    random, slugs,
};

/// The fields as people know them, who meet the tenant as one member of what they send.
const TENANT_NAME: &str = "tenant.name";
const TENANT_SLUG: &str = "tenant.slug";

/// The parts of a request after they were checked.
struct Wanted {
    tenant: TenantId,
    token_hash: [u8; 32],
    name: Option<String>,
    slug: Option<Slug>,
}

/// A new account to be.
struct Applicant {
    user: UserId,
    email: String,
    password_hash: String,
}

/// The key and the URLs that were given out go on working.
pub(super) async fn claim_quickstart(
    service: &Service,
    request: ClaimQuickstartRequest,
) -> Result<ClaimQuickstartResponse, Problem> {
    let wanted = wanted(service, &request).await?;
    if let Some(token) = &request.session_token
        && let Some(member) = service.store.member_by_session(&session::hash(token), service.now()).await?
    {
        let (user, session) = (member.user_id, member.session_id);
        let claimant = Claimant::SignedIn { user, session, most_owned: MAX_OWNED };
        claim(service, &wanted, user, claimant).await?;
        return answer(service, wanted.tenant, user, None).await;
    }
    let applicant = applicant(service, request.email.as_deref(), request.password).await?;
    let session = with_account(service, &wanted, &applicant, request.user_agent.as_deref()).await?;
    answer(service, wanted.tenant, applicant.user, Some(session)).await
}

async fn wanted(service: &Service, request: &ClaimQuickstartRequest) -> Result<Wanted, Problem> {
    let token_hash = session::hash(&request.token);
    let found = service.store.quickstart_by_token(&token_hash).await?.ok_or(Problem::QuickstartOver)?;
    match found.state.as_str() {
        "open" if found.expires_at > service.now().unix_ms() => {}
        "claimed" => return Err(Problem::AlreadyClaimed),
        _ => return Err(Problem::QuickstartOver),
    }
    let name = request.tenant_name.as_deref().map(|name| check::name(TENANT_NAME, name)).transpose()?;
    let slug = request.tenant_slug.as_deref().map(str::parse).transpose().map_err(Problem::bad_slug(TENANT_SLUG))?;
    Ok(Wanted { tenant: found.tenant_id, token_hash, name, slug })
}

async fn applicant(service: &Service, email: Option<&str>, password: Option<String>) -> Result<Applicant, Problem> {
    let email = email.and_then(check::email).ok_or_else(|| {
        Problem::invalid("email", "Give the e-mail address of the account to make, or sign in first.")
    })?;
    let password = password.filter(|password| check::is_password(password));
    let password = password.ok_or_else(|| Problem::invalid("password", "Choose a password of 8 to 256 characters."))?;
    let password_hash = service.passwords.hash(password).await?;
    Ok(Applicant { user: UserId::new(service.now(), random::bytes()), email, password_hash })
}

async fn with_account(
    service: &Service,
    wanted: &Wanted,
    from: &Applicant,
    user_agent: Option<&str>,
) -> Result<Session, Problem> {
    let (new_session, session) = session::draw(service, from.user, wanted.tenant, user_agent);
    let claimant = Claimant::New {
        user: NewUser { id: from.user, email: &from.email, password_hash: &from.password_hash },
        session: new_session,
        verification: verify_email::draw(service, from.user, &from.email),
    };
    claim(service, wanted, from.user, claimant).await?;
    service.mail.wake();
    Ok(session)
}

async fn claim(service: &Service, wanted: &Wanted, user: UserId, claimant: Claimant<'_>) -> Result<(), Problem> {
    let subject = wanted.tenant.to_string();
    let record = service.record(wanted.tenant, Actor::User(user), "tenant.claimed", &subject);
    let plan = &service.plans.default_plan().name;
    let plan_set = service.record(wanted.tenant, Actor::User(user), "tenant.plan_set", plan);
    let claim = QuickstartClaim {
        tenant: wanted.tenant,
        token_hash: wanted.token_hash,
        claimant,
        plan,
        name: wanted.name.as_deref(),
        slug: wanted.slug.as_ref().map(slugs::limited),
        at: service.now(),
    };
    // Its plan is another from now on, and perhaps its slug.
    let mut pending = service.changes.pending(wanted.tenant, None);
    let problem = match service.store.claim_quickstart(&claim, &record, &plan_set).await? {
        ClaimQuickstart::Granted => {
            pending.name_routes(&service.store).await;
            return Ok(());
        }
        ClaimQuickstart::Gone => lost(service, &wanted.token_hash).await?,
        ClaimQuickstart::EmailTaken => Problem::EmailTaken,
        ClaimQuickstart::SlugTaken => Problem::SlugTaken(TENANT_SLUG),
        ClaimQuickstart::TooManySlugs => slugs::too_many(),
        ClaimQuickstart::TooMany => Problem::TooMany(format!("A user owns at most {MAX_OWNED} tenants.")),
        ClaimQuickstart::NotSignedIn => Problem::Unauthenticated,
    };
    pending.nothing_changed();
    Err(problem)
}

/// Who was faster: somebody else, or the end.
async fn lost(service: &Service, token_hash: &[u8; 32]) -> Result<Problem, Problem> {
    let found = service.store.quickstart_by_token(token_hash).await?;
    Ok(match found {
        Some(row) if row.state == "claimed" => Problem::AlreadyClaimed,
        _ => Problem::QuickstartOver,
    })
}

async fn answer(
    service: &Service,
    tenant: TenantId,
    user: UserId,
    session: Option<Session>,
) -> Result<ClaimQuickstartResponse, Problem> {
    let row = service.store.tenant(tenant).await?.ok_or(Problem::NotFound("tenant"))?;
    let user = service.store.user(user).await?.ok_or(Problem::NotFound("user"))?;
    Ok(ClaimQuickstartResponse {
        tenant: Some(tenant::of_row(service, row).await?),
        user: Some(user_of(user)),
        session,
    })
}
