//! Members, invitations, sessions and further tenants.

use std::time::Duration;

use anyhook_rpc::tenants::v1::{
    AcceptInvitationRequest, Actor, AuthenticateRequest, ChangePasswordRequest, CreateTenantRequest,
    EndOtherSessionsRequest, EndSessionRequest, GetTeamRequest, GetTeamResponse, InviteRequest, ListSessionsRequest,
    ListTenantsRequest, LogInRequest, Principal, RemoveMemberRequest, SetRoleRequest, TurnSessionRequest,
    WithdrawInvitationRequest, authenticate_request::Credential,
};
use tonic::Status;

use crate::{
    fails, on_each_database,
    world::{PASSWORD, World},
};

on_each_database! {
    an_invitation_makes_an_account_once
    an_invitation_is_for_its_address_only
    invitations_end
    owners_are_the_owners_business
    two_owners_do_not_go_at_once
    whoever_is_removed_is_out
    nobody_comes_back_by_their_own_invitation
    sessions_are_listed_and_ended
    a_new_password_ends_the_other_sessions
    a_user_has_several_tenants
}

/// A tenant and its owner.
struct Acme {
    tenant: String,
    owner: String,
    session: String,
}

async fn acme(world: &mut World) -> Acme {
    let made = world.sign_up("Acme").await;
    Acme { tenant: made.tenant.unwrap().id, owner: made.user.unwrap().id, session: made.session.unwrap().token }
}

fn by(user: &str) -> Option<Actor> {
    Some(Actor { user_id: Some(user.into()), api_key_id: None })
}

fn invite(tenant: &str, actor: &str, email: &str, role: &str) -> InviteRequest {
    InviteRequest {
        tenant_id: tenant.into(),
        actor: by(actor),
        email: email.into(),
        role: role.into(),
        ..InviteRequest::default()
    }
}

fn accept(token: &str, password: Option<&str>, session: Option<&str>) -> AcceptInvitationRequest {
    AcceptInvitationRequest {
        token: token.into(),
        password: password.map(Into::into),
        session_token: session.map(Into::into),
        user_agent: Some("Browser/1.0".into()),
        ..AcceptInvitationRequest::default()
    }
}

async fn who(world: &mut World, token: &str) -> Result<Principal, Status> {
    let request = AuthenticateRequest { credential: Some(Credential::SessionToken(token.into())) };
    world.accounts.authenticate(request).await.map(tonic::Response::into_inner)
}

async fn team(world: &mut World, tenant: &str) -> GetTeamResponse {
    world.team.get_team(GetTeamRequest { tenant_id: tenant.into() }).await.unwrap().into_inner()
}

/// A new member, its id and its session.
async fn member(world: &mut World, acme: &Acme, email: &str, role: &str) -> (String, String) {
    world.tick();
    let invited = world.team.invite(invite(&acme.tenant, &acme.owner, email, role)).await.unwrap().into_inner();
    let joined = world.team.accept_invitation(accept(&invited.token, Some(PASSWORD), None)).await.unwrap().into_inner();
    (joined.user.unwrap().id, joined.session.unwrap().token)
}

async fn an_invitation_makes_an_account_once(world: &mut World) {
    let acme = acme(world).await;
    let request = invite(&acme.tenant, &acme.owner, " Grace@Example.com", "admin");
    let invited = world.team.invite(request).await.unwrap().into_inner();
    let invitation = invited.invitation.unwrap();
    assert_eq!((invitation.email.as_str(), invitation.role.as_str()), ("grace@example.com", "admin"));
    assert_eq!(team(world, &acme.tenant).await.invitations, [invitation]);
    fails!(world.team.accept_invitation(accept(&invited.token, None, None)), "invalid_field", "password");
    fails!(world.team.accept_invitation(accept(&invited.token, Some("short"), None)), "invalid_field", "password");
    fails!(world.team.accept_invitation(accept("nonsense", Some(PASSWORD), None)), "not_found");
    world.tick();
    let joined = world.team.accept_invitation(accept(&invited.token, Some(PASSWORD), None)).await.unwrap().into_inner();
    assert_eq!(joined.tenant.unwrap().slug, "acme");
    let principal = who(world, &joined.session.unwrap().token).await.unwrap();
    assert_eq!((principal.tenant_id, principal.role.as_str()), (acme.tenant.clone(), "admin"));
    fails!(world.team.accept_invitation(accept(&invited.token, Some(PASSWORD), None)), "not_found");
    let team = team(world, &acme.tenant).await;
    let members: Vec<_> = team.members.iter().map(|it| (it.email.as_str(), it.role.as_str())).collect();
    assert_eq!(members, [("acme@example.com", "owner"), ("grace@example.com", "admin")]);
    assert!(team.invitations.is_empty());
    let again = invite(&acme.tenant, &acme.owner, "grace@example.com", "viewer");
    fails!(world.team.invite(again), "already_member", "email");
}

