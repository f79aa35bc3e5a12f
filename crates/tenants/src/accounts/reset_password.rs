//! Choosing another password without the present one.

use anyhook_rpc::tenants::v1::{ForgotPasswordRequest, ForgotPasswordResponse, ResetPasswordRequest, User};
use anyhook_store::config::{Purpose, ResetPassword, UserRow};

use super::{log_in::user_of, session};
use crate::{
    Service,
    audit::Actor,
    check,
    mail::{Errand, Says},
    problem::Problem,
};

const TOO_OFTEN: Problem = Problem::TooManyMails("Too many mails were asked for. Try again in 15 minutes.");

/// INVARIANT: does the same whether or not there is such an account. Who it is is found out by whoever sends mails.
pub(super) async fn forgot_password(
    service: &Service,
    request: &ForgotPasswordRequest,
) -> Result<ForgotPasswordResponse, Problem> {
    let email = check::email(&request.email)
        .ok_or_else(|| Problem::invalid("email", "Give an e-mail address, such as ada@example.com."))?;
    if !service.throttle.admit_mail(&email, request.client_address.as_deref(), service.now()).await {
        return Err(TOO_OFTEN);
    }
    service.store.add_mail(&service.errand(Errand::ForgottenPassword { email })).await?;
    service.mail.wake();
    Ok(ForgotPasswordResponse {})
}

/// The token is looked at before the password is hashed, which takes its time, and used up with the change.
pub(super) async fn reset_password(service: &Service, request: ResetPasswordRequest) -> Result<User, Problem> {
    if !check::is_password(&request.new_password) {
        return Err(Problem::invalid("password", "Choose a password of 8 to 256 characters."));
    }
    let token_hash = session::hash(&request.token);
    let user = service.store.user_by_token(&token_hash, Purpose::ResetPassword, service.now()).await?;
    let user = user.ok_or_else(dead_link)?;
    let new_hash = service.passwords.hash_of_user(request.new_password).await?;
    let changed = reset(service, token_hash, &user, &new_hash).await?.ok_or_else(dead_link)?;
    service.throttle.forgive_account(&changed.email).await;
    service.mail.wake();
    Ok(user_of(changed))
}

/// Into the audit log of the tenant that the user joined first: there is none of users.
async fn reset(
    service: &Service,
    token_hash: [u8; 32],
    user: &UserRow,
    new_hash: &str,
) -> Result<Option<UserRow>, Problem> {
    let at = service.now();
    let subject = user.id.to_string();
    let tenant = service.store.first_tenant_of(user.id).await?;
    let record = tenant.map(|tenant| service.record(tenant.id, Actor::User(user.id), "password.reset", &subject));
    let mail = service.letter(
        &user.email,
        Says::PasswordChanged { at: at.unix_ms(), is_taken_over: user.email_verified_at.is_none() },
    );
    let reset = ResetPassword { token_hash, user: user.id, new_hash, at, mail: &mail, record };
    Ok(service.store.reset_password(&reset).await?)
}

fn dead_link() -> Problem {
    Problem::invalid("token", "This link was used already, or is too old. Ask for another one.")
}
