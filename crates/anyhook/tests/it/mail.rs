//! Mail: verifying an address, choosing another password, invitations, notices; into a folder and over SMTP.

mod server;

use std::{path::Path, time::Duration};

use anyhook_tenants::Carrier;
use http::Method;
use serde_json::{Value, json};
use server::{Place, Tls};
use tempfile::TempDir;
use tokio::time::Instant;

use crate::{
    client::Reply,
    handler::Say,
    harness::{Harness, Running, sign_up},
    team::Browser,
};

const WITHIN: Duration = Duration::from_secs(20);
const PASSWORD: &str = "correct horse battery";
const OTHER: &str = "staple correct horse";
const OWNER: &str = "owner@example.com";

/// Mails as files.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn carrier(&self) -> Carrier {
        Carrier::Folder(self.0.path().join("mail"))
    }

    fn all(&self) -> Vec<String> {
        let Ok(files) = self.0.path().join("mail").read_dir() else { return Vec::new() };
        let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|it| it == "eml"));
        paths.sort_by_key(|path| path.metadata().unwrap().modified().unwrap());
        paths.iter().map(|path| read(path)).collect()
    }

    /// Those to an address, once there are so many.
    async fn to(&self, address: &str, n: usize) -> Vec<String> {
        let deadline = Instant::now() + WITHIN;
        loop {
            let header = format!("\nTo: {address}\n");
            let found: Vec<_> = self.all().into_iter().filter(|mail| mail.contains(&header)).collect();
            if found.len() >= n {
                assert_eq!(found.len(), n, "{found:#?}");
                return found;
            }
            assert!(Instant::now() < deadline, "{address} never got {n} mails: {:#?}", self.all());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The newest of so many.
    async fn newest_to(&self, address: &str, n: usize) -> String {
        self.to(address, n).await.pop().unwrap()
    }
}

fn read(path: &Path) -> String {
    readable(&std::fs::read_to_string(path).unwrap())
}

/// Without the marks that quoted-printable makes of long lines.
fn readable(mail: &str) -> String {
    mail.replace("\r\n", "\n").replace("=\n", "").replace("=3D", "=")
}

/// The token of a mail's link.
fn token(mail: &str, path: &str) -> String {
    let start = mail.find(&format!("/{path}#")).unwrap_or_else(|| panic!("no link to {path}: {mail}"));
    let token = &mail[start + path.len() + 2..];
    token.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect()
}

async fn post(running: &Running, path: &str, body: Value) -> Reply {
    running.api.with_key(None).post(path, body).await
}

async fn log_in(running: &Running, password: &str) -> u16 {
    post(running, "/api/v1/login", json!({ "email": OWNER, "password": password })).await.status
}

/// Waits until nothing is left to be sent.
async fn all_sent(running: &Running) {
    let deadline = Instant::now() + WITHIN;
    while running.store.n_mails().await.unwrap() > 0 {
        assert!(Instant::now() < deadline, "mails wait for ever");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn an_address_is_verified_by_the_mail_of_signing_up() {
    let folder = Folder::new();
    let running = Harness::new().mail(folder.carrier()).start().await;
    let owner = Browser::sign_in(&running, OWNER, PASSWORD).await;
    assert_eq!(owner.get("/api/v1/account").await.expect(200)["user"]["emailVerified"], false);
    let mail = folder.newest_to(OWNER, 1).await;
    assert!(mail.contains(&format!("{}/verify-email#", running.dashboard_url)), "{mail}");
    let sent = owner.post("/api/v1/account/verify-email", Value::Null).await.expect(202);
    assert_eq!(sent, json!({ "sent": true }));
    folder.to(OWNER, 2).await;
    let taken = json!({ "token": token(&mail, "verify-email") });
    assert_eq!(
        post(&running, "/api/v1/verify-email", json!({ "token": "x" })).await.expect_refusal(400),
        "invalid_field"
    );
    let user = post(&running, "/api/v1/verify-email", taken.clone()).await.expect(200)["user"].clone();
    assert_eq!((user["email"].as_str(), user["emailVerified"].as_bool()), (Some(OWNER), Some(true)));
    assert_eq!(post(&running, "/api/v1/verify-email", taken).await.expect_refusal(400), "invalid_field");
    assert_eq!(owner.get("/api/v1/account").await.expect(200)["user"]["emailVerified"], true);
    let again = owner.post("/api/v1/account/verify-email", Value::Null).await.expect(202);
    assert_eq!(again, json!({ "sent": false }));
    running.stop().await;
}

#[tokio::test]
async fn a_link_works_for_its_time_only() {
    let folder = Folder::new();
    let running = Harness::new().mail(folder.carrier()).start().await;
    let verification = token(&folder.newest_to(OWNER, 1).await, "verify-email");
    post(&running, "/api/v1/forgot-password", json!({ "email": OWNER })).await.expect(202);
    let reset = token(&folder.newest_to(OWNER, 2).await, "reset-password");
    running.advance(60 * 60);
    let late = post(&running, "/api/v1/reset-password", json!({ "token": reset, "password": OTHER })).await;
    assert_eq!(late.expect_refusal(400), "invalid_field");
    running.advance(7 * 24 * 60 * 60);
    let late = post(&running, "/api/v1/verify-email", json!({ "token": verification })).await;
    assert_eq!(late.expect_refusal(400), "invalid_field");
    running.stop().await;
}

#[tokio::test]
async fn another_password_ends_sessions_and_kills_other_links() {
    let folder = Folder::new();
    let running = Harness::new().mail(folder.carrier()).start().await;
    let signed_in = Browser::sign_in(&running, OWNER, PASSWORD).await;
    for _ in 0..2 {
        let answer = post(&running, "/api/v1/forgot-password", json!({ "email": " Owner@Example.com" })).await;
        assert_eq!(answer.expect(202), json!({ "sent": true }));
    }
    let mails = folder.to(OWNER, 3).await;
    let tokens: Vec<_> = mails[1..].iter().map(|mail| token(mail, "reset-password")).collect();
    let verification = token(&mails[0], "verify-email");
    let reset = |token: &str, password: &str| json!({ "token": token, "password": password });
    let short = post(&running, "/api/v1/reset-password", reset(&tokens[0], "short")).await;
    assert_eq!(short.expect_refusal(400), "invalid_field");
    // One of another kind is none of this.
    let wrong = post(&running, "/api/v1/reset-password", reset(&verification, OTHER)).await;
    assert_eq!(wrong.expect_refusal(400), "invalid_field");
    let done = post(&running, "/api/v1/reset-password", reset(&tokens[1], OTHER)).await;
    assert!(!done.headers.contains_key("set-cookie"), "it signs nobody in");
    assert_eq!(done.expect(200)["user"]["emailVerified"], true);
    assert_eq!(signed_in.get("/api/v1/account").await.status, 401);
    assert_eq!((log_in(&running, PASSWORD).await, log_in(&running, OTHER).await), (401, 200));
    for dead in &tokens {
        let again = post(&running, "/api/v1/reset-password", reset(dead, PASSWORD)).await;
        assert_eq!(again.expect_refusal(400), "invalid_field");
    }
    let told = folder.newest_to(OWNER, 4).await;
    assert!(told.contains("Subject: Your password was changed"), "{told}");
    running.stop().await;
}

#[tokio::test]
async fn changing_the_password_kills_links_and_is_told() {
    let folder = Folder::new();
    let running = Harness::new().mail(folder.carrier()).start().await;
    let owner = Browser::sign_in(&running, OWNER, PASSWORD).await;
    post(&running, "/api/v1/forgot-password", json!({ "email": OWNER })).await.expect(202);
    let dead = token(&folder.newest_to(OWNER, 2).await, "reset-password");
    let change = json!({ "currentPassword": PASSWORD, "newPassword": OTHER });
    owner.post("/api/v1/account/password", change).await.expect(200);
    assert!(folder.newest_to(OWNER, 3).await.contains("Subject: Your password was changed"));
    let late = post(&running, "/api/v1/reset-password", json!({ "token": dead, "password": PASSWORD })).await;
    assert_eq!(late.expect_refusal(400), "invalid_field");
    running.stop().await;
}

#[tokio::test]
async fn whether_there_is_an_account_is_not_told() {
    let folder = Folder::new();
    let running = Harness::new().mail(folder.carrier()).start().await;
    folder.to(OWNER, 1).await;
    let ask = async |email: &str| post(&running, "/api/v1/forgot-password", json!({ "email": email })).await;
    for _ in 0..5 {
        let (unknown, known) = (ask("nobody@example.com").await, ask(OWNER).await);
        assert_eq!((unknown.status, known.status), (202, 202));
        assert_eq!(unknown.body, known.body);
    }
    let (unknown, known) = (ask("nobody@example.com").await, ask(OWNER).await);
    assert_eq!(unknown.body, known.body);
    assert_eq!(unknown.expect_refusal(429), "too_many_attempts");
    assert_eq!(known.expect_refusal(429), "too_many_attempts");
    folder.to(OWNER, 6).await;
    all_sent(&running).await;
    assert_eq!(folder.all().len(), 6, "nobody is told of no account");
    running.stop().await;
}

#[tokio::test]
async fn an_invitation_comes_by_mail() {
    let folder = Folder::new();
    let running = Harness::new().mail(folder.carrier()).start().await;
    let owner = Browser::sign_in(&running, OWNER, PASSWORD).await;
    let invitation = json!({ "email": "grace@example.com", "role": "member" });
    let invited = owner.post("/api/v1/team/invitations", invitation).await.expect(201);
    let mail = folder.newest_to("grace@example.com", 1).await;
    assert_eq!(invited["token"], token(&mail, "invite").as_str());
    assert!(mail.contains(invited["inviteUrl"].as_str().unwrap()) && mail.contains(OWNER), "{mail}");
    let taken = json!({ "token": token(&mail, "invite"), "password": PASSWORD });
    let joined = post(&running, "/api/v1/invitations/accept", taken).await.expect(200);
    assert_eq!(joined["user"]["emailVerified"], false, "whoever invites has the token as well");
    running.stop().await;
}

#[tokio::test]
async fn quota_is_told_once_to_those_who_look_after_it() {
    let folder = Folder::new();
    let running = Harness::new().events_per_month(5).mail(folder.carrier()).start().await;
    let owner = Browser::sign_in(&running, OWNER, PASSWORD).await;
    for (email, role) in [("admin@example.com", "admin"), ("viewer@example.com", "viewer")] {
        let invited = owner.post("/api/v1/team/invitations", json!({ "email": email, "role": role })).await.expect(201);
        let taken = json!({ "token": invited["token"], "password": PASSWORD });
        post(&running, "/api/v1/invitations/accept", taken).await.expect(200);
    }
    folder.to("admin@example.com", 1).await;
    for _ in 0..4 {
        running.send("{}").await;
    }
    running.advance(60);
    assert!(folder.newest_to(OWNER, 2).await.contains("80"));
    assert!(folder.newest_to("admin@example.com", 2).await.contains("has received 4 events in 2025-06"));
    running.send("{}").await;
    let held = running.send("{}").await;
    running.event_with_status(&held, "held").await;
    for n in 0..3 {
        running.advance(60);
        assert!(folder.newest_to(OWNER, 3).await.contains("100"), "{n}");
        all_sent(&running).await;
    }
    folder.to("admin@example.com", 3).await;
    folder.to("viewer@example.com", 1).await;
    let mut running = running;
    running.leaves_work_behind();
    running.stop().await;
}

#[tokio::test]
async fn owners_are_told_of_a_destination_that_wants_no_more() {
    let folder = Folder::new();
    let running = Harness::new().mail(folder.carrier()).start().await;
    folder.to(OWNER, 1).await;
    running.handler.script([Say::Status(410)]);
    running.send("{}").await;
    let mail = folder.newest_to(OWNER, 2).await;
    let host = running.handler.url("/hook");
    assert!(mail.contains(&host) && mail.contains("410") && mail.contains("paused"), "{mail}");
    let mut running = running;
    running.leaves_work_behind();
    running.stop().await;
}

#[tokio::test]
async fn files_are_for_their_owner_only_and_tell_mail_programs_what_they_need() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let running = Harness::new().mail(folder.carrier()).start().await;
    let mail = folder.newest_to(OWNER, 1).await;
    for header in
        ["From: AnyHook <anyhook@hooks.example>", "Date: Sun, 15 Jun 2025 15:06:40 +0000", "multipart/alternative"]
    {
        assert!(mail.contains(header), "{header}: {mail}");
    }
    let path = folder.0.path().join("mail");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let file = path.read_dir().unwrap().next().unwrap().unwrap().path();
    assert_eq!((mode(&path), mode(&file)), (0o700, 0o600));
    let id = file.file_stem().unwrap().to_str().unwrap().to_owned();
    assert!(mail.contains(&format!("Message-ID: <{id}@hooks.example>")), "{mail}");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_smtp_with_tls_and_a_password() {
    for tls in [Tls::Starttls, Tls::Wrapped] {
        let place = Place::new(tls);
        let mut server = place.serve().await;
        let running = Harness::new().mail(place.carrier()).start().await;
        let mail = server.mail_to(OWNER).await;
        assert_eq!((mail["from"].as_str(), mail["encrypted"].as_bool()), (Some("anyhook@hooks.example"), Some(true)));
        let verification = token(&readable(mail["content"].as_str().unwrap()), "verify-email");
        post(&running, "/api/v1/verify-email", json!({ "token": verification })).await.expect(200);
        all_sent(&running).await;
        running.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_server_is_away_mails_wait_and_are_sent_once() {
    let place = Place::new(Tls::Starttls);
    let running = Harness::new().mail(place.carrier()).start().await;
    let waiting = async |n| {
        let deadline = Instant::now() + WITHIN;
        while running.store.n_mails().await.unwrap() != n {
            assert!(Instant::now() < deadline, "never {n} mails");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    waiting(1).await;
    for seconds in [40, 80, 160] {
        running.advance(seconds);
        waiting(1).await;
    }
    let mut server = place.serve().await;
    running.advance(600);
    server.mail_to(OWNER).await;
    all_sent(&running).await;
    running.advance(3600);
    post(&running, "/api/v1/signup", sign_up("second@example.com", "Second")).await.expect(201);
    server.mail_to("second@example.com").await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_refuses_is_given_up_and_what_it_puts_off_is_sent_later() {
    let place = Place::new(Tls::Starttls);
    let mut server = place.serve().await;
    let running = Harness::new().mail(place.carrier()).start().await;
    server.mail_to(OWNER).await;
    for (email, name) in [("refused@example.com", "Refused"), ("later@example.com", "Later")] {
        post(&running, "/api/v1/signup", sign_up(email, name)).await.expect(201);
    }
    let deadline = Instant::now() + WITHIN;
    while running.store.n_mails().await.unwrap() > 0 {
        assert!(Instant::now() < deadline, "a refused mail is never given up");
        running.advance(60);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    server.mail_to("later@example.com").await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_gets_the_password_or_a_mail() {
    let place = Place::new(Tls::Starttls);
    let mut server = place.serve().await;
    for carrier in [place.wrong_carrier(), place.distrustful_carrier()] {
        let running = Harness::new().mail(carrier).start().await;
        let deadline = Instant::now() + WITHIN;
        // Taken, tried, and put off.
        while !running.store.due_mails(running.clock.now(), 10).await.unwrap().is_empty() {
            assert!(Instant::now() < deadline);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(running.store.n_mails().await.unwrap(), 1);
        running.stop().await;
    }
    let running = Harness::new().mail(place.carrier()).start().await;
    server.mail_to(OWNER).await;
    running.stop().await;
}

#[tokio::test]
async fn the_methods_of_mail_are_for_our_own_pages() {
    let running = Harness::new().start().await;
    let headers = [("sec-fetch-site", "cross-site"), ("content-type", "application/json")];
    for (path, body) in [
        ("forgot-password", json!({ "email": OWNER })),
        ("reset-password", json!({ "token": "x", "password": OTHER })),
        ("verify-email", json!({ "token": "x" })),
    ] {
        let url = format!("{}/api/v1/{path}", running.dashboard_url);
        let reply = running.api.request(Method::POST, &url, &headers, body.to_string().as_bytes()).await;
        assert_eq!(reply.expect_refusal(403), "foreign_origin", "{path}");
    }
    running.stop().await;
}
