//! The second factor: turned on, asked for, each code once, and no way around it.

use std::time::Duration;

use anyhook_domain::Timestamp;
use anyhook_rpc::{
    Transport,
    tenants::v1::{
        AcceptInvitationRequest, Actor, BeginSecondFactorRequest, ConfirmSecondFactorRequest, EndSecondFactorRequest,
        GetSecondFactorRequest, InviteRequest, ListSessionsRequest, LogInRequest, LogInResponse,
        ResetSecondFactorRequest, SignUpResponse, StartOpenIdRequest, sign_in_client::SignInClient,
    },
};
use anyhook_tenants::OpenId;
use tonic::Status;
use totp_rs::{Builder, Secret, Totp};

use crate::{
    fails, on_each_database,
    world::{PASSWORD, World, start_as},
};

on_each_database! {
    it_is_for_whoever_has_shown_an_address
    it_is_asked_for_once_a_code_was_shown
    each_code_is_taken_once
    codes_at_the_same_time_are_taken_once
    recovery_codes_work_once
    codes_are_throttled_by_account
    an_invitation_is_no_way_around_it
    turning_it_off_needs_password_and_code
    linking_an_identity_needs_all_of_it
    a_stolen_row_says_nothing
    the_operator_lets_people_in
}

const STEP: Duration = Duration::from_secs(30);

struct Account {
    user_id: String,
    tenant_id: String,
    session_id: String,
    email: String,
    authenticator: Totp,
    recovery_codes: Vec<String>,
}

impl Account {
    /// What the authenticator shows now.
    fn code(&self, world: &World) -> String {
        shown(&self.authenticator, world)
    }

    fn log_in(&self, code: Option<&str>) -> LogInRequest {
        log_in(&self.email, PASSWORD, code)
    }

    fn get(&self) -> GetSecondFactorRequest {
        GetSecondFactorRequest { user_id: self.user_id.clone() }
    }

    fn end(&self, password: &str, code: &str) -> EndSecondFactorRequest {
        EndSecondFactorRequest {
            user_id: self.user_id.clone(),
            tenant_id: self.tenant_id.clone(),
            password: password.into(),
            code: code.into(),
            client_address: None,
        }
    }
}

fn shown(authenticator: &Totp, world: &World) -> String {
    authenticator.generate(u64::try_from(world.now() / 1000).unwrap()).to_string()
}

fn log_in(email: &str, password: &str, code: Option<&str>) -> LogInRequest {
    let code = code.map(Into::into);
    LogInRequest { email: email.into(), password: password.into(), code, ..LogInRequest::default() }
}

async fn logged_in(world: &mut World, request: LogInRequest) -> Result<LogInResponse, Status> {
    world.accounts.log_in(request).await.map(tonic::Response::into_inner)
}

async fn session_of(world: &mut World, user_id: &str) -> String {
    let request = ListSessionsRequest { user_id: user_id.into() };
    let sessions = world.accounts.list_sessions(request).await.unwrap().into_inner().sessions;
    sessions[0].id.clone()
}

async fn begun(world: &mut World, made: &SignUpResponse) -> Account {
    let (user, tenant) = (made.user.clone().unwrap(), made.tenant.clone().unwrap());
    world.verify(&user.email).await;
    let request =
        BeginSecondFactorRequest { user_id: user.id.clone(), password: PASSWORD.into(), client_address: None };
    let begun = world.sign_in.begin_second_factor(request).await.unwrap().into_inner();
    assert!(begun.uri.starts_with("otpauth://totp/AnyHook:"), "{}", begun.uri);
    assert!(begun.uri.contains(&format!("secret={}", begun.secret)), "{}", begun.uri);
    let secret = Secret::try_from_base32(&begun.secret).unwrap();
    Account {
        session_id: session_of(world, &user.id).await,
        user_id: user.id,
        tenant_id: tenant.id,
        email: user.email,
        authenticator: Builder::new().with_secret(secret).build().unwrap(),
        recovery_codes: Vec::new(),
    }
}

fn confirm(account: &Account, code: &str) -> ConfirmSecondFactorRequest {
    ConfirmSecondFactorRequest {
        user_id: account.user_id.clone(),
        tenant_id: account.tenant_id.clone(),
        session_id: account.session_id.clone(),
        code: code.into(),
    }
}

