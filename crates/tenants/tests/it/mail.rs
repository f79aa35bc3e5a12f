//! The outbox, tokens and who may withdraw what, on each database.

use std::time::Duration;

use anyhook_rpc::tenants::v1::{
    AcceptInvitationRequest, Actor, AuthenticateRequest, CreateApiKeyRequest, CreateTenantRequest, EndSessionRequest,
    ForgotPasswordRequest, InviteRequest, LogInRequest, ResetPasswordRequest, SignUpResponse, VerifyEmailRequest,
    WithdrawInvitationRequest, authenticate_request::Credential,
};
use anyhook_store::config::NewSecondFactor;
use anyhook_tenants::Carrier;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{
    fails, on_each_database,
    world::{PASSWORD, World, start_with},
};

on_each_database! {
    several_senders_send_each_mail_once
    what_cannot_be_sent_for_three_days_is_given_up
    what_waits_is_sealed
    a_link_works_once_whoever_comes_at_the_same_time
    whoever_never_read_the_address_keeps_no_way_in
    an_owners_invitation_is_an_owners_business
    whoever_was_signed_out_joins_nothing
    log_in_is_throttled_by_address
}

const WITHIN: Duration = Duration::from_secs(20);

struct Senders {
    tasks: JoinSet<()>,
    ending: CancellationToken,
    folder: TempDir,
}

impl Senders {
    /// Several processes that share a folder.
    async fn start(world: &World, n: usize) -> Self {
        let (mut tasks, ending, folder) = (JoinSet::new(), CancellationToken::new(), tempfile::tempdir().unwrap());
        for _ in 0..n {
            let carrier = Carrier::Folder(folder.path().to_owned());
            let tenants = start_with(&world.store, &world.clock, [7; 32], carrier).await.unwrap();
            tasks.spawn(tenants.send_mails(ending.clone()));
        }
        Self { tasks, ending, folder }
    }

    fn mails(&self) -> Vec<String> {
        let files = self.folder.path().read_dir().unwrap().map(|file| file.unwrap().path());
        let files = files.filter(|path| path.extension().is_some_and(|it| it == "eml"));
        files.map(|path| std::fs::read_to_string(path).unwrap().replace("=\r\n", "").replace("=3D", "=")).collect()
    }

    async fn end(self) -> Vec<String> {
        self.ending.cancel();
        let mails = self.mails();
        self.tasks.join_all().await;
        mails
    }
}

