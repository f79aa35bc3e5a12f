//! Signing up, logging in and out, and who a credential speaks for.

use std::time::Duration;

use anyhook_rpc::tenants::v1::{
    AuthenticateRequest, LogInRequest, LogOutRequest, Principal, SignUpRequest, authenticate_request::Credential,
};
use anyhook_store::config::AuditEntry;
use tonic::{Code, Status};

use crate::{
    fails, on_each_database,
    world::{PASSWORD, World, sign_up},
};

on_each_database! {
    signing_up_gives_a_tenant_a_key_and_a_session
    e_mails_and_slugs_are_taken_once
    bad_sign_ups_name_their_field
    logging_in_and_out
    log_in_does_not_tell_whether_an_account_exists
    log_in_is_throttled_by_account
    signing_up_is_throttled_by_address
    sessions_expire
    revoked_and_mistyped_keys_are_refused
}

fn log_in(email: &str, password: &str) -> LogInRequest {
    LogInRequest { email: email.into(), password: password.into(), ..LogInRequest::default() }
}

async fn who(world: &mut World, credential: Credential) -> Result<Principal, Status> {
    let request = AuthenticateRequest { credential: Some(credential) };
    world.accounts.authenticate(request).await.map(tonic::Response::into_inner)
}

async fn signing_up_gives_a_tenant_a_key_and_a_session(world: &mut World) {
    let request = sign_up(" Ada@Example.com ", "Acme GmbH & Co.", None);
    let made = world.accounts.sign_up(request).await.unwrap().into_inner();
    let (tenant, user, session) = (made.tenant.unwrap(), made.user.unwrap(), made.session.unwrap());
    assert_eq!((tenant.slug.as_str(), tenant.plan.as_str()), ("acme-gmbh-co", "free"));
    assert_eq!((tenant.name.as_str(), tenant.created_at), ("Acme GmbH & Co.", world.now()));
    assert_eq!(user.email, "ada@example.com");
    assert_eq!(session.expires_at, world.now() + 7 * 24 * 60 * 60 * 1000);
    assert_eq!(session.token.len(), 43);
    assert!(made.api_key.starts_with("ahk_live_"));

    let by_key = who(world, Credential::ApiKey(made.api_key)).await.unwrap();
    assert_eq!((&by_key.tenant_id, by_key.tenant_slug.as_str()), (&tenant.id, "acme-gmbh-co"));
    assert_eq!((by_key.role.as_str(), &by_key.user_id), ("admin", &None));
    assert!(by_key.api_key_id.unwrap().starts_with("key_"));
    let by_session = who(world, Credential::SessionToken(session.token)).await.unwrap();
    assert_eq!((by_session.role.as_str(), by_session.user_id), ("owner", Some(user.id)));
    assert_eq!((by_session.tenant_id, by_session.api_key_id), (tenant.id, None));
}

async fn e_mails_and_slugs_are_taken_once(world: &mut World) {
    world.accounts.sign_up(sign_up("a@example.com", "Acme", None)).await.unwrap();
    fails!(world.accounts.sign_up(sign_up("A@EXAMPLE.com", "Other", None)), "email_taken", "email");
    fails!(world.accounts.sign_up(sign_up("b@example.com", "Other", Some("acme"))), "slug_taken", "tenant.slug");
    // Nothing of the refused one is left: the address is free.
    let near = world.accounts.sign_up(sign_up("b@example.com", "Acme", None)).await.unwrap().into_inner();
    let slug = near.tenant.unwrap().slug;
    assert!(slug.starts_with("acme-") && slug.len() == 11, "{slug}");
    let unnamable = world.accounts.sign_up(sign_up("c@example.com", "日本", None)).await.unwrap().into_inner();
    assert!(unnamable.tenant.unwrap().slug.starts_with("workspace-"));
}

async fn bad_sign_ups_name_their_field(world: &mut World) {
    let good = || sign_up("a@example.com", "Acme", None);
    let mut bad = good();
    bad.password = "1234567".into();
    fails!(world.accounts.sign_up(bad), "invalid_field", "password");
    fails!(world.accounts.sign_up(sign_up("nobody", "Acme", None)), "invalid_field", "email");
    fails!(world.accounts.sign_up(sign_up("a@example.com", " ", None)), "invalid_field", "tenant.name");
    let status = fails!(world.accounts.sign_up(sign_up("a@b", "Acme", Some("A_b"))), "invalid_field", "tenant.slug");
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().contains("lower-case"), "{}", status.message());
}

