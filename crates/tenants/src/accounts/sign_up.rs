//! A new user with a tenant of its own.

use anyhook_domain::{ApiKeyId, TenantId, UserId, access::Scope, api_key, slug::Slug};
use anyhook_rpc::tenants::v1::{SignUpRequest, SignUpResponse, Tenant, User};
use anyhook_store::config::{NewAccount, NewApiKey, NewTenant, NewUser, SignUp};

use super::{session, verify_email};
use crate::{Service, audit::Actor, check, plans, problem::Problem, random, slugs};

const TOO_OFTEN: Problem =
    Problem::TooManyMails("Too many accounts were made from this address. Try again in 15 minutes.");
const FIRST_KEY_NAME: &str = "First key";
/// The fields as people know them, who meet the tenant as one member of what they send.
const TENANT_NAME: &str = "tenant.name";
const TENANT_SLUG: &str = "tenant.slug";

/// The parts of a request after they were checked.
struct Applicant {
    email: String,
    password_hash: String,
    tenant_name: String,
    user_agent: Option<String>,
}

pub(super) async fn sign_up(service: &Service, request: SignUpRequest) -> Result<SignUpResponse, Problem> {
    let email = check::email(&request.email)
        .ok_or_else(|| Problem::invalid("email", "Give an e-mail address, such as ada@example.com."))?;
    if !check::is_password(&request.password) {
        return Err(Problem::invalid("password", "Choose a password of 8 to 256 characters."));
    }
    let tenant_name = check::name(TENANT_NAME, &request.tenant_name)?;
    let slugs = slugs::candidates(TENANT_SLUG, request.tenant_slug.as_deref(), &tenant_name, "workspace")?;
    if !service.throttle.admit_mail_from(request.client_address.as_deref(), service.now()).await {
        return Err(TOO_OFTEN);
    }
    let password_hash = service.passwords.hash(request.password).await?;
    let applicant = Applicant { email, password_hash, tenant_name, user_agent: request.user_agent };
    for slug in slugs {
        if let Some(made) = try_slug(service, &applicant, &slug).await? {
            service.mail.wake();
            return Ok(made);
        }
    }
    Err(Problem::SlugTaken(TENANT_SLUG))
}

/// `None` when the slug is taken.
async fn try_slug(service: &Service, from: &Applicant, slug: &Slug) -> Result<Option<SignUpResponse>, Problem> {
    let (now, plan) = (service.now(), service.plans.default_plan());
    let user = UserId::new(now, random::bytes());
    let tenant = TenantId::new(now, random::bytes());
    let tenant_key = service.vault.new_tenant_key(tenant);
    let api_key = api_key::generate(random::api_key_digits());
    let stored = api_key::parse(api_key.expose()).ok_or(Problem::Internal("a new key has the form of keys"))?;
    let (new_session, session) = session::draw(service, user, tenant, from.user_agent.as_deref());
    let account = NewAccount {
        user: NewUser { id: user, email: &from.email, password_hash: &from.password_hash },
        tenant: NewTenant {
            id: tenant,
            slug,
            name: &from.tenant_name,
            plan: &plan.name,
            wrapped_key: &tenant_key.wrapped,
            master_version: tenant_key.master_version,
        },
        api_key: NewApiKey {
            id: ApiKeyId::new(now, random::bytes()),
            tenant,
            name: FIRST_KEY_NAME,
            stored: &stored,
            scope: Scope::Admin,
            expires_at: None,
            apps: None,
        },
        session: new_session,
        verification: verify_email::draw(service, user, &from.email),
        at: now,
    };
    let subject = tenant.to_string();
    let records = [service.record(tenant, Actor::User(user), "tenant.created", &subject)];
    match service.store.sign_up(&account, &records).await? {
        SignUp::EmailTaken => Err(Problem::EmailTaken),
        SignUp::SlugTaken => Ok(None),
        SignUp::Made => Ok(Some(SignUpResponse {
            tenant: Some(Tenant {
                id: tenant.to_string(),
                slug: slug.to_string(),
                name: from.tenant_name.clone(),
                plan: plan.name.to_string(),
                created_at: now.unix_ms(),
                former_slugs: Vec::new(),
                hides_payloads: false,
                events_per_month: plan.events_per_month,
                kept_for_ms: plans::kept_for_ms(plan),
            }),
            user: Some(User {
                id: user.to_string(),
                email: from.email.clone(),
                created_at: now.unix_ms(),
                email_verified: false,
            }),
            api_key: api_key.expose().to_owned(),
            session: Some(session),
        })),
    }
}
