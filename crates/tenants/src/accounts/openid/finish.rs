//! A browser that comes back from the issuer.

use anyhook_domain::{IdentityId, TenantId, UserId, slug::Slug};
use anyhook_rpc::tenants::v1::{
    FinishOpenIdRequest, FinishOpenIdResponse, Identity, NeedsCode, PassOpenIdRequest, SignedIn,
    finish_open_id_response::Outcome,
};
use anyhook_store::config::{
    AccountOfIdentity, ByIdentity, LinkNotice, NO_PASSWORD, NewIdentity, NewMail, NewTenant, NewUser,
    SessionOfIdentity, UserRow,
};
use subtle::ConstantTimeEq;

use super::{
    super::{log_in::user_of, second_factor, session, tenant},
    issuer::Vouched,
    refusal::OpenIdRefusal,
    start::issuer_of,
    ticket::{self, Proved, Way},
};
use crate::{Service, audit::Actor, check, mail::Says, problem::Problem, random, slugs};

const FALLBACK_NAME: &str = "Workspace";
const LINKED: &str = "identity.linked";

pub(in crate::accounts) async fn finish(
    service: &Service,
    request: FinishOpenIdRequest,
) -> Result<FinishOpenIdResponse, Problem> {
    issuer_of(service)?;
    let way = Way::open(service, &request.ticket)?;
    if !bool::from(way.state.as_bytes().ct_eq(request.state.as_bytes())) {
        return Err(OpenIdRefusal::Expired.into());
    }
    let outcome = match outcome(service, &way, request).await {
        // Whoever is signed in goes back to where it began, and is told there.
        Err(Problem::OpenId(refusal)) if way.linking.is_some() => Outcome::Refused(refusal.code().1.to_owned()),
        outcome => outcome?,
    };
    Ok(FinishOpenIdResponse { return_to: way.return_to, outcome: Some(outcome) })
}

async fn outcome(service: &Service, way: &Way, request: FinishOpenIdRequest) -> Result<Outcome, Problem> {
    let issuer = issuer_of(service)?;
    // Another issuer's answer (RFC 9207).
    if request.issuer.is_some_and(|it| it != issuer.settings.issuer) {
        return Err(OpenIdRefusal::NotProved.into());
    }
    let code = request.code.filter(|_| request.error.is_none()).ok_or(OpenIdRefusal::Denied)?;
    let vouched = issuer.vouch(way, code, service.now()).await?;
    match &way.linking {
        Some(user) => link(service, way, user, &vouched, request.session_token.as_deref()).await,
        None => sign_in(service, way, &vouched, request.user_agent.as_deref()).await,
    }
}

/// The code of an account that asks for one, from a browser that came back before.
pub(in crate::accounts) async fn pass(service: &Service, request: PassOpenIdRequest) -> Result<SignedIn, Problem> {
    issuer_of(service)?;
    let proved = Proved::open(service, &request.ticket)?;
    let user: UserId = check::id("user", &proved.user)?;
    let user = service.store.user(user).await?.ok_or(OpenIdRefusal::Expired)?;
    let has_passed = second_factor::pass(service, &user, Some(&request.code)).await?;
    open(service, &proved, user, has_passed, request.user_agent.as_deref()).await
}

async fn sign_in(
    service: &Service,
    way: &Way,
    vouched: &Vouched,
    user_agent: Option<&str>,
) -> Result<Outcome, Problem> {
    let issuer = issuer_of(service)?;
    let known = service.store.user_by_identity(&issuer.settings.issuer, &vouched.subject).await?;
    let (user, is_linked_now) = match known {
        Some(user) => (user, false),
        None => match same_person(service, vouched).await? {
            Some(user) => (user, true),
            None => return sign_up(service, way, vouched, user_agent).await.map(Outcome::SignedIn),
        },
    };
    let proved = way.proved(user.id, vouched, is_linked_now);
    if second_factor::is_on(service, user.id).await? {
        let (ticket, expires_at) = proved.seal(service)?;
        return Ok(Outcome::NeedsCode(NeedsCode { ticket, expires_at: expires_at.unix_ms() }));
    }
    open(service, &proved, user, false, user_agent).await.map(Outcome::SignedIn)
}

/// The account of the same e-mail address.
///
/// INVARIANT: it is only taken for the same person's when both sides have seen that the address is: otherwise whoever
/// makes an account with somebody else's address, there or here, would get into the other one.
async fn same_person(service: &Service, vouched: &Vouched) -> Result<Option<UserRow>, Problem> {
    let email = vouched.email.as_deref().and_then(check::email).ok_or(OpenIdRefusal::Unverified)?;
    let user = service.store.user_by_email(&email).await?;
    let is_ours_verified = user.as_ref().is_some_and(|user| user.email_verified_at.is_some());
    match user {
        Some(user) if vouched.is_email_verified && is_ours_verified => Ok(Some(user)),
        Some(_) => Err(OpenIdRefusal::AccountExists.into()),
        None if !issuer_of(service)?.settings.may_sign_up => Err(OpenIdRefusal::NoAccount.into()),
        None if !vouched.is_email_verified => Err(OpenIdRefusal::Unverified.into()),
        None => Ok(None),
    }
}