async fn logging_in_and_out(world: &mut World) {
    let made = world.sign_up("Acme").await;
    let again = world.accounts.log_in(log_in(" ACME@example.com", PASSWORD)).await.unwrap().into_inner();
    assert_eq!(again.user, made.user);
    assert_eq!(again.tenant, made.tenant);
    let token = again.session.unwrap().token;
    assert!(who(world, Credential::SessionToken(token.clone())).await.is_ok());
    let log_out = || LogOutRequest { session_token: token.clone() };
    world.accounts.log_out(log_out()).await.unwrap();
    fails!(who(world, Credential::SessionToken(token.clone())), "unauthenticated");
    world.accounts.log_out(log_out()).await.unwrap();
    let first = made.session.unwrap().token;
    assert!(who(world, Credential::SessionToken(first)).await.is_ok(), "the other session goes on");
}

async fn log_in_does_not_tell_whether_an_account_exists(world: &mut World) {
    world.sign_up("Acme").await;
    let known = fails!(world.accounts.log_in(log_in("acme@example.com", "wrong password")), "wrong_credentials");
    let unknown = fails!(world.accounts.log_in(log_in("nobody@example.com", PASSWORD)), "wrong_credentials");
    let malformed = fails!(world.accounts.log_in(log_in("nobody", "x")), "wrong_credentials");
    assert_eq!((known.code(), known.message()), (unknown.code(), unknown.message()));
    assert_eq!(known.message(), malformed.message());
}

async fn log_in_is_throttled_by_account(world: &mut World) {
    world.sign_up("Acme").await;
    world.sign_up("Other").await;
    for _ in 0..10 {
        fails!(world.accounts.log_in(log_in("acme@example.com", "wrong password")), "wrong_credentials");
    }
    let status = fails!(world.accounts.log_in(log_in("Acme@example.com", PASSWORD)), "too_many_attempts");
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(world.accounts.log_in(log_in("other@example.com", PASSWORD)).await.is_ok());
    world.hand.advance(Duration::from_secs(15 * 60));
    assert!(world.accounts.log_in(log_in("acme@example.com", PASSWORD)).await.is_ok());
}

async fn signing_up_is_throttled_by_address(world: &mut World) {
    world.sign_up("Acme").await;
    let from = |email: &str, address: &str| SignUpRequest {
        client_address: Some(address.into()),
        ..sign_up(email, "Acme", None)
    };
    for _ in 0..50 {
        fails!(world.accounts.sign_up(from("acme@example.com", "203.0.113.9")), "email_taken", "email");
    }
    fails!(world.accounts.sign_up(from("b@example.com", "203.0.113.9")), "too_many_attempts");
    world.accounts.sign_up(from("b@example.com", "203.0.113.10")).await.unwrap();
}

async fn sessions_expire(world: &mut World) {
    let token = world.sign_up("Acme").await.session.unwrap().token;
    world.hand.advance(Duration::from_millis(7 * 24 * 60 * 60 * 1000 - 1));
    assert!(who(world, Credential::SessionToken(token.clone())).await.is_ok());
    world.hand.advance(Duration::from_millis(1));
    fails!(who(world, Credential::SessionToken(token)), "unauthenticated");
    assert_eq!(world.tenants.forget_expired().await.unwrap(), 2, "and the token for the address");
    assert_eq!(world.tenants.forget_expired().await.unwrap(), 0);
}

async fn revoked_and_mistyped_keys_are_refused(world: &mut World) {
    let made = world.sign_up("Acme").await;
    let principal = who(world, Credential::ApiKey(made.api_key.clone())).await.unwrap();
    let mut other = made.api_key.clone();
    other.replace_range(20..21, if &other[20..21] == "x" { "y" } else { "x" });
    fails!(who(world, Credential::ApiKey(other)), "unauthenticated");
    fails!(who(world, Credential::ApiKey(String::new())), "unauthenticated");
    fails!(who(world, Credential::SessionToken(made.api_key.clone())), "unauthenticated");
    fails!(world.accounts.authenticate(AuthenticateRequest { credential: None }), "unauthenticated");

    let stranger = world.tenant("Other").await.parse().unwrap();
    let key = principal.api_key_id.unwrap().parse().unwrap();
    let owner = principal.tenant_id.parse().unwrap();
    let at = world.clock.now();
    let record = |tenant| AuditEntry {
        id: uuid::Uuid::from_u128(1),
        tenant,
        user: None,
        api_key: None,
        action: "api_key.revoked",
        subject: "1",
        at,
    };
    assert!(!world.store.revoke_api_key(stranger, key, &record(stranger)).await.unwrap());
    assert!(world.store.revoke_api_key(owner, key, &record(owner)).await.unwrap());
    let status = fails!(who(world, Credential::ApiKey(made.api_key)), "unauthenticated");
    assert_eq!(status.code(), Code::Unauthenticated);
}
