//! Turning the second factor on and off.

use anyhook_domain::{SessionId, TenantId, UserId, seal::column};
use anyhook_rpc::tenants::v1::{
    BeginSecondFactorRequest, BeginSecondFactorResponse, ConfirmSecondFactorRequest, ConfirmSecondFactorResponse,
    EndSecondFactorRequest, EndSecondFactorResponse, GetSecondFactorRequest, GetSecondFactorResponse,
    ResetSecondFactorRequest, ResetSecondFactorResponse,
};
use anyhook_store::config::{ConfirmSecondFactor, NO_PASSWORD, NewSecondFactor, SecondFactorRow, UserRow};
use zeroize::Zeroizing;

use super::{
    super::{log_in::throttled, verify_email::refuse_unverified},
    attempt,
    codes::{self, Given},
    pass, read, secret_of,
};
use crate::{Service, audit::Actor, check, mail::Says, problem::Problem, random};

pub(in crate::accounts) async fn get(
    service: &Service,
    request: &GetSecondFactorRequest,
) -> Result<GetSecondFactorResponse, Problem> {
    let user: UserId = check::id("user", &request.user_id)?;
    let is_on = super::is_on(service, user).await?;
    let n_left = if is_on { service.store.n_recovery_codes(user).await? } else { 0 };
    Ok(GetSecondFactorResponse { is_on, recovery_codes_left: check::small(n_left) })
}

pub(in crate::accounts) async fn begin(
    service: &Service,
    request: BeginSecondFactorRequest,
) -> Result<BeginSecondFactorResponse, Problem> {
    let user = user_of(service, &request.user_id).await?;
    // Its owner could not get in by way of a mail.
    refuse_unverified(&user)?;
    let user = with_password(service, user, request.password, request.client_address.as_deref()).await?;
    let secret = Zeroizing::new(random::bytes::<{ codes::SECRET_BYTES }>());
    let sealed = service.vault.seal_sign_in(user.id.0, column::SECOND_FACTOR, &*secret);
    let key_version = service.vault.master_version();
    let new = NewSecondFactor { user: user.id, sealed_secret: &sealed, key_version, at: service.now() };
    if !service.store.begin_second_factor(&new).await? {
        return Err(Problem::SecondFactorOn);
    }
    let authenticator = codes::authenticator(&*secret, &user.email);
    let shown = authenticator.and_then(|it| Some((it.secret().to_base32(), it.to_url().ok()?)));
    let (secret, uri) = shown.ok_or(Problem::Internal("a new second factor cannot be shown"))?;
    Ok(BeginSecondFactorResponse { secret, uri })
}

pub(in crate::accounts) async fn confirm(
    service: &Service,
    request: ConfirmSecondFactorRequest,
) -> Result<ConfirmSecondFactorResponse, Problem> {
    let kept: SessionId = check::id("session", &request.session_id)?;
    let tenant: TenantId = check::tenant(&request.tenant_id)?;
    let user = user_of(service, &request.user_id).await?;
    let factor = service.store.second_factor(user.id).await?.ok_or_else(none_begun)?;
    if factor.confirmed_at.is_some() {
        return Err(Problem::SecondFactorOn);
    }
    let shown = attempt(service, user.id, async { step_shown(service, &user, &factor, &request.code) }).await?;
    let step = shown.ok_or_else(other_code)?;
    let recovery_codes = codes::recovery_codes();
    let hashes: Vec<_> = recovery_codes.iter().map(|code| codes::hash(user.id, &code.replace('-', ""))).collect();
    let confirmed = ConfirmSecondFactor {
        user: user.id,
        sealed_secret: &factor.sealed_secret,
        step,
        recovery_codes: &hashes,
        kept,
        at: service.now(),
    };
    let record = service.record(tenant, Actor::User(user.id), "second_factor.turned_on", &request.user_id);
    if !service.store.confirm_second_factor(&confirmed, &record).await? {
        return Err(none_begun());
    }
    Ok(ConfirmSecondFactorResponse { recovery_codes })
}

