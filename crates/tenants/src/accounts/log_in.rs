//! Opening and closing a session.

use anyhook_rpc::tenants::v1::{LogInRequest, LogInResponse, LogOutRequest, LogOutResponse, User};
use anyhook_store::config::UserRow;

use super::{second_factor, session, tenant};
use crate::{Service, check, problem::Problem};

pub(super) async fn log_in(service: &Service, request: LogInRequest) -> Result<LogInResponse, Problem> {
    // What cannot be an account or a password is as wrong as one that does not match, whether or not there is one.
    let email = check::email(&request.email).ok_or(Problem::WrongCredentials)?;
    if !check::is_password(&request.password) {
        return Err(Problem::WrongCredentials);
    }
    let from = request.client_address.as_deref();
    let user = throttled(service, &email, request.password, from).await?;
    let has_passed = second_factor::pass(service, &user, request.code.as_deref()).await?;
    let of_user = service.store.first_tenant_of(user.id).await?.ok_or(Problem::NoTenant)?;
    let (new, session) = session::draw(service, user.id, of_user.id, request.user_agent.as_deref());
    if !service.store.open_session(&new, &user.password_hash, has_passed).await? {
        return Err(Problem::WrongCredentials);
    }
    Ok(LogInResponse {
        tenant: Some(tenant::of_row(service, of_user).await?),
        user: Some(user_of(user)),
        session: Some(session),
    })
}

/// The user whose password this is. An attempt counts until it is known that the password was not to blame.
pub(crate) async fn throttled(
    service: &Service,
    email: &str,
    password: String,
    address: Option<&str>,
) -> Result<UserRow, Problem> {
    let attempt = service.throttle.attempt(email, address, service.now()).await;
    if !service.throttle.admit(&attempt).await {
        return Err(Problem::TooManyAttempts);
    }
    let proved = prove(service, email, password).await;
    match &proved {
        Ok(_) => service.throttle.forgive(&attempt).await,
        Err(Problem::WrongCredentials) => {}
        Err(_) => service.throttle.take_back(&attempt).await,
    }
    proved
}

pub(crate) fn user_of(row: UserRow) -> User {
    User {
        id: row.id.to_string(),
        email: row.email,
        created_at: row.created_at,
        email_verified: row.email_verified_at.is_some(),
    }
}

/// The user whose password this is. Takes as long when there is no such user.
async fn prove(service: &Service, email: &str, password: String) -> Result<UserRow, Problem> {
    let user = service.store.user_by_email(email).await?;
    let stored = user.as_ref().map(|user| user.password_hash.clone());
    let is_right = service.passwords.matches(password, stored).await?;
    user.filter(|_| is_right).ok_or(Problem::WrongCredentials)
}

pub(super) async fn log_out(service: &Service, request: LogOutRequest) -> Result<LogOutResponse, Problem> {
    service.store.close_session(&session::hash(&request.session_token)).await?;
    Ok(LogOutResponse {})
}
