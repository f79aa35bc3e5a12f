//! Taking an invitation.

use anyhook_domain::UserId;
use anyhook_rpc::tenants::v1::{AcceptInvitationRequest, AcceptInvitationResponse};
use anyhook_store::config::{Accept, Acceptance, NewUser, UserRow};

use crate::{
    Service,
    accounts::{
        log_in::{throttled, user_of},
        second_factor, session, tenant,
    },
    audit::Actor,
    check,
    problem::Problem,
    random,
};

const OTHER_ADDRESS: Problem =
    Problem::Forbidden("This invitation is for another e-mail address. Sign out, and accept it with that one.");

/// Whoever joins.
struct Joining {
    user: UserId,
    /// Of the password that it gave, if it gave one.
    password_hash: Option<String>,
    /// That of the session that it is signed in with, if that is what it joins by.
    session_token_hash: Option<[u8; 32]>,
    /// It has shown a code.
    has_passed: bool,
    /// The account is yet to be made.
    is_new: bool,
}

pub(super) async fn accept_invitation(
    service: &Service,
    request: AcceptInvitationRequest,
) -> Result<AcceptInvitationResponse, Problem> {
    let token_hash = session::hash(&request.token);
    let invitation = service.store.invitation_by_token(&token_hash, service.now()).await?;
    let invitation = invitation.ok_or(Problem::NotFound("invitation"))?;
    let (tenant, user_agent) = (invitation.tenant_id, request.user_agent.clone());
    let joining = joining(service, &invitation.email, request).await?;
    let (new_session, session) = session::draw(service, joining.user, tenant, user_agent.as_deref());
    let (at, user, password_hash) = (service.now(), joining.user, joining.password_hash.as_deref());
    let new_user = password_hash.filter(|_| joining.is_new);
    let new_user = new_user.map(|password_hash| NewUser { id: user, email: &invitation.email, password_hash });
    let password_hash = password_hash.filter(|_| !joining.is_new);
    let taken = Acceptance {
        invitation: &invitation,
        token_hash,
        user,
        password_hash,
        session_token_hash: joining.session_token_hash,
        has_passed: joining.has_passed,
        new_user,
        session: new_session,
        at,
    };
    let subject = user.to_string();
    let record = service.record(tenant, Actor::User(user), "member.joined", &subject);
    match service.store.accept_invitation(&taken, &record).await? {
        Accept::Joined => {}
        Accept::Gone => return Err(Problem::NotFound("invitation")),
        Accept::OtherPassword => return Err(Problem::WrongCredentials),
        Accept::CodeNeeded => return Err(Problem::SecondFactorNeeded),
        Accept::EmailTaken => return Err(Problem::Busy),
        Accept::SignedOut => return Err(Problem::Unauthenticated),
    }
    let row = service.store.tenant(tenant).await?.ok_or(Problem::NotFound("tenant"))?;
    let user = service.store.user(user).await?.ok_or(Problem::NotFound("user"))?;
    Ok(AcceptInvitationResponse {
        tenant: Some(tenant::of_row(service, row).await?),
        user: Some(user_of(user)),
        session: Some(session),
    })
}

/// INVARIANT: the token alone signs nobody in to an account that there is: whoever invited has seen it.
async fn joining(service: &Service, email: &str, request: AcceptInvitationRequest) -> Result<Joining, Problem> {
    let session_token_hash = request.session_token.as_deref().map(session::hash);
    let signed_in = signed_in(service, session_token_hash).await?;
    match (signed_in, request.password) {
        (Some(user), _) if user.email == email => {
            Ok(Joining { user: user.id, password_hash: None, session_token_hash, has_passed: false, is_new: false })
        }
        (Some(_), None) => Err(OTHER_ADDRESS),
        (_, password) => {
            with_password(service, email, password, (request.code.as_deref(), request.client_address.as_deref())).await
        }
    }
}

async fn signed_in(service: &Service, token_hash: Option<[u8; 32]>) -> Result<Option<UserRow>, Problem> {
    let Some(token_hash) = token_hash else { return Ok(None) };
    let Some(member) = service.store.member_by_session(&token_hash, service.now()).await? else {
        return Ok(None);
    };
    Ok(service.store.user(member.user_id).await?)
}

async fn with_password(
    service: &Service,
    email: &str,
    password: Option<String>,
    (code, from): (Option<&str>, Option<&str>),
) -> Result<Joining, Problem> {
    let is_known = service.store.user_by_email(email).await?.is_some();
    match password {
        Some(password) if is_known => {
            let user = throttled(service, email, password, from).await?;
            let has_passed = second_factor::pass(service, &user, code).await?;
            let password_hash = Some(user.password_hash);
            Ok(Joining { user: user.id, password_hash, session_token_hash: None, has_passed, is_new: false })
        }
        None if is_known => {
            let says = "This e-mail address has an account. Give its password, or sign in first.";
            Err(Problem::invalid("password", says))
        }
        Some(password) if check::is_password(&password) => {
            let password_hash = Some(service.passwords.hash(password).await?);
            let user = UserId::new(service.now(), random::bytes());
            Ok(Joining { user, password_hash, session_token_hash: None, has_passed: false, is_new: true })
        }
        _ => Err(Problem::invalid("password", "Choose a password of 8 to 256 characters.")),
    }
}
