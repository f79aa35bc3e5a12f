//! Showing that an e-mail address is one's own.

use anyhook_domain::UserId;
use anyhook_rpc::tenants::v1::{SendVerificationRequest, SendVerificationResponse, User, VerifyEmailRequest};
use anyhook_store::config::{NewMail, NewToken, Purpose, UserRow};

use super::{log_in::user_of, session};
use crate::{
    Service, check,
    mail::{Says, VERIFY_WITHIN},
    problem::Problem,
};

const TOO_OFTEN: Problem =
    Problem::TooManyMails("Several mails were sent to this address. Look for them, or try again in 15 minutes.");

/// Whoever signs up with somebody else's address gets nothing that the address's owner would have to undo.
pub(crate) fn refuse_unverified(user: &UserRow) -> Result<(), Problem> {
    let says = "Verify your e-mail address first: ask for the mail once more, and follow it.";
    if user.email_verified_at.is_some() { Ok(()) } else { Err(Problem::Forbidden(says)) }
}

/// A token for a user's address, and the mail that brings it.
pub(crate) fn draw<'a>(service: &Service, user: UserId, email: &'a str) -> (NewToken<'a>, NewMail) {
    let (token, now) = (session::token(), service.now());
    let new = NewToken {
        token_hash: session::hash(&token),
        user,
        purpose: Purpose::VerifyEmail,
        email,
        created_at: now,
        expires_at: now + VERIFY_WITHIN,
    };
    (new, service.letter(email, Says::VerifyEmail { token }))
}

/// The mail once more; those that were sent before go on working.
pub(super) async fn send_verification(
    service: &Service,
    request: &SendVerificationRequest,
) -> Result<SendVerificationResponse, Problem> {
    let user = service.store.user(check::id("user", &request.user_id)?).await?.ok_or(Problem::NotFound("user"))?;
    if user.email_verified_at.is_some() {
        return Ok(SendVerificationResponse { is_sent: false });
    }
    if !service.throttle.admit_mail(&user.email, None, service.now()).await {
        return Err(TOO_OFTEN);
    }
    let (token, mail) = draw(service, user.id, &user.email);
    service.store.add_token(&token, &mail).await?;
    service.mail.wake();
    Ok(SendVerificationResponse { is_sent: true })
}

pub(super) async fn verify_email(service: &Service, request: &VerifyEmailRequest) -> Result<User, Problem> {
    let verified = service.store.verify_email(&session::hash(&request.token), service.now()).await?;
    let says = "This link was used already, or is too old. Sign in, and have another one sent if it is still needed.";
    verified.map(user_of).ok_or_else(|| Problem::invalid("token", says))
}
