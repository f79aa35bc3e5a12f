//! The second factor: a code that is asked for besides the password, or after the issuer has vouched for somebody.

mod codes;
mod manage;

pub(super) use manage::{begin, confirm, end, get, prove, reset};

use anyhook_domain::{UserId, seal::column};
use anyhook_store::config::{SecondFactorRow, UserRow};
use totp_rs::Totp;
use zeroize::Zeroizing;

use self::codes::Given;
use crate::{Service, audit::Actor, problem::Problem};

/// The longest text that is looked at as a code.
const MAX_CODE_CHARS: usize = 64;

/// Whether the account has a second factor, whose code this then is.
///
/// INVARIANT: whoever signs a user in by what the user knows or has asks for this; a code is taken once.
pub(crate) async fn pass(service: &Service, user: &UserRow, code: Option<&str>) -> Result<bool, Problem> {
    let Some(factor) = confirmed(service, user.id).await? else { return Ok(false) };
    let given = code.and_then(read).ok_or(Problem::SecondFactorNeeded)?;
    let secret = secret_of(service, user, &factor)?;
    match attempt(service, user.id, take(service, user.id, &secret, given)).await? {
        Some(()) => Ok(true),
        None => Err(Problem::WrongCode),
    }
}

/// Whether the user is asked for a code.
pub(super) async fn is_on(service: &Service, user: UserId) -> Result<bool, Problem> {
    Ok(confirmed(service, user).await?.is_some())
}

async fn confirmed(service: &Service, user: UserId) -> Result<Option<SecondFactorRow>, Problem> {
    let factor = service.store.second_factor(user).await?;
    Ok(factor.filter(|factor| factor.confirmed_at.is_some()))
}

fn read(code: &str) -> Option<Given> {
    if code.chars().nth(MAX_CODE_CHARS).is_some() {
        // As wrong as any other that does not fit.
        return Some(Given::Recovery(String::new()));
    }
    codes::read(code)
}

/// Lets somebody try a code. An attempt counts until it is known that the code was not to blame; `None`: it was.
async fn attempt<T>(
    service: &Service,
    user: UserId,
    trying: impl Future<Output = Result<Option<T>, Problem>>,
) -> Result<Option<T>, Problem> {
    let now = service.now();
    if !service.throttle.admit_code(user, now).await {
        return Err(Problem::TooManyAttempts);
    }
    let outcome = trying.await;
    match &outcome {
        Ok(Some(_)) => service.throttle.forgive_code(user).await,
        Ok(None) => {}
        Err(_) => service.throttle.take_back_code(user, now).await,
    }
    outcome
}

async fn take(service: &Service, user: UserId, secret: &Totp, given: Given) -> Result<Option<()>, Problem> {
    let is_taken = match given {
        Given::Code(code) => match codes::step_of(secret, &code, service.now()) {
            Some(step) => service.store.take_step(user, step).await?,
            None => false,
        },
        Given::Recovery(code) => take_recovery_code(service, user, &code).await?,
    };
    Ok(is_taken.then_some(()))
}

/// Written into the audit log of the tenant that the user joined first: there is none of users.
async fn take_recovery_code(service: &Service, user: UserId, code: &str) -> Result<bool, Problem> {
    let (hash, subject) = (codes::hash(user, code), user.to_string());
    let tenant = service.store.first_tenant_of(user).await?;
    let used = "second_factor.recovery_code_used";
    let record = tenant.map(|of| service.record(of.id, Actor::User(user), used, &subject));
    Ok(service.store.take_recovery_code(user, &hash, record.as_ref()).await?)
}

fn secret_of(service: &Service, user: &UserRow, factor: &SecondFactorRow) -> Result<Totp, Problem> {
    let (row, column) = (user.id.0, column::SECOND_FACTOR);
    let secret: Zeroizing<Vec<u8>> =
        service.vault.open_sign_in(row, column, factor.key_version, &factor.sealed_secret)?;
    codes::authenticator(&secret, &user.email).ok_or(Problem::Internal("a second factor's secret is too short"))
}