/// Needs both, so that neither a stolen session nor a stolen password turns it off.
pub(in crate::accounts) async fn end(
    service: &Service,
    request: EndSecondFactorRequest,
) -> Result<EndSecondFactorResponse, Problem> {
    let tenant: TenantId = check::tenant(&request.tenant_id)?;
    let user = user_of(service, &request.user_id).await?;
    if !super::is_on(service, user.id).await? {
        return Ok(EndSecondFactorResponse {});
    }
    let user = with_password(service, user, request.password, request.client_address.as_deref()).await?;
    with_code(service, &user, Some(&request.code)).await?;
    let record = service.record(tenant, Actor::User(user.id), "second_factor.turned_off", &request.user_id);
    service.store.end_second_factor(user.id, None, Some(&record)).await?;
    Ok(EndSecondFactorResponse {})
}

/// Whether somebody who is signed in is who the account belongs to: by its password, where it has one, and by a code, where
/// it asks for them.
pub(in crate::accounts) async fn prove(
    service: &Service,
    user: UserRow,
    password: Option<String>,
    code: Option<&str>,
    from: Option<&str>,
) -> Result<UserId, Problem> {
    let user = match password {
        _ if user.password_hash == NO_PASSWORD => user,
        Some(password) => with_password(service, user, password, from).await?,
        None => return Err(Problem::invalid("password", "Give your password as well.")),
    };
    with_code(service, &user, code).await?;
    Ok(user.id)
}

/// Whoever asks is signed in, and stays so.
async fn with_code(service: &Service, user: &UserRow, code: Option<&str>) -> Result<bool, Problem> {
    pass(service, user, code).await.map_err(|problem| match problem {
        Problem::WrongCode => other_code(),
        Problem::SecondFactorNeeded => {
            Problem::invalid("code", "Give the code that your authenticator shows now, or a recovery code.")
        }
        other => other,
    })
}

/// Who asks for it is checked by whoever calls.
pub(in crate::accounts) async fn reset(
    service: &Service,
    request: &ResetSecondFactorRequest,
) -> Result<ResetSecondFactorResponse, Problem> {
    let email = check::email(&request.email).ok_or(Problem::NotFound("user"))?;
    let user = service.store.user_by_email(&email).await?.ok_or(Problem::NotFound("user"))?;
    let subject = user.id.to_string();
    let tenant = service.store.first_tenant_of(user.id).await?;
    let record = tenant.map(|of| service.record(of.id, Actor::Operator, "second_factor.reset", &subject));
    let mail = service.letter(&user.email, Says::SecondFactorReset { at: service.now().unix_ms() });
    if service.store.end_second_factor(user.id, Some(&mail), record.as_ref()).await? {
        service.mail.wake();
        // The tenant's audit log says that an operator did it, and not which: that is for the installation's own log.
        let by = request.user_id.as_deref().unwrap_or("the operator token");
        tracing::info!(user.id = %user.id, by, "an operator has turned a user's second factor off");
    }
    service.throttle.forgive_code(user.id).await;
    Ok(ResetSecondFactorResponse {})
}

async fn user_of(service: &Service, id: &str) -> Result<UserRow, Problem> {
    service.store.user(check::id("user", id)?).await?.ok_or(Problem::NotFound("user"))
}

/// Guessing the password counts as an attempt to log in.
async fn with_password(
    service: &Service,
    user: UserRow,
    password: String,
    from: Option<&str>,
) -> Result<UserRow, Problem> {
    if user.password_hash == NO_PASSWORD {
        let says = "This account has no password yet. Set one first: ask for a mail that resets it.";
        return Err(Problem::invalid("password", says));
    }
    throttled(service, &user.email, password, from).await.map_err(|problem| match problem {
        Problem::WrongCredentials => Problem::invalid("password", "This is not your password. Check it."),
        other => other,
    })
}

/// The step of the code that was shown, if it is one of this secret's.
fn step_shown(service: &Service, user: &UserRow, factor: &SecondFactorRow, code: &str) -> Result<Option<i64>, Problem> {
    let secret = secret_of(service, user, factor)?;
    Ok(match read(code) {
        Some(Given::Code(code)) => codes::step_of(&secret, &code, service.now()),
        _ => None,
    })
}

fn none_begun() -> Problem {
    Problem::invalid("code", "There is nothing to confirm. Begin anew, with the password.")
}

fn other_code() -> Problem {
    Problem::invalid("code", "This code does not fit. Type the one that your authenticator shows now.")
}
