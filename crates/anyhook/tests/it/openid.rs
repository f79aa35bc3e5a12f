//! Signing in by way of an OpenID Connect issuer, a real one: who gets in, and who does not.

mod browser;
mod issuer;

use std::time::Duration;

use anyhook_store::config::{NewMail, NewToken, Purpose};
use anyhook_tenants::OpenId;
use browser::Browser;
use http::Method;
use issuer::Issuer;
use serde_json::{Value, json};
use totp_rs::{Builder, Secret, Totp};

use crate::harness::{Harness, Running};

const PAGE: &str = "/apps?page=2";
const SESSION: &str = "anyhook_session";
const TICKET: &str = "anyhook_sign_in";
const PASSWORD: &str = "correct horse battery";
const OWNER: &str = "owner@example.com";

fn ada() -> Value {
    json!({ "sub": "ada-1", "email": "Ada@example.com", "email_verified": true })
}

fn owner() -> Value {
    json!({ "sub": "owner-1", "email": OWNER, "email_verified": true })
}

async fn start_with(issuer: &mut Issuer, settings: OpenId) -> Running {
    let running = Harness::new().openid(settings).start().await;
    issuer.set_up(&running, "first", true);
    issuer.account(&ada());
    running
}

async fn start(issuer: &mut Issuer) -> Running {
    let settings = issuer.settings();
    start_with(issuer, settings).await
}

/// As the mail's link does.
async fn verify_owner(running: &Running) {
    let user = running.store.user_by_email(OWNER).await.unwrap().unwrap();
    let (created_at, expires_at) = (running.clock.now(), running.clock.now() + Duration::from_secs(60));
    let token = NewToken {
        token_hash: [9; 32],
        user: user.id,
        purpose: Purpose::VerifyEmail,
        email: OWNER,
        created_at,
        expires_at,
    };
    let mail = NewMail { id: user.id.0, sealed: vec![1], key_version: 1, created_at, expires_at };
    running.store.add_token(&token, &mail).await.unwrap();
    assert!(running.store.verify_email(&[9; 32], created_at).await.unwrap().is_some());
}

async fn who(browser: &mut Browser) -> Value {
    browser.get("/api/v1/account").await.expect(200)
}

fn changed(url: &str, name: &str, value: &str) -> String {
    let mut url = url::Url::parse(url).unwrap();
    let pairs: Vec<_> = url.query_pairs().into_owned().filter(|(it, _)| it != name).collect();
    url.query_pairs_mut().clear().extend_pairs(pairs).append_pair(name, value);
    url.into()
}

#[tokio::test]
async fn a_new_person_gets_a_tenant_and_comes_back_to_it() {
    let Some(mut issuer) = Issuer::start() else { return };
    let running = start(&mut issuer).await;
    let mut browser = Browser::new(&running);
    let options = browser.get("/api/v1/login/options").await.expect(200);
    assert_eq!(options, json!({ "oidc": { "name": "Acme SSO", "url": "/api/v1/login/oidc" }, "signup": true }));

    assert_eq!(browser.sign_in().await, PAGE);
    let first = browser.cookie(SESSION).unwrap().clone();
    assert!(browser.cookie(TICKET).is_none(), "nothing is left of the way");
    assert!(browser.set.iter().all(|text| text.contains("; HttpOnly; SameSite=Lax")), "{:?}", browser.set);
    let account = who(&mut browser).await;
    assert_eq!((account["user"]["email"].as_str(), account["role"].as_str()), (Some("ada@example.com"), Some("owner")));
    assert_eq!(account["tenant"]["slug"], "ada");

    // The address changes there, the person does not; and claims may come from elsewhere than the token.
    issuer.set_up(&running, "first", false);
    issuer.account(&json!({ "sub": "ada-1", "email": "grace@example.com", "email_verified": false }));
    assert_eq!(browser.sign_in().await, PAGE);
    let second = browser.cookie(SESSION).unwrap().clone();
    assert_ne!(first, second, "each time is another session");
    assert_eq!(who(&mut browser).await["user"]["id"], account["user"]["id"]);
    browser.request(Method::POST, "/api/v1/logout", None).await.expect(200);
    browser.set_cookie(SESSION, &second);
    assert_eq!(browser.get("/api/v1/account").await.expect_refusal(401), "unauthenticated", "it ended here, too");

    for (odd, page) in [("https://evil.example/", "/"), ("//evil.example", "/"), ("/a/b", "/a/b")] {
        let mut browser = Browser::new(&running);
        let start = format!("/api/v1/login/oidc?return_to={odd}");
        let callback = browser.walk_to_callback(&start).await;
        assert_eq!(browser.arrive(&callback).await, page, "{odd}");
    }
    running.stop().await;
}

