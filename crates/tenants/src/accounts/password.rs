//! Changing a password.

use anyhook_domain::{SessionId, TenantId, UserId};
use anyhook_rpc::tenants::v1::{ChangePasswordRequest, ChangePasswordResponse};

use super::log_in::throttled;
use crate::{Service, audit::Actor, check, mail::Says, problem::Problem};

/// Guessing the present one counts as an attempt to log in.
pub(super) async fn change_password(
    service: &Service,
    request: ChangePasswordRequest,
) -> Result<ChangePasswordResponse, Problem> {
    let user: UserId = check::id("user", &request.user_id)?;
    let kept: SessionId = check::id("session", &request.session_id)?;
    let tenant: TenantId = check::tenant(&request.tenant_id)?;
    if !check::is_password(&request.new_password) {
        return Err(Problem::invalid("newPassword", "Choose a password of 8 to 256 characters."));
    }
    let found = service.store.user(user).await?.ok_or(Problem::NotFound("user"))?;
    let proved = throttled(service, &found.email, request.current_password, request.client_address.as_deref())
        .await
        .map_err(not_the_present_one)?;
    let hash = service.passwords.hash_of_user(request.new_password).await?;
    let record = service.record(tenant, Actor::User(user), "password.changed", &request.user_id);
    let mail =
        service.letter(&proved.email, Says::PasswordChanged { at: service.now().unix_ms(), is_taken_over: false });
    if !service.store.change_password(&proved, &hash, kept, &mail, &record).await? {
        // It was changed meanwhile: the present one is another.
        return Err(not_the_present_one(Problem::WrongCredentials));
    }
    service.mail.wake();
    Ok(ChangePasswordResponse {})
}

/// Whoever asks is signed in, and stays so.
fn not_the_present_one(problem: Problem) -> Problem {
    match problem {
        Problem::WrongCredentials => Problem::invalid("currentPassword", "This is not the present password. Check it."),
        other => other,
    }
}