async fn an_invitation_is_for_its_address_only(world: &mut World) {
    let acme = acme(world).await;
    let other = world.sign_up("Other").await;
    let (other_session, other_user) = (other.session.unwrap().token, other.user.unwrap());
    let request = invite(&acme.tenant, &acme.owner, "other@example.com", "member");
    let invited = world.team.invite(request).await.unwrap().into_inner();
    let token = invited.token.as_str();
    // Whoever invited has the token, and is signed in.
    fails!(world.team.accept_invitation(accept(token, None, Some(&acme.session))), "forbidden");
    fails!(world.team.accept_invitation(accept(token, None, None)), "invalid_field", "password");
    fails!(world.team.accept_invitation(accept(token, Some("a new password"), None)), "wrong_credentials");
    let taken = accept(token, None, Some(&other_session));
    let joined = world.team.accept_invitation(taken).await.unwrap().into_inner();
    assert_eq!(joined.user.unwrap(), other_user);
    let principal = who(world, &joined.session.unwrap().token).await.unwrap();
    assert_eq!((principal.tenant_id, principal.role.as_str()), (acme.tenant, "member"));
    assert_ne!(who(world, &other_session).await.unwrap().role, "member", "the first session stays where it was");
}

async fn invitations_end(world: &mut World) {
    let acme = acme(world).await;
    let request = || invite(&acme.tenant, &acme.owner, "grace@example.com", "member");
    let first = world.team.invite(request()).await.unwrap().into_inner().token;
    let second = world.team.invite(request()).await.unwrap().into_inner();
    fails!(world.team.accept_invitation(accept(&first, Some(PASSWORD), None)), "not_found");
    let stranger = world.tenant("Other").await;
    let id = second.invitation.unwrap().id;
    let withdraw = |tenant: &str| WithdrawInvitationRequest {
        tenant_id: tenant.into(),
        actor: by(&acme.owner),
        invitation_id: id.clone(),
    };
    fails!(world.team.withdraw_invitation(withdraw(&stranger)), "not_found");
    world.team.withdraw_invitation(withdraw(&acme.tenant)).await.unwrap();
    fails!(world.team.accept_invitation(accept(&second.token, Some(PASSWORD), None)), "not_found");
    let third = world.team.invite(request()).await.unwrap().into_inner().token;
    world.hand.advance(Duration::from_secs(7 * 24 * 60 * 60));
    fails!(world.team.accept_invitation(accept(&third, Some(PASSWORD), None)), "not_found");
    assert!(team(world, &acme.tenant).await.invitations.is_empty());
}

async fn owners_are_the_owners_business(world: &mut World) {
    let acme = acme(world).await;
    let (admin, _) = member(world, &acme, "admin@example.com", "admin").await;
    let (viewer, _) = member(world, &acme, "viewer@example.com", "viewer").await;
    let set = |actor: &str, user: &str, role: &str| SetRoleRequest {
        tenant_id: acme.tenant.clone(),
        actor: by(actor),
        user_id: user.into(),
        role: role.into(),
    };
    fails!(world.team.set_role(set(&acme.owner, &acme.owner, "admin")), "last_owner");
    fails!(world.team.set_role(set(&admin, &acme.owner, "viewer")), "forbidden");
    fails!(world.team.set_role(set(&admin, &admin, "owner")), "forbidden");
    fails!(world.team.set_role(set(&viewer, &viewer, "admin")), "forbidden");
    fails!(world.team.set_role(set(&acme.owner, &viewer, "root")), "invalid_field", "role");
    let invite_owner = |actor: &str| invite(&acme.tenant, actor, "new@example.com", "owner");
    fails!(world.team.invite(invite_owner(&admin)), "forbidden");
    fails!(world.team.invite(invite(&acme.tenant, &viewer, "new@example.com", "viewer")), "forbidden");
    assert!(world.team.invite(invite_owner(&acme.owner)).await.is_ok());
    let made = world.team.set_role(set(&admin, &viewer, "member")).await.unwrap().into_inner();
    assert_eq!(made.role, "member");
    world.team.set_role(set(&acme.owner, &admin, "owner")).await.unwrap();
    world.team.set_role(set(&admin, &acme.owner, "member")).await.unwrap();
    fails!(world.team.set_role(set(&admin, &admin, "member")), "last_owner");
    let stranger = world.sign_up("Other").await.user.unwrap().id;
    fails!(world.team.set_role(set(&admin, &stranger, "member")), "not_found");
}