#[tokio::test]
async fn only_an_address_that_both_sides_verified_leads_to_an_account() {
    let Some(mut issuer) = Issuer::start() else { return };
    let running = start(&mut issuer).await;
    issuer.account(&owner());
    // Somebody may have signed up with the address of another.
    assert_eq!(Browser::new(&running).sign_in().await, "/login#error=oidc_account_exists");
    verify_owner(&running).await;
    issuer.account(&json!({ "sub": "thief-1", "email": OWNER, "email_verified": false }));
    assert_eq!(Browser::new(&running).sign_in().await, "/login#error=oidc_account_exists");
    issuer.account(&json!({ "sub": "thief-1", "email": OWNER }));
    assert_eq!(Browser::new(&running).sign_in().await, "/login#error=oidc_account_exists");
    issuer.account(&owner());
    let mut browser = Browser::new(&running);
    assert_eq!(browser.sign_in().await, PAGE);
    assert_eq!(who(&mut browser).await["user"]["email"], OWNER);
    let audited = browser.get("/api/v1/audit?limit=100").await.expect(200);
    assert!(audited.to_string().contains("identity.linked"), "{audited}");

    issuer.account(&json!({ "sub": "new-1", "email": "new@example.com", "email_verified": false }));
    assert_eq!(Browser::new(&running).sign_in().await, "/login#error=oidc_unverified");
    issuer.account(&json!({ "sub": "new-2" }));
    assert_eq!(Browser::new(&running).sign_in().await, "/login#error=oidc_unverified");
    running.stop().await;
}

#[tokio::test]
async fn where_nobody_may_sign_up_only_users_come_in() {
    let Some(mut issuer) = Issuer::start() else { return };
    let settings = OpenId { may_sign_up: false, ..issuer.settings() };
    let running = start_with(&mut issuer, settings).await;
    assert_eq!(Browser::new(&running).sign_in().await, "/login#error=oidc_no_account");
    verify_owner(&running).await;
    issuer.account(&owner());
    assert_eq!(Browser::new(&running).sign_in().await, PAGE);
    running.stop().await;
}

#[tokio::test]
async fn what_was_changed_on_its_way_signs_nobody_in() {
    let Some(mut issuer) = Issuer::start() else { return };
    let running = start(&mut issuer).await;
    let expired = "/login#error=oidc_expired";

    // Another nonce than this browser's: the token was made for somebody else.
    let mut browser = Browser::new(&running);
    let there = Browser::led(&browser.get("/api/v1/login/oidc").await);
    assert!(there.contains("code_challenge_method=S256") && there.contains("state="), "{there}");
    let callback = browser.walk_to_callback(&changed(&there, "nonce", "another")).await;
    assert_eq!(browser.arrive(&callback).await, "/login#error=oidc_failed");

    // The same way a second time, by the same browser.
    let mut browser = Browser::new(&running);
    let callback = browser.walk_to_callback("/api/v1/login/oidc").await;
    let ticket = browser.cookie(TICKET).unwrap().clone();
    assert_eq!(browser.arrive(&callback).await, "/");
    assert_eq!(browser.arrive(&callback).await, expired, "its cookie is gone");
    browser.set_cookie(TICKET, &ticket);
    assert_eq!(browser.arrive(&callback).await, "/login#error=oidc_failed", "the issuer's code is used up");

    // The way of one browser ends in another: one with nothing, and one that is on a way of its own.
    let callback = Browser::new(&running).walk_to_callback("/api/v1/login/oidc").await;
    assert_eq!(Browser::new(&running).arrive(&callback).await, expired);
    let mut other = Browser::new(&running);
    let own = other.walk_to_callback("/api/v1/login/oidc").await;
    assert_eq!(other.arrive(&callback).await, expired);
    assert!(other.cookie(SESSION).is_none());
    assert_eq!(other.arrive(&changed(&own, "state", "")).await, expired);
    assert_eq!(other.arrive(&changed(&own, "iss", "https://evil.example")).await, "/login#error=oidc_failed");
    assert_eq!(other.arrive(&own).await, "/", "its own way goes on");

    // A ticket that was changed, or is another kind, or too old.
    let mut browser = Browser::new(&running);
    let callback = browser.walk_to_callback("/api/v1/login/oidc").await;
    let good = browser.cookie(TICKET).unwrap().clone();
    let other = if &good[40..=40] == "A" { "B" } else { "A" };
    browser.set_cookie(TICKET, &format!("{}{other}{}", &good[..40], &good[41..]));
    assert_eq!(browser.arrive(&callback).await, expired);
    browser.set_cookie(TICKET, &good);
    let code = json!({ "code": "000000" });
    assert_eq!(browser.post("/api/v1/login/oidc/code", &code).await.expect_refusal(401), "oidc_expired");
    running.advance(600);
    assert_eq!(browser.arrive(&callback).await, expired);

    issuer.account(&json!({ "denies": true }));
    assert_eq!(Browser::new(&running).sign_in().await, "/login#error=oidc_denied");

    // By a clock that is years ahead, what the issuer gives has expired.
    issuer.account(&ada());
    running.advance(20 * 365 * 24 * 3600);
    assert_eq!(Browser::new(&running).sign_in().await, "/login#error=oidc_failed");
    running.stop().await;
}