/// An account with a second factor, whose next code has not been used.
async fn protected(world: &mut World, name: &str) -> Account {
    let made = world.sign_up(name).await;
    let mut account = begun(world, &made).await;
    let code = account.code(world);
    let confirmed = world.sign_in.confirm_second_factor(confirm(&account, &code)).await.unwrap().into_inner();
    account.recovery_codes = confirmed.recovery_codes;
    world.hand.advance(STEP);
    account
}

async fn it_is_for_whoever_has_shown_an_address(world: &mut World) {
    let made = world.sign_up("Acme").await.user.unwrap();
    let begin = BeginSecondFactorRequest { user_id: made.id, password: PASSWORD.into(), client_address: None };
    fails!(world.sign_in.begin_second_factor(begin.clone()), "forbidden");
    world.verify(&made.email).await;
    world.sign_in.begin_second_factor(begin).await.unwrap();
}

async fn it_is_asked_for_once_a_code_was_shown(world: &mut World) {
    let made = world.sign_up("Acme").await;
    world.verify("acme@example.com").await;
    let wrong = BeginSecondFactorRequest {
        user_id: made.user.as_ref().unwrap().id.clone(),
        password: "wrong password".into(),
        client_address: None,
    };
    fails!(world.sign_in.begin_second_factor(wrong), "invalid_field", "password");
    let first = begun(world, &made).await;
    let account = begun(world, &made).await;
    assert!(!world.sign_in.get_second_factor(account.get()).await.unwrap().into_inner().is_on);
    let other = logged_in(world, account.log_in(None)).await.unwrap().session.unwrap();
    let replaced = first.code(world);
    fails!(world.sign_in.confirm_second_factor(confirm(&account, &replaced)), "invalid_field", "code");

    let code = account.code(world);
    let confirmed = world.sign_in.confirm_second_factor(confirm(&account, &code)).await.unwrap().into_inner();
    assert_eq!(confirmed.recovery_codes.len(), 10);
    let now = world.sign_in.get_second_factor(account.get()).await.unwrap().into_inner();
    assert_eq!((now.is_on, now.recovery_codes_left), (true, 10));
    let sessions = ListSessionsRequest { user_id: account.user_id.clone() };
    let sessions = world.accounts.list_sessions(sessions).await.unwrap().into_inner().sessions;
    assert_eq!(sessions.iter().map(|it| &it.id).collect::<Vec<_>>(), [&account.session_id], "{other:?} has ended");
    fails!(world.sign_in.confirm_second_factor(confirm(&account, &code)), "second_factor_on");

    // What is asked for is told only after the right password.
    fails!(world.accounts.log_in(log_in(&account.email, "wrong password", Some(&code))), "wrong_credentials");
    fails!(world.accounts.log_in(account.log_in(None)), "second_factor_needed");
    fails!(world.accounts.log_in(account.log_in(Some(" "))), "second_factor_needed");
    fails!(world.accounts.log_in(account.log_in(Some(&code))), "wrong_code");
    world.hand.advance(STEP);
    let code = account.code(world);
    assert!(logged_in(world, account.log_in(Some(&format!(" {} {} ", &code[..3], &code[3..])))).await.is_ok());
    // Nobody else is asked.
    world.sign_up("Other").await;
    assert!(logged_in(world, log_in("other@example.com", PASSWORD, None)).await.is_ok());
}

async fn each_code_is_taken_once(world: &mut World) {
    let account = protected(world, "Acme").await;
    let early = account.code(world);
    world.hand.advance(STEP);
    let code = account.code(world);
    logged_in(world, account.log_in(Some(&code))).await.unwrap();
    fails!(world.accounts.log_in(account.log_in(Some(&code))), "wrong_code");
    fails!(world.accounts.log_in(account.log_in(Some(&early))), "wrong_code");
    world.hand.advance(STEP);
    let late = account.code(world);
    world.hand.advance(STEP);
    assert!(logged_in(world, account.log_in(Some(&late))).await.is_ok(), "the step before counts");
    let seconds = u64::try_from(world.now() / 1000).unwrap();
    let ahead = account.authenticator.generate(seconds + 30).to_string();
    assert!(logged_in(world, account.log_in(Some(&ahead))).await.is_ok(), "the step after counts");
}