async fn open(
    service: &Service,
    proved: &Proved,
    user: UserRow,
    has_passed: bool,
    user_agent: Option<&str>,
) -> Result<SignedIn, Problem> {
    let now = service.now();
    let of_user = service.store.first_tenant_of(user.id).await?.ok_or(Problem::NoTenant)?;
    let (new_session, session) = session::draw(service, user.id, of_user.id, user_agent);
    let identity = NewIdentity {
        id: IdentityId::new(now, random::bytes()),
        user: user.id,
        issuer: &issuer_of(service)?.settings.issuer,
        subject: &proved.subject,
        email: proved.email.as_deref(),
        at: now,
    };
    let id = identity.id.to_string();
    let mail = linked_mail(service, &user, proved.email.as_deref())?;
    let record = service.record(of_user.id, Actor::User(user.id), LINKED, &id);
    let new = SessionOfIdentity {
        spent: ticket::spent(&proved.nonce, now),
        identity,
        linked_now: proved.is_linked_now.then_some(LinkNotice { record, mail: &mail }),
        has_passed,
        session: new_session,
    };
    done(service.store.open_session_of_identity(&new).await?)?;
    service.mail.wake();
    Ok(SignedIn {
        tenant: Some(tenant::of_row(service, of_user).await?),
        user: Some(user_of(user)),
        session: Some(session),
        return_to: proved.return_to.clone(),
    })
}

/// Adds the issuer's account to whoever began this, if the browser still is signed in as that one.
async fn link(
    service: &Service,
    way: &Way,
    user: &str,
    vouched: &Vouched,
    session_token: Option<&str>,
) -> Result<Outcome, Problem> {
    let now = service.now();
    let token_hash = session::hash(session_token.unwrap_or_default());
    let member = service.store.member_by_session(&token_hash, now).await?;
    let member = member.filter(|member| member.user_id.to_string() == user).ok_or(OpenIdRefusal::Expired)?;
    let user = service.store.user(member.user_id).await?.ok_or(OpenIdRefusal::Expired)?;
    let identity = NewIdentity {
        id: IdentityId::new(now, random::bytes()),
        user: member.user_id,
        issuer: &issuer_of(service)?.settings.issuer,
        subject: &vouched.subject,
        email: vouched.email.as_deref(),
        at: now,
    };
    let subject = identity.id.to_string();
    let record = service.record(member.tenant_id, Actor::User(member.user_id), LINKED, &subject);
    let mail = linked_mail(service, &user, vouched.email.as_deref())?;
    let notice = LinkNotice { record, mail: &mail };
    let spent = ticket::spent(&way.nonce, now);
    done(service.store.link_identity(&identity, &token_hash, spent, &notice).await?)?;
    service.mail.wake();
    Ok(Outcome::Linked(Identity {
        id: subject,
        issuer: identity.issuer.to_owned(),
        email: vouched.email.clone(),
        created_at: now.unix_ms(),
    }))
}

/// What tells a user that there is another way in.
fn linked_mail(service: &Service, user: &UserRow, email: Option<&str>) -> Result<NewMail, Problem> {
    let issuer = issuer_of(service)?.settings.name.clone();
    let at = service.now().unix_ms();
    Ok(service.letter(&user.email, Says::IdentityLinked { at, issuer, email: email.map(str::to_owned) }))
}

/// A new user with a tenant of its own, called like the address.
async fn sign_up(
    service: &Service,
    way: &Way,
    vouched: &Vouched,
    user_agent: Option<&str>,
) -> Result<SignedIn, Problem> {
    let email = vouched.email.as_deref().and_then(check::email).ok_or(OpenIdRefusal::Unverified)?;
    let name = email.split('@').next().and_then(|local| check::name("name", local).ok());
    let name = name.unwrap_or_else(|| FALLBACK_NAME.to_owned());
    for slug in slugs::candidates("slug", None, &name, "workspace")? {
        if let Some(made) = try_slug(service, way, vouched, (&email, &name, &slug), user_agent).await? {
            return Ok(made);
        }
    }
    Err(Problem::Busy)
}

/// `None` when the slug is taken.
async fn try_slug(
    service: &Service,
    way: &Way,
    vouched: &Vouched,
    (email, name, slug): (&str, &str, &Slug),
    user_agent: Option<&str>,
) -> Result<Option<SignedIn>, Problem> {
    let now = service.now();
    let (user, tenant) = (UserId::new(now, random::bytes()), TenantId::new(now, random::bytes()));
    let tenant_key = service.vault.new_tenant_key(tenant);
    let (new_session, session) = session::draw(service, user, tenant, user_agent);
    let new = AccountOfIdentity {
        spent: ticket::spent(&way.nonce, now),
        user: NewUser { id: user, email, password_hash: NO_PASSWORD },
        identity: NewIdentity {
            id: IdentityId::new(now, random::bytes()),
            user,
            issuer: &issuer_of(service)?.settings.issuer,
            subject: &vouched.subject,
            email: Some(email),
            at: now,
        },
        tenant: NewTenant {
            id: tenant,
            slug,
            name,
            plan: &service.plans.default_plan().name,
            wrapped_key: &tenant_key.wrapped,
            master_version: tenant_key.master_version,
        },
        session: new_session,
        at: now,
    };
    let subject = tenant.to_string();
    let record = service.record(tenant, Actor::User(user), "tenant.created", &subject);
    match service.store.sign_up_by_identity(&new, &record).await? {
        ByIdentity::SlugTaken => return Ok(None),
        outcome => done(outcome)?,
    }
    let row = service.store.tenant(tenant).await?.ok_or(Problem::NotFound("tenant"))?;
    let user = service.store.user(user).await?.ok_or(Problem::NotFound("user"))?;
    Ok(Some(SignedIn {
        tenant: Some(tenant::of_row(service, row).await?),
        user: Some(user_of(user)),
        session: Some(session),
        return_to: way.return_to.clone(),
    }))
}

fn done(outcome: ByIdentity) -> Result<(), Problem> {
    match outcome {
        ByIdentity::Done => Ok(()),
        ByIdentity::Spent | ByIdentity::Changed => Err(OpenIdRefusal::Expired.into()),
        ByIdentity::Taken => Err(OpenIdRefusal::Taken.into()),
        ByIdentity::SlugTaken => Err(Problem::Busy),
    }
}