#[tokio::test]
async fn the_issuer_may_change_its_keys_and_be_away() {
    let Some(mut issuer) = Issuer::start() else { return };
    let running = start(&mut issuer).await;
    assert_eq!(Browser::new(&running).sign_in().await, PAGE);
    // Its description is not asked for each time, its keys are once one is not known.
    running.advance(10);
    issuer.set_up(&running, "second", true);
    assert_eq!(Browser::new(&running).sign_in().await, PAGE);

    let mut browser = Browser::new(&running);
    let callback = browser.walk_to_callback("/api/v1/login/oidc").await;
    issuer.stop();
    assert_eq!(browser.arrive(&callback).await, "/login#error=oidc_unavailable");
    running.advance(3600);
    let started = browser.get("/api/v1/login/oidc").await;
    assert!(Browser::led(&started).starts_with(&issuer.url), "what is known of it is used while it is away");

    let mut issuer = issuer.start_again();
    issuer.set_up(&running, "third", true);
    issuer.account(&ada());
    running.advance(10);
    assert_eq!(Browser::new(&running).sign_in().await, PAGE);
    running.stop().await;
}

#[tokio::test]
async fn an_issuer_that_was_never_there_is_said_to_be_away() {
    let Some(mut issuer) = Issuer::start() else { return };
    let running = start(&mut issuer).await;
    issuer.stop();
    let mut browser = Browser::new(&running);
    let page = Browser::led(&browser.get("/api/v1/login/oidc").await);
    assert_eq!(page, format!("{}/login#error=oidc_unavailable", running.dashboard_url));
    running.stop().await;
}

#[tokio::test]
async fn without_an_issuer_nobody_comes_from_one() {
    let running = Harness::new().start().await;
    let mut browser = Browser::new(&running);
    let options = browser.get("/api/v1/login/options").await.expect(200);
    assert_eq!(options, json!({ "oidc": null, "signup": true }));
    for path in ["/api/v1/login/oidc", "/api/v1/login/oidc/callback?code=a&state=b"] {
        let page = Browser::led(&browser.get(path).await);
        assert_eq!(page, format!("{}/login#error=oidc_off", running.dashboard_url));
    }
    running.stop().await;
}

/// An account with a second factor, in its browser.
async fn protect(running: &Running, browser: &mut Browser) -> Totp {
    let log_in = json!({ "email": OWNER, "password": PASSWORD });
    browser.post("/api/v1/login", &log_in).await.expect(200);
    let path = "/api/v1/account/second-factor";
    let begun = browser.post(path, &json!({ "password": PASSWORD })).await.expect(200);
    let secret = Secret::try_from_base32(begun["secret"].as_str().unwrap()).unwrap();
    let authenticator = Builder::new().with_secret(secret).build().unwrap();
    let code = json!({ "code": code(running, &authenticator) });
    let confirmed = browser.request(Method::PUT, path, Some(&code)).await.expect(200);
    assert_eq!(confirmed["recoveryCodes"].as_array().unwrap().len(), 10);
    assert_eq!(browser.get(path).await.expect(200), json!({ "isOn": true, "recoveryCodesLeft": 10 }));
    running.advance(30);
    authenticator
}

fn code(running: &Running, authenticator: &Totp) -> String {
    authenticator.generate(u64::try_from(running.clock.now().unix_ms() / 1000).unwrap()).to_string()
}