async fn codes_at_the_same_time_are_taken_once(world: &mut World) {
    let account = protected(world, "Acme").await;
    let code = account.code(world);
    let attempts = (0..4).map(|_| {
        let (mut accounts, request) = (world.accounts.clone(), account.log_in(Some(&code)));
        async move { accounts.log_in(request).await.is_ok() }
    });
    let outcomes = futures::future::join_all(attempts).await;
    assert_eq!(outcomes.iter().filter(|is_in| **is_in).count(), 1);
}

async fn recovery_codes_work_once(world: &mut World) {
    let account = protected(world, "Acme").await;
    let other = protected(world, "Other").await;
    let code = account.recovery_codes[0].to_uppercase().replace('-', " ");
    logged_in(world, account.log_in(Some(&code))).await.unwrap();
    fails!(world.accounts.log_in(account.log_in(Some(&code))), "wrong_code");
    fails!(world.accounts.log_in(account.log_in(Some(&other.recovery_codes[0]))), "wrong_code");
    let left = world.sign_in.get_second_factor(account.get()).await.unwrap().into_inner().recovery_codes_left;
    assert_eq!(left, 9);
    let audited = world.store.audited(account.tenant_id.parse().unwrap(), 10).await.unwrap();
    assert_eq!(audited.iter().filter(|row| row.action == "second_factor.recovery_code_used").count(), 1);
    assert!(logged_in(world, account.log_in(Some(&account.recovery_codes[1]))).await.is_ok());
}

async fn codes_are_throttled_by_account(world: &mut World) {
    let account = protected(world, "Acme").await;
    for _ in 0..5 {
        fails!(world.accounts.log_in(account.log_in(Some("000000"))), "wrong_code");
    }
    let code = account.code(world);
    fails!(world.accounts.log_in(account.log_in(Some(&code))), "too_many_attempts");
    fails!(world.accounts.log_in(account.log_in(Some(&account.recovery_codes[0]))), "too_many_attempts");
    fails!(world.sign_in.end_second_factor(account.end(PASSWORD, &code)), "too_many_attempts");
    world.hand.advance(Duration::from_secs(15 * 60));
    let code = account.code(world);
    assert!(logged_in(world, account.log_in(Some(&code))).await.is_ok());
}

async fn an_invitation_is_no_way_around_it(world: &mut World) {
    let account = protected(world, "Acme").await;
    let host = world.sign_up("Host").await;
    let actor = Actor { user_id: Some(host.user.unwrap().id), api_key_id: None };
    let invite = InviteRequest {
        tenant_id: host.tenant.unwrap().id,
        actor: Some(actor),
        email: account.email.clone(),
        role: "member".into(),
        ..InviteRequest::default()
    };
    let token = world.team.invite(invite).await.unwrap().into_inner().token;
    let accept = |code: Option<String>| AcceptInvitationRequest {
        token: token.clone(),
        password: Some(PASSWORD.into()),
        code,
        ..AcceptInvitationRequest::default()
    };
    fails!(world.team.accept_invitation(accept(None)), "second_factor_needed");
    fails!(world.team.accept_invitation(accept(Some("000000".into()))), "wrong_code");
    let code = account.code(world);
    assert!(world.team.accept_invitation(accept(Some(code))).await.is_ok());
}

async fn turning_it_off_needs_password_and_code(world: &mut World) {
    let account = protected(world, "Acme").await;
    let code = account.code(world);
    fails!(world.sign_in.end_second_factor(account.end("wrong password", &code)), "invalid_field", "password");
    fails!(world.sign_in.end_second_factor(account.end(PASSWORD, "000000")), "invalid_field", "code");
    fails!(world.sign_in.end_second_factor(account.end(PASSWORD, "")), "invalid_field", "code");
    fails!(world.accounts.log_in(account.log_in(None)), "second_factor_needed");
    world.sign_in.end_second_factor(account.end(PASSWORD, &code)).await.unwrap();
    assert!(logged_in(world, account.log_in(None)).await.is_ok());
    // Neither its recovery codes nor what it was stay behind.
    let now = world.sign_in.get_second_factor(account.get()).await.unwrap().into_inner();
    assert_eq!((now.is_on, now.recovery_codes_left), (false, 0));
    world.sign_in.end_second_factor(account.end(PASSWORD, &code)).await.unwrap();
}

