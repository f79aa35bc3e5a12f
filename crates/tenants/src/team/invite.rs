//! Asking somebody to join.

use std::time::Duration;

use anyhook_domain::InvitationId;
use anyhook_rpc::tenants::v1::{
    Invitation, InviteRequest, Invited, WithdrawInvitationRequest, WithdrawInvitationResponse,
};
use anyhook_store::config::{InvitationRow, Invite, NewInvitation, NewMail, Withdraw};

use super::NOT_ALLOWED;
use crate::{
    Service, access::refuse_expiring, accounts::session, audit::Actor, check, keys, mail::Says, once::Keyed,
    problem::Problem, random,
};

const GOOD_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// That wait at once.
const MAX_INVITATIONS: i64 = 100;
const TOO_OFTEN: Problem = Problem::TooManyMails(
    "This address was invited several times. Hand over the link that you were given, or try again in 15 minutes.",
);

/// One to the same address takes the place of the one before it.
pub(super) async fn invite(service: &Service, request: &InviteRequest) -> Result<Invited, Problem> {
    let tenant = check::tenant(&request.tenant_id)?;
    let actor = keys::actor(request.actor.as_ref())?;
    refuse_expiring(service, tenant, actor).await?;
    let keyed = Keyed::new(tenant, request.idempotency_key.as_deref(), "invite", request)?;
    if let Some(before) = keyed.answered(service).await? {
        return Ok(before);
    }
    let email = check::email(&request.email)
        .ok_or_else(|| Problem::invalid("email", "Give an e-mail address, such as ada@example.com."))?;
    let role = check::role(&request.role)?;
    let token = session::token();
    let now = service.now();
    let new = NewInvitation {
        id: InvitationId::new(now, random::bytes()),
        tenant,
        email: &email,
        role,
        token_hash: session::hash(&token),
        created_at: now,
        expires_at: now + GOOD_FOR,
    };
    let subject = new.id.to_string();
    let mail = mail(service, &new, actor, token.clone()).await?;
    let record = service.record(tenant, actor, "invitation.created", &subject);
    let invitation = Invitation {
        id: subject.clone(),
        role: role.as_str().to_owned(),
        created_at: now.unix_ms(),
        expires_at: new.expires_at.unix_ms(),
        email: email.clone(),
    };
    let made = Invited { invitation: Some(invitation), token };
    let remembered = keyed.remember(service, &made).await?;
    let once = remembered.as_ref().map(|it| it.once());
    match service.store.invite(&new, actor.by(), MAX_INVITATIONS, &mail, &record, once.as_ref()).await? {
        Invite::Made => {
            service.mail.wake();
            Ok(made)
        }
        Invite::Repeat => keyed.answered_meanwhile(service).await,
        Invite::AlreadyMember => Err(Problem::AlreadyMember),
        Invite::NotAllowed => Err(NOT_ALLOWED),
        Invite::TooMany => Err(Problem::TooMany(format!("{MAX_INVITATIONS} invitations wait already. Withdraw one."))),
    }
}

/// The mail that brings an invitation; refused when many went to the same address.
async fn mail(service: &Service, new: &NewInvitation<'_>, actor: Actor, token: String) -> Result<NewMail, Problem> {
    let to = format!("{} {}", new.tenant, new.email);
    if !service.throttle.admit_mail(&to, None, new.created_at).await {
        return Err(TOO_OFTEN);
    }
    let tenant = service.store.tenant(new.tenant).await?.ok_or(Problem::NotFound("tenant"))?.name;
    let by = match actor {
        Actor::User(user) => service.store.user(user).await?.map(|user| user.email),
        _ => None,
    };
    Ok(service.letter(new.email, Says::Invitation { token, tenant, role: new.role.as_str().to_owned(), by }))
}

pub(super) async fn withdraw_invitation(
    service: &Service,
    request: &WithdrawInvitationRequest,
) -> Result<WithdrawInvitationResponse, Problem> {
    let tenant = check::tenant(&request.tenant_id)?;
    let actor = keys::actor(request.actor.as_ref())?;
    let id: InvitationId = check::id("invitation", &request.invitation_id)?;
    let record = service.record(tenant, actor, "invitation.withdrawn", &request.invitation_id);
    match service.store.withdraw_invitation(tenant, id, actor.by(), &record).await? {
        Withdraw::Done => Ok(WithdrawInvitationResponse {}),
        Withdraw::NotFound => Err(Problem::NotFound("invitation")),
        Withdraw::NotAllowed => Err(NOT_ALLOWED),
    }
}

pub(super) fn invitation_of(row: InvitationRow) -> Invitation {
    Invitation {
        id: row.id.to_string(),
        email: row.email,
        role: row.role,
        created_at: row.created_at,
        expires_at: row.expires_at,
    }
}
