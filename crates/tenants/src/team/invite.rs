//! Asking somebody to join.

use std::time::Duration;

use anyhook_domain::{InvitationId, TenantId, Timestamp};
use anyhook_rpc::tenants::v1::{
    Invitation, InviteRequest, Invited, WithdrawInvitationRequest, WithdrawInvitationResponse,
};
use anyhook_store::config::{InvitationRow, Invite, NewInvitation, NewMail, Withdraw};

use super::NOT_ALLOWED;
use crate::{
    Service,
    access::refuse_expiring,
    accounts::{session, verify_email::refuse_unverified},
    audit::Actor,
    check, keys,
    mail::Says,
    once::Keyed,
    problem::Problem,
    random,
};

const GOOD_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// That wait at once.
const MAX_INVITATIONS: i64 = 100;
const TOO_OFTEN: Problem = Problem::TooManyMails(
    "Several mails were sent to this address. Hand over the link that you were given, or try again in 15 minutes.",
);
const TOO_MANY_AT_ONCE: Problem =
    Problem::TooManyMails("Many people were invited within the hour. Try again in an hour.");
const UNCLAIMED: Problem =
    Problem::Forbidden("Nobody has claimed this quickstart yet. Claim it first; then you can invite people.");
const NO_VERIFIED_OWNER: Problem = Problem::Forbidden(
    "No owner has verified its e-mail address yet. Verify yours first: ask for the mail once more, and follow it.",
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
    refuse_unknown(service, tenant, actor).await?;
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
    let outcome = service.store.invite(&new, actor.by(), MAX_INVITATIONS, &mail, &record, once.as_ref()).await;
    if !matches!(outcome, Ok(Invite::Made)) {
        service.throttle.take_back_invitation(tenant, &email, now).await;
    }
    match outcome? {
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

/// INVARIANT: nobody sends words of its own to strangers whose own address nobody knows. Where mails stay on this machine,
/// a developer need not verify any.
async fn refuse_unknown(service: &Service, tenant: TenantId, actor: Actor) -> Result<(), Problem> {
    if service.store.is_unclaimed(tenant).await? {
        return Err(UNCLAIMED);
    }
    if !service.mail.reaches_people() {
        return Ok(());
    }
    if let Actor::User(user) = actor {
        return refuse_unverified(&service.store.user(user).await?.ok_or(Problem::Unauthenticated)?);
    }
    let is_known = service.store.has_verified_owner(tenant).await?;
    if is_known { Ok(()) } else { Err(NO_VERIFIED_OWNER) }
}

/// Refused when a tenant invites many people, or many mails went to the same address.
async fn admit(service: &Service, tenant: TenantId, to: &str, now: Timestamp) -> Result<(), Problem> {
    if !service.throttle.admit_invitation(tenant, now).await {
        return Err(TOO_MANY_AT_ONCE);
    }
    if !service.throttle.admit_mail(to, None, now).await {
        service.throttle.forgive_invitation(tenant, now).await;
        return Err(TOO_OFTEN);
    }
    Ok(())
}

/// The mail that brings an invitation.
async fn mail(service: &Service, new: &NewInvitation<'_>, actor: Actor, token: String) -> Result<NewMail, Problem> {
    admit(service, new.tenant, new.email, new.created_at).await?;
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