#[tokio::test]
async fn an_account_with_a_second_factor_asks_for_it_after_the_issuer() {
    let Some(mut issuer) = Issuer::start() else { return };
    let running = start(&mut issuer).await;
    verify_owner(&running).await;
    let authenticator = protect(&running, &mut Browser::new(&running)).await;
    issuer.account(&owner());
    let mut browser = Browser::new(&running);
    assert_eq!(browser.sign_in().await, "/login#second_factor=needed");
    assert!(browser.cookie(SESSION).is_none());
    let path = "/api/v1/login/oidc/code";
    assert_eq!(browser.post(path, &json!({ "code": "000000" })).await.expect_refusal(401), "wrong_code");
    let code = json!({ "code": code(&running, &authenticator) });
    let mut other = Browser::new(&running);
    assert_eq!(other.post(path, &code).await.expect_refusal(401), "oidc_expired", "another browser has no ticket");
    let ticket = browser.cookie(TICKET).unwrap().clone();
    let signed_in = browser.post(path, &code).await.expect(200);
    assert_eq!((signed_in["returnTo"].as_str(), signed_in["user"]["email"].as_str()), (Some(PAGE), Some(OWNER)));
    assert_eq!(who(&mut browser).await["user"]["email"], OWNER);
    running.advance(30);
    browser.set_cookie(TICKET, &ticket);
    let next = json!({ "code": self::code(&running, &authenticator) });
    assert_eq!(browser.post(path, &next).await.expect_refusal(401), "oidc_expired", "each way is gone once");

    // By password, too.
    running.advance(30);
    let log_in = |code: Option<String>| json!({ "email": OWNER, "password": PASSWORD, "code": code });
    let mut browser = Browser::new(&running);
    let path = "/api/v1/login";
    assert_eq!(browser.post(path, &log_in(None)).await.expect_refusal(401), "second_factor_needed");
    assert_eq!(browser.post(path, &log_in(Some("000000".into()))).await.expect_refusal(401), "wrong_code");
    let right = log_in(Some(self::code(&running, &authenticator)));
    browser.post(path, &right).await.expect(200);
    running.stop().await;
}

#[tokio::test]
async fn whoever_is_signed_in_links_and_removes_accounts() {
    let Some(mut issuer) = Issuer::start() else { return };
    let running = start(&mut issuer).await;
    let mut browser = Browser::new(&running);
    browser.post("/api/v1/login", &json!({ "email": OWNER, "password": PASSWORD })).await.expect(200);
    let path = "/api/v1/account/identities";
    let bare = json!({ "returnTo": "/settings" });
    let link = json!({ "returnTo": "/settings", "password": PASSWORD });
    let refused = browser.post("/api/v1/account/identities/oidc", &link).await.expect_refusal(403);
    assert_eq!(refused, "forbidden", "the address is not verified");
    verify_owner(&running).await;
    let refused = browser.post("/api/v1/account/identities/oidc", &bare).await.expect_refusal(400);
    assert_eq!(refused, "invalid_field", "a session alone adds no way in");

    let n_mails = running.store.n_mails().await.unwrap();
    // Begun here and ended by somebody else: nothing of either is linked.
    let begun = browser.post("/api/v1/account/identities/oidc", &link).await.expect(200);
    let callback = browser.walk_to_callback(begun["url"].as_str().unwrap()).await;
    let mut stranger = Browser::new(&running);
    stranger.set_cookie(TICKET, browser.cookie(TICKET).unwrap());
    assert_eq!(stranger.arrive(&callback).await, "/settings#error=oidc_expired");

    let begun = browser.post("/api/v1/account/identities/oidc", &link).await.expect(200);
    let callback = browser.walk_to_callback(begun["url"].as_str().unwrap()).await;
    assert_eq!(browser.arrive(&callback).await, "/settings");
    let list = browser.get(path).await.expect(200);
    assert_eq!(list["hasPassword"], true);
    let identity = &list["identities"][0];
    assert_eq!(
        (identity["issuer"].as_str(), identity["email"].as_str()),
        (Some(&*issuer.url), Some("Ada@example.com"))
    );

    // It is written down, and the user is told.
    let audited = browser.get("/api/v1/audit?limit=100").await.expect(200);
    assert!(audited.to_string().contains("identity.linked"), "{audited}");
    assert_eq!(running.store.n_mails().await.unwrap(), n_mails + 1);

    // From now on it leads here, and to nobody else.
    let mut other = Browser::new(&running);
    assert_eq!(other.sign_in().await, PAGE);
    assert_eq!(who(&mut other).await["user"]["email"], OWNER);
    let one = format!("{path}/{}", identity["id"].as_str().unwrap());
    browser.request(Method::DELETE, &one, None).await.expect(200);
    assert_eq!(browser.request(Method::DELETE, &one, None).await.expect_refusal(404), "not_found");

    // A person of the issuer's alone keeps it.
    let mut ada = Browser::new(&running);
    assert_eq!(ada.sign_in().await, PAGE);
    let list = ada.get(path).await.expect(200);
    assert_eq!(list["hasPassword"], false);
    let last = format!("{path}/{}", list["identities"][0]["id"].as_str().unwrap());
    assert_eq!(ada.request(Method::DELETE, &last, None).await.expect_refusal(409), "last_way_to_sign_in");
    assert_eq!(browser.request(Method::DELETE, &last, None).await.expect_refusal(404), "not_found");
    let begun = browser.post("/api/v1/account/identities/oidc", &link).await.expect(200);
    let callback = browser.walk_to_callback(begun["url"].as_str().unwrap()).await;
    assert_eq!(browser.arrive(&callback).await, "/settings#error=oidc_taken");
    running.stop().await;
}