async fn two_owners_do_not_go_at_once(world: &mut World) {
    let acme = acme(world).await;
    let (second, _) = member(world, &acme, "second@example.com", "owner").await;
    let leave =
        |user: &str| RemoveMemberRequest { tenant_id: acme.tenant.clone(), actor: by(user), user_id: user.into() };
    let (mut one, mut two) = (world.team.clone(), world.team.clone());
    let (first, other) = tokio::join!(one.remove_member(leave(&acme.owner)), two.remove_member(leave(&second)));
    assert_eq!(u8::from(first.is_ok()) + u8::from(other.is_ok()), 1);
    let members = team(world, &acme.tenant).await.members;
    assert!(members.len() == 1 && members[0].role == "owner", "{members:?}");
}

async fn whoever_is_removed_is_out(world: &mut World) {
    let acme = acme(world).await;
    let (user, session) = member(world, &acme, "grace@example.com", "member").await;
    let remove =
        || RemoveMemberRequest { tenant_id: acme.tenant.clone(), actor: by(&acme.owner), user_id: user.clone() };
    world.team.remove_member(remove()).await.unwrap();
    fails!(who(world, &session), "unauthenticated");
    fails!(world.team.remove_member(remove()), "not_found");
    let log_in =
        || LogInRequest { email: "grace@example.com".into(), password: PASSWORD.into(), ..LogInRequest::default() };
    fails!(world.accounts.log_in(log_in()), "no_tenant");
    let invited = world.team.invite(invite(&acme.tenant, &acme.owner, "grace@example.com", "viewer")).await.unwrap();
    let taken = accept(&invited.into_inner().token, Some(PASSWORD), None);
    world.team.accept_invitation(taken).await.unwrap();
    assert!(world.accounts.log_in(log_in()).await.is_ok());
}

async fn nobody_comes_back_by_their_own_invitation(world: &mut World) {
    let acme = acme(world).await;
    for demoted_to in [None, Some("viewer")] {
        let (admin, _) = member(world, &acme, &format!("admin-{}@example.com", demoted_to.is_some()), "admin").await;
        let invited = world.team.invite(invite(&acme.tenant, &admin, "second@example.com", "admin")).await.unwrap();
        let (tenant_id, actor) = (acme.tenant.clone(), by(&acme.owner));
        if let Some(role) = demoted_to {
            let request = SetRoleRequest { tenant_id, actor, user_id: admin, role: role.into() };
            world.team.set_role(request).await.unwrap();
        } else {
            let request = RemoveMemberRequest { tenant_id, actor, user_id: admin };
            world.team.remove_member(request).await.unwrap();
        }
        let token = invited.into_inner().token;
        fails!(world.team.accept_invitation(accept(&token, Some(PASSWORD), None)), "not_found");
    }
}

async fn sessions_are_listed_and_ended(world: &mut World) {
    let acme = acme(world).await;
    let stranger = world.sign_up("Other").await;
    let stranger = who(world, &stranger.session.unwrap().token).await.unwrap();
    world.tick();
    let log_in = LogInRequest {
        email: "acme@example.com".into(),
        password: PASSWORD.into(),
        user_agent: Some("Phone/2.0\n".into()),
        ..LogInRequest::default()
    };
    let phone = world.accounts.log_in(log_in).await.unwrap().into_inner().session.unwrap().token;
    let list = || ListSessionsRequest { user_id: acme.owner.clone() };
    let sessions = world.accounts.list_sessions(list()).await.unwrap().into_inner().sessions;
    let agents: Vec<_> = sessions.iter().map(|it| it.user_agent.as_deref()).collect();
    assert_eq!(agents, [Some("Phone/2.0"), None]);
    let end = |session: &str| EndSessionRequest {
        user_id: acme.owner.clone(),
        tenant_id: acme.tenant.clone(),
        session_id: session.into(),
    };
    fails!(world.accounts.end_session(end(&stranger.session_id.unwrap())), "not_found");
    world.accounts.end_session(end(&sessions[0].id)).await.unwrap();
    fails!(who(world, &phone), "unauthenticated");
    let own = who(world, &acme.session).await.unwrap();
    let log_in =
        || LogInRequest { email: "acme@example.com".into(), password: PASSWORD.into(), ..LogInRequest::default() };
    for _ in 0..2 {
        world.accounts.log_in(log_in()).await.unwrap();
    }
    let others = EndOtherSessionsRequest {
        user_id: acme.owner.clone(),
        tenant_id: acme.tenant.clone(),
        session_id: own.session_id.unwrap(),
    };
    assert_eq!(world.accounts.end_other_sessions(others).await.unwrap().into_inner().n_ended, 2);
    assert!(who(world, &acme.session).await.is_ok());
}