/// A session alone adds no way in.
async fn linking_an_identity_needs_all_of_it(world: &mut World) {
    let openid = OpenId {
        // Nobody is there: whoever gets as far as that is told so.
        issuer: "http://127.0.0.1:1".into(),
        client_id: "anyhook".into(),
        client_secret: None,
        name: "Acme SSO".into(),
        scopes: Vec::new(),
        may_sign_up: true,
    };
    let tenants = start_as(&world.store, &world.clock, [7; 32], |config| config.openid = Some(openid)).await.unwrap();
    let mut sign_in = SignInClient::new(Transport::local(tenants.into_routes()));
    let link = |user: &str, password: Option<&str>, code: Option<String>| StartOpenIdRequest {
        redirect_url: "https://hooks.example/back".into(),
        return_to: "/settings".into(),
        user_id: Some(user.into()),
        password: password.map(Into::into),
        code,
        client_address: None,
    };
    let made = world.sign_up("Plain").await.user.unwrap();
    fails!(sign_in.start_open_id(link(&made.id, Some(PASSWORD), None)), "forbidden");
    world.verify(&made.email).await;
    fails!(sign_in.start_open_id(link(&made.id, None, None)), "invalid_field", "password");
    fails!(sign_in.start_open_id(link(&made.id, Some("wrong password"), None)), "invalid_field", "password");
    fails!(sign_in.start_open_id(link(&made.id, Some(PASSWORD), None)), "oidc_unavailable");

    let account = protected(world, "Acme").await;
    fails!(sign_in.start_open_id(link(&account.user_id, Some(PASSWORD), None)), "invalid_field", "code");
    let wrong = Some("000000".into());
    fails!(sign_in.start_open_id(link(&account.user_id, Some(PASSWORD), wrong)), "invalid_field", "code");
    let right = Some(account.code(world));
    fails!(sign_in.start_open_id(link(&account.user_id, Some(PASSWORD), right)), "oidc_unavailable");
}

async fn a_stolen_row_says_nothing(world: &mut World) {
    let account = protected(world, "Acme").await;
    let user = account.user_id.parse().unwrap();
    let row = world.store.second_factor(user).await.unwrap().unwrap();
    let secret = account.authenticator.secret();
    assert!(!row.sealed_secret.windows(20).any(|part| part == secret.as_bytes()));
    assert_eq!(row.sealed_secret.len(), 20 + anyhook_domain::seal::OVERHEAD_BYTES);
    // In another user's row it does not open.
    let other = world.sign_up("Other").await.user.unwrap();
    let moved = anyhook_store::config::NewSecondFactor {
        user: other.id.parse().unwrap(),
        sealed_secret: &row.sealed_secret,
        key_version: row.key_version,
        at: Timestamp::from_unix_ms(world.now()),
    };
    assert!(world.store.begin_second_factor(&moved).await.unwrap());
    let session_id = session_of(world, &other.id).await;
    let code = account.code(world);
    let stolen = Account { user_id: other.id, session_id, ..account };
    fails!(world.sign_in.confirm_second_factor(confirm(&stolen, &code)), "does_not_open");
}

async fn the_operator_lets_people_in(world: &mut World) {
    let account = protected(world, "Acme").await;
    let reset = |email: &str| ResetSecondFactorRequest { email: email.into(), user_id: None };
    fails!(world.sign_in.reset_second_factor(reset("nobody@example.com")), "not_found");
    let n_mails = world.store.n_mails().await.unwrap();
    world.sign_in.reset_second_factor(reset(" ACME@example.com")).await.unwrap();
    assert_eq!(world.store.n_mails().await.unwrap(), n_mails + 1, "the user is told");
    assert!(logged_in(world, account.log_in(None)).await.is_ok());
    let tenant = account.tenant_id.parse().unwrap();
    let audited = world.store.audited(tenant, 10).await.unwrap();
    assert_eq!((audited[0].action.as_str(), audited[0].subject.as_str()), ("second_factor.reset", &*account.user_id));
    world.sign_in.reset_second_factor(reset("acme@example.com")).await.unwrap();
    assert_eq!(world.store.n_mails().await.unwrap(), n_mails + 1, "nothing was on any more");
}