async fn none_left(world: &World) {
    let deadline = tokio::time::Instant::now() + WITHIN;
    while world.store.n_mails().await.unwrap() > 0 {
        assert!(tokio::time::Instant::now() < deadline, "mails wait for ever");
        world.hand.advance(Duration::from_secs(6));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn token(mail: &str, path: &str) -> String {
    let start = mail.find(&format!("/{path}#")).unwrap() + path.len() + 2;
    mail[start..].chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect()
}

async fn several_senders_send_each_mail_once(world: &mut World) {
    for n in 0..20 {
        world.sign_up(&format!("Tenant{n}")).await;
    }
    assert_eq!(world.store.n_mails().await.unwrap(), 20);
    let senders = Senders::start(world, 4).await;
    none_left(world).await;
    let mails = senders.end().await;
    assert_eq!(mails.len(), 20);
    for n in 0..20 {
        let to = format!("To: tenant{n}@example.com\r\n");
        assert_eq!(mails.iter().filter(|mail| mail.contains(&to)).count(), 1, "{to}");
    }
}

async fn what_cannot_be_sent_for_three_days_is_given_up(world: &mut World) {
    world.sign_up("Acme").await;
    let mut senders = JoinSet::new();
    let ending = CancellationToken::new();
    senders.spawn(world.tenants.clone().send_mails(ending.clone()));
    world.hand.advance(Duration::from_secs(3 * 24 * 60 * 60 - 10));
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(world.store.n_mails().await.unwrap(), 1, "somebody may say how mail is sent");
    none_left(world).await;
    ending.cancel();
    senders.join_all().await;
}

async fn what_waits_is_sealed(world: &mut World) {
    world.sign_up("Acme").await;
    let waiting = world.store.due_mails(world.clock.now(), 10).await.unwrap();
    assert_eq!(waiting.len(), 1);
    let text = String::from_utf8_lossy(&waiting[0].sealed).into_owned();
    assert!(!text.contains("acme") && !text.contains("token"), "{text}");
}

/// Signs up, and asks for another password.
async fn forgotten(world: &mut World) -> (SignUpResponse, String) {
    let made = world.sign_up("Acme").await;
    let senders = Senders::start(world, 1).await;
    none_left(world).await;
    let forgotten = ForgotPasswordRequest { email: "acme@example.com".into(), client_address: None };
    world.accounts.forgot_password(forgotten).await.unwrap();
    none_left(world).await;
    let mails = senders.end().await;
    let mail = mails.iter().find(|mail| mail.contains("/reset-password#")).unwrap();
    (made, token(mail, "reset-password"))
}

async fn a_link_works_once_whoever_comes_at_the_same_time(world: &mut World) {
    let (made, token) = forgotten(world).await;
    let session = Credential::SessionToken(made.session.unwrap().token);
    let reset = |password: &str| ResetPasswordRequest { token: token.clone(), new_password: password.into() };
    let (mut one, mut two) = (world.accounts.clone(), world.accounts.clone());
    let (one, two) =
        tokio::join!(one.reset_password(reset("first password")), two.reset_password(reset("second password")));
    assert_eq!([one.is_ok(), two.is_ok()].iter().filter(|ok| **ok).count(), 1, "{one:?} {two:?}");
    let password = if one.is_ok() { "first password" } else { "second password" };
    fails!(world.accounts.authenticate(AuthenticateRequest { credential: Some(session) }), "unauthenticated");
    let log_in = |password: &str| LogInRequest {
        email: "acme@example.com".into(),
        password: password.into(),
        ..LogInRequest::default()
    };
    fails!(world.accounts.log_in(log_in(PASSWORD)), "wrong_credentials");
    world.accounts.log_in(log_in(password)).await.unwrap();
    fails!(world.accounts.verify_email(VerifyEmailRequest { token: token.clone() }), "invalid_field", "token");
}

/// The user joins, with a password.
async fn join(world: &mut World, tenant: &str, by: &str, email: &str) -> String {
    let invite = InviteRequest {
        tenant_id: tenant.into(),
        actor: Some(Actor { user_id: Some(by.into()), api_key_id: None }),
        email: email.into(),
        role: "member".into(),
        ..InviteRequest::default()
    };
    world.team.invite(invite).await.unwrap().into_inner().token
}

/// Somebody has signed up with another's address, and protected the account against its owner.
async fn whoever_never_read_the_address_keeps_no_way_in(world: &mut World) {
    let (made, token) = forgotten(world).await;
    let (user, tenant) = (made.user.unwrap().id, made.tenant.unwrap().id);
    let new =
        NewSecondFactor { user: user.parse().unwrap(), sealed_secret: &[1], key_version: 1, at: world.clock.now() };
    assert!(world.store.begin_second_factor(&new).await.unwrap());
    let invited = join(world, &tenant, &user, "other@example.com").await;
    // A further tenant of the same user, which somebody else belongs to as well.
    let shared = CreateTenantRequest { user_id: user.clone(), name: "Shared".into(), ..CreateTenantRequest::default() };
    let shared = world.accounts.create_tenant(shared).await.unwrap().into_inner().id;
    let accept = |token: &str| AcceptInvitationRequest {
        token: token.into(),
        password: Some(PASSWORD.into()),
        ..AcceptInvitationRequest::default()
    };
    let of_shared = join(world, &shared, &user, "bob@example.com").await;
    world.team.accept_invitation(accept(&of_shared)).await.unwrap();
    let key = CreateApiKeyRequest {
        tenant_id: shared,
        actor: Some(Actor { user_id: Some(user.clone()), api_key_id: None }),
        name: "key".into(),
        scope: "admin".into(),
        ..CreateApiKeyRequest::default()
    };
    let of_both = world.access.create_api_key(key).await.unwrap().into_inner().secret;

    let reset = ResetPasswordRequest { token, new_password: "the owner's own".into() };
    world.accounts.reset_password(reset).await.unwrap();
    assert!(world.store.second_factor(user.parse().unwrap()).await.unwrap().is_none());
    let key = |key: String| AuthenticateRequest { credential: Some(Credential::ApiKey(key)) };
    fails!(world.accounts.authenticate(key(made.api_key)), "unauthenticated");
    fails!(world.team.accept_invitation(accept(&invited)), "not_found");
    world.accounts.authenticate(key(of_both)).await.unwrap();
}

async fn an_owners_invitation_is_an_owners_business(world: &mut World) {
    let made = world.sign_up("Acme").await;
    let (tenant, owner) = (made.tenant.unwrap().id, made.user.unwrap().id);
    let by = |user: &str| Some(Actor { user_id: Some(user.into()), api_key_id: None });
    let invite = |by: Option<Actor>, email: &str, role: &str| InviteRequest {
        tenant_id: tenant.clone(),
        actor: by,
        email: email.into(),
        role: role.into(),
        ..InviteRequest::default()
    };
    let accept = |token: String| AcceptInvitationRequest {
        token,
        password: Some(PASSWORD.into()),
        ..AcceptInvitationRequest::default()
    };
    let invited = world.team.invite(invite(by(&owner), "admin@example.com", "admin")).await.unwrap().into_inner();
    let admin = world.team.accept_invitation(accept(invited.token)).await.unwrap().into_inner().user.unwrap().id;
    let of_owner = world.team.invite(invite(by(&owner), "new@example.com", "owner")).await.unwrap().into_inner();
    let withdraw = |by: Option<Actor>| WithdrawInvitationRequest {
        tenant_id: tenant.clone(),
        actor: by,
        invitation_id: of_owner.invitation.as_ref().unwrap().id.clone(),
    };
    fails!(world.team.withdraw_invitation(withdraw(by(&admin))), "forbidden");
    fails!(world.team.invite(invite(by(&admin), "new@example.com", "viewer")), "forbidden");
    world.team.withdraw_invitation(withdraw(by(&owner))).await.unwrap();
    fails!(world.team.withdraw_invitation(withdraw(by(&owner))), "not_found");
    world.team.invite(invite(by(&admin), "new@example.com", "viewer")).await.unwrap();
}

async fn whoever_was_signed_out_joins_nothing(world: &mut World) {
    let (acme, other) = (world.sign_up("Acme").await, world.sign_up("Other").await);
    let (user, session) = (other.user.unwrap().id, other.session.unwrap().token);
    let invited = InviteRequest {
        tenant_id: acme.tenant.unwrap().id,
        actor: Some(Actor { user_id: Some(acme.user.unwrap().id), api_key_id: None }),
        email: "other@example.com".into(),
        role: "member".into(),
        ..InviteRequest::default()
    };
    let token = world.team.invite(invited).await.unwrap().into_inner().token;
    let principal = AuthenticateRequest { credential: Some(Credential::SessionToken(session.clone())) };
    let principal = world.accounts.authenticate(principal).await.unwrap().into_inner();
    let end =
        EndSessionRequest { user_id: user, tenant_id: principal.tenant_id, session_id: principal.session_id.unwrap() };
    let accept = || AcceptInvitationRequest {
        token: token.clone(),
        session_token: Some(session.clone()),
        ..AcceptInvitationRequest::default()
    };
    let (mut team, mut accounts) = (world.team.clone(), world.accounts.clone());
    let (joined, ended) = tokio::join!(team.accept_invitation(accept()), accounts.end_session(end));
    ended.unwrap();
    if joined.is_err() {
        // Whoever is not signed in gives a password.
        fails!(world.team.accept_invitation(accept()), "invalid_field", "password");
    }
}

async fn log_in_is_throttled_by_address(world: &mut World) {
    world.sign_up("Acme").await;
    let log_in = |email: &str, password: &str, address: &str| LogInRequest {
        email: email.into(),
        password: password.into(),
        client_address: Some(address.into()),
        ..LogInRequest::default()
    };
    for _ in 0..10 {
        let wrong = log_in("acme@example.com", "wrong password", "203.0.113.9");
        fails!(world.accounts.log_in(wrong), "wrong_credentials");
    }
    fails!(world.accounts.log_in(log_in("acme@example.com", PASSWORD, "203.0.113.9")), "too_many_attempts");
    assert!(world.accounts.log_in(log_in("acme@example.com", PASSWORD, "198.51.100.1")).await.is_ok());
    for n in 0..90 {
        let unknown = log_in(&format!("{n}@example.com"), "wrong password", "203.0.113.9");
        fails!(world.accounts.log_in(unknown), "wrong_credentials");
    }
    fails!(world.accounts.log_in(log_in("z@example.com", PASSWORD, "203.0.113.9")), "too_many_attempts");
}
