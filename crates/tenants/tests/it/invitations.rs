//! Who may have mails sent to strangers, and how many.

use std::time::Duration;

use anyhook_rpc::{
    Transport,
    tenants::v1::{
        Actor, AuthenticateRequest, InviteRequest, WithdrawInvitationRequest, authenticate_request::Credential,
        team_client::TeamClient,
    },
};
use anyhook_tenants::Carrier;

use crate::{
    fails, on_each_database,
    world::{World, start_with},
};

on_each_database! {
    mails_go_out_for_whoever_is_known
    a_tenant_invites_so_many
    an_address_is_invited_so_often_by_all_together
}

fn invite(tenant: &str, actor: Actor, email: &str) -> InviteRequest {
    InviteRequest {
        tenant_id: tenant.into(),
        actor: Some(actor),
        email: email.into(),
        role: "member".into(),
        ..InviteRequest::default()
    }
}

fn user(id: &str) -> Actor {
    Actor { user_id: Some(id.into()), api_key_id: None }
}

async fn mails_go_out_for_whoever_is_known(world: &mut World) {
    let made = world.sign_up("Acme").await;
    let (tenant, owner) = (made.tenant.unwrap().id, made.user.unwrap().id);
    let key = AuthenticateRequest { credential: Some(Credential::ApiKey(made.api_key)) };
    let api_key_id = world.accounts.authenticate(key).await.unwrap().into_inner().api_key_id;
    let key = Actor { user_id: None, api_key_id };
    // Where they stay on this machine, anybody may.
    world.team.invite(invite(&tenant, user(&owner), "one@example.com")).await.unwrap();
    let carrier = Carrier::smtp("smtp://127.0.0.1:1", None).unwrap();
    let sending = start_with(&world.store, &world.clock, [7; 32], carrier).await.unwrap();
    let mut team = TeamClient::new(Transport::local(sending.into_routes()));
    let status = fails!(team.invite(invite(&tenant, user(&owner), "two@example.com")), "forbidden");
    assert!(status.message().contains("Verify your e-mail address"), "{}", status.message());
    fails!(team.invite(invite(&tenant, key.clone(), "two@example.com")), "forbidden");
    world.verify("acme@example.com").await;
    team.invite(invite(&tenant, user(&owner), "two@example.com")).await.unwrap();
    team.invite(invite(&tenant, key, "three@example.com")).await.unwrap();
}

/// Taking them back makes no room for more.
async fn a_tenant_invites_so_many(world: &mut World) {
    let made = world.sign_up("Acme").await;
    let (tenant, owner) = (made.tenant.unwrap().id, made.user.unwrap().id);
    for n in 0..50 {
        let invited = world.team.invite(invite(&tenant, user(&owner), &format!("{n}@example.com"))).await.unwrap();
        let withdraw = WithdrawInvitationRequest {
            tenant_id: tenant.clone(),
            actor: Some(user(&owner)),
            invitation_id: invited.into_inner().invitation.unwrap().id,
        };
        world.team.withdraw_invitation(withdraw).await.unwrap();
    }
    fails!(world.team.invite(invite(&tenant, user(&owner), "51@example.com")), "too_many_attempts");
    world.hand.advance(Duration::from_secs(60 * 60));
    world.team.invite(invite(&tenant, user(&owner), "51@example.com")).await.unwrap();
}

async fn an_address_is_invited_so_often_by_all_together(world: &mut World) {
    let mut hosts = Vec::new();
    for name in ["One", "Two", "Three"] {
        let made = world.sign_up(name).await;
        hosts.push((made.tenant.unwrap().id, made.user.unwrap().id));
    }
    // What comes to nothing does not count.
    for _ in 0..6 {
        let (tenant, owner) = &hosts[1];
        fails!(world.team.invite(invite(tenant, user(owner), "two@example.com")), "already_member", "email");
    }
    for n in 0..5 {
        let (tenant, owner) = &hosts[n % 3];
        world.team.invite(invite(tenant, user(owner), "two2@example.com")).await.unwrap();
    }
    let (tenant, owner) = &hosts[0];
    fails!(world.team.invite(invite(tenant, user(owner), "two2@example.com")), "too_many_attempts");
    world.team.invite(invite(tenant, user(owner), "two@example.com")).await.unwrap();
}