async fn a_new_password_ends_the_other_sessions(world: &mut World) {
    let acme = acme(world).await;
    let log_in = |password: &str| LogInRequest {
        email: "acme@example.com".into(),
        password: password.into(),
        ..LogInRequest::default()
    };
    let other = world.accounts.log_in(log_in(PASSWORD)).await.unwrap().into_inner().session.unwrap().token;
    let own = who(world, &acme.session).await.unwrap().session_id.unwrap();
    let change = |current: &str, new: &str| ChangePasswordRequest {
        user_id: acme.owner.clone(),
        tenant_id: acme.tenant.clone(),
        session_id: own.clone(),
        current_password: current.into(),
        new_password: new.into(),
        client_address: None,
    };
    fails!(
        world.accounts.change_password(change("wrong password", "staple staple")),
        "invalid_field",
        "currentPassword"
    );
    fails!(world.accounts.change_password(change(PASSWORD, "short")), "invalid_field", "newPassword");
    world.accounts.change_password(change(PASSWORD, "staple staple")).await.unwrap();
    fails!(who(world, &other), "unauthenticated");
    assert!(who(world, &acme.session).await.is_ok());
    fails!(world.accounts.log_in(log_in(PASSWORD)), "wrong_credentials");
    assert!(world.accounts.log_in(log_in("staple staple")).await.is_ok());
    for _ in 0..10 {
        let _ = world.accounts.change_password(change("wrong password", "staple staple")).await;
    }
    fails!(world.accounts.change_password(change("staple staple", PASSWORD)), "too_many_attempts");
}

async fn a_user_has_several_tenants(world: &mut World) {
    let acme = acme(world).await;
    world.tenant("Other").await;
    let own = who(world, &acme.session).await.unwrap().session_id.unwrap();
    let new = |name: &str, slug: Option<&str>| CreateTenantRequest {
        user_id: acme.owner.clone(),
        name: name.into(),
        slug: slug.map(Into::into),
        ..CreateTenantRequest::default()
    };
    fails!(world.accounts.create_tenant(new("Labs", Some("other"))), "slug_taken", "slug");
    world.tick();
    let labs = world.accounts.create_tenant(new("Labs", None)).await.unwrap().into_inner();
    let list = ListTenantsRequest { user_id: acme.owner.clone() };
    let tenants = world.accounts.list_tenants(list).await.unwrap().into_inner().tenants;
    let of: Vec<_> = tenants.iter().map(|it| (it.tenant.as_ref().unwrap().slug.as_str(), it.role.as_str())).collect();
    assert_eq!(of, [("acme", "owner"), ("labs", "owner")]);
    let turn =
        |slug: &str| TurnSessionRequest { user_id: acme.owner.clone(), session_id: own.clone(), slug: slug.into() };
    for foreign in ["other", "nothing", "No Slug"] {
        fails!(world.accounts.turn_session(turn(foreign)), "not_found");
    }
    let turned = world.accounts.turn_session(turn("labs")).await.unwrap().into_inner();
    assert_eq!(turned.tenant.unwrap(), labs);
    let principal = who(world, &acme.session).await.unwrap();
    assert_eq!((principal.tenant_id, principal.role.as_str()), (labs.id.clone(), "owner"));
    // The new tenant has a key of its own: it can seal.
    world.app(&labs.id, "shop").await;
    for n in 2..20 {
        world.accounts.create_tenant(new("More", Some(&format!("more-{n}")))).await.unwrap();
    }
    fails!(world.accounts.create_tenant(new("More", None)), "too_many");
}
