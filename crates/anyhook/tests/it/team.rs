//! Who may do what: keys with scopes, apps and an end; roles, invitations, sessions, and the audit log.

use http::Method;
use serde_json::{Value, json};

use crate::{
    client::{Api, Reply},
    harness::{Harness, Running, sign_up},
};

/// Somebody who is signed in.
pub(crate) struct Browser {
    api: Api,
    base: String,
    cookie: String,
}

impl Browser {
    fn of(running: &Running, reply: &Reply) -> Self {
        let set = reply.headers["set-cookie"].to_str().unwrap();
        let cookie = set.split(';').next().unwrap().to_owned();
        Self { api: running.api.with_key(None), base: running.dashboard_url.clone(), cookie }
    }

    pub(crate) async fn sign_in(running: &Running, email: &str, password: &str) -> Self {
        let reply =
            running.api.with_key(None).post("/api/v1/login", json!({ "email": email, "password": password })).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        Self::of(running, &reply)
    }

    async fn owner(running: &Running) -> Self {
        Self::sign_in(running, "owner@example.com", PASSWORD).await
    }

    async fn call(&self, method: Method, path: &str, body: Value) -> Reply {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let headers = [("cookie", self.cookie.as_str()), ("sec-fetch-site", "same-origin"), ("user-agent", "Fox/1")];
        self.api.request(method, &format!("{}{path}", self.base), &headers, &body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, Value::Null).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.call(Method::POST, path, body).await
    }

    async fn delete(&self, path: &str) -> Reply {
        self.call(Method::DELETE, path, Value::Null).await
    }
}

const PASSWORD: &str = "correct horse battery";

async fn make_key(running: &Running, key: Value) -> (String, Api) {
    let made = running.api.post("/api/v1/api-keys", key).await.expect(201);
    let api = running.api.with_key(made["key"].as_str());
    (made["id"].as_str().unwrap().to_owned(), api)
}

/// Invites somebody who has no account yet, and accepts.
async fn join(running: &Running, email: &str, role: &str) -> Browser {
    let invited =
        running.api.post("/api/v1/team/invitations", json!({ "email": email, "role": role })).await.expect(201);
    let taken = json!({ "token": invited["token"], "password": PASSWORD });
    let reply = running.api.with_key(None).post("/api/v1/invitations/accept", taken).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    Browser::of(running, &reply)
}

async fn delivered(running: &Running) -> String {
    let event = running.send("{}").await;
    running.event_with_status(&event, "success").await;
    event
}

#[tokio::test]
async fn a_key_does_what_its_scope_says() {
    let running = Harness::new().start().await;
    let event = delivered(&running).await;
    let app = running.app_path();
    let replay = format!("/api/v1/events/{event}/replay");
    let failed = format!("{app}/replay-failed");
    let rename = json!({ "name": "Renamed" });
    for (scope, may_replay, may_configure) in [("read", false, false), ("write", true, false), ("admin", true, true)] {
        let (_, api) = make_key(&running, json!({ "name": scope, "scope": scope })).await;
        for path in [app.clone(), format!("/api/v1/events/{event}"), "/api/v1/events".into(), "/api/v1/account".into()]
        {
            assert_eq!(api.get(&path).await.status, 200, "{scope} {path}");
        }
        let expect = |is_allowed: bool, status| if is_allowed { status } else { 403 };
        for (method, path, body, status) in [
            (Method::POST, &replay, Value::Null, expect(may_replay, 202)),
            (Method::POST, &failed, Value::Null, expect(may_replay, 202)),
            (Method::PATCH, &app, rename.clone(), expect(may_configure, 200)),
            (Method::GET, &"/api/v1/api-keys".into(), Value::Null, expect(may_configure, 200)),
            (Method::GET, &"/api/v1/audit".into(), Value::Null, expect(may_configure, 200)),
            (Method::PATCH, &"/api/v1/tenant".into(), rename.clone(), expect(may_configure, 200)),
            // About a person.
            (Method::GET, &"/api/v1/account/sessions".into(), Value::Null, 403),
            (Method::POST, &"/api/v1/tenants".into(), rename.clone(), 403),
        ] {
            let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
            let reply = api.call(method.clone(), path, &body).await;
            assert_eq!(reply.status, status, "{scope} {method} {path}: {reply:?}");
            if status == 403 {
                assert_eq!(reply.expect_refusal(403), "forbidden");
            }
        }
    }
    running.stop().await;
}

#[tokio::test]
async fn a_limited_key_reaches_its_apps_only() {
    let running = Harness::new().start().await;
    let foreign = delivered(&running).await;
    let own = json!({ "name": "Shop", "source": "generic", "destinations": [{ "url": running.handler.url("/shop") }] });
    let own = running.api.post("/api/v1/apps", own).await.expect(201);
    let sent = running.api.request(Method::POST, own["inboundUrl"].as_str().unwrap(), &[], b"{}").await.expect(200);
    let own_event = sent["id"].as_str().unwrap();
    running.event_with_status(own_event, "success").await;
    let (_, api) = make_key(&running, json!({ "name": "shop", "scope": "admin", "apps": ["shop"] })).await;

    let apps = api.get("/api/v1/apps").await.expect(200);
    assert_eq!((apps["apps"].as_array().unwrap().len(), &apps["apps"][0]["slug"]), (1, &json!("shop")));
    let events = api.get("/api/v1/events").await.expect(200);
    assert_eq!((events["events"].as_array().unwrap().len(), &events["events"][0]["id"]), (1, &json!(own_event)));
    let destination = running.app["destinations"][0]["id"].as_str().unwrap();
    let app = running.app_path();
    for (method, path, body) in [
        (Method::GET, app.clone(), Value::Null),
        (Method::GET, format!("/api/v1/apps/{}", running.app["id"].as_str().unwrap()), Value::Null),
        (Method::PATCH, app.clone(), json!({ "name": "mine" })),
        (Method::DELETE, app.clone(), Value::Null),
        (Method::POST, format!("{app}/replay-failed"), Value::Null),
        (Method::POST, format!("{app}/destinations/{destination}/rotate-secret"), Value::Null),
        (Method::GET, format!("{app}/events/undelivered"), Value::Null),
        (Method::GET, format!("/api/v1/events/{foreign}"), Value::Null),
        (Method::POST, format!("/api/v1/events/{foreign}/replay"), Value::Null),
        (Method::GET, "/api/v1/events?app_slug=my-app".into(), Value::Null),
        (Method::GET, "/api/v1/events?app_slug=shop&appSlug=my-app".into(), Value::Null),
        (Method::GET, "/api/v1/events/stream?app_slug=my-app".into(), Value::Null),
    ] {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let reply = api.call(method.clone(), &path, &body).await;
        assert_eq!(reply.status, 404, "{method} {path}: {reply:?}");
        assert_eq!(reply.expect_refusal(404), "not_found", "{method} {path}");
    }
    for (path, body) in [
        ("/api/v1/apps", json!({ "name": "x", "source": "generic" })),
        ("/api/v1/api-keys", json!({ "name": "x", "scope": "read" })),
        ("/api/v1/team/invitations", json!({ "email": "x@example.com", "role": "viewer" })),
    ] {
        assert_eq!(api.post(path, body).await.expect_refusal(403), "forbidden", "{path}");
    }
    assert_eq!(api.get("/api/v1/events/stream").await.expect_refusal(400), "invalid_field");
    api.patch("/api/v1/apps/shop", json!({ "name": "Mine" })).await.expect(200);
    api.get(&format!("/api/v1/events/{own_event}")).await.expect(200);
    api.call(Method::POST, &format!("/api/v1/events/{own_event}/replay"), b"").await.expect(202);
    running.stop().await;
}

#[tokio::test]
async fn a_key_ends_and_is_revoked() {
    let running = Harness::new().start().await;
    let (_, ending) = make_key(&running, json!({ "name": "a day", "scope": "read", "expiresInDays": 1 })).await;
    let (id, revoked) = make_key(&running, json!({ "name": "gone", "scope": "read" })).await;
    revoked.get("/api/v1/apps").await.expect(200);
    let listed = running.api.get("/api/v1/api-keys").await.expect(200);
    let keys = listed["apiKeys"].as_array().unwrap();
    assert_eq!(keys.len(), 3);
    let is_used = |name: &str| keys.iter().any(|key| key["name"] == name && key["lastUsedAt"].is_string());
    assert!(is_used("gone") && !is_used("a day"), "{listed}");
    assert!(keys.iter().all(|key| key.get("key").is_none() && key["hint"].as_str().unwrap().chars().count() == 5));
    running.api.call(Method::DELETE, &format!("/api/v1/api-keys/{id}"), b"").await.expect(200);
    assert_eq!(revoked.get("/api/v1/apps").await.expect_refusal(401), "unauthenticated");
    let again = running.api.call(Method::DELETE, &format!("/api/v1/api-keys/{id}"), b"").await;
    assert_eq!(again.expect_refusal(404), "not_found");
    // What it had opened ends, too.
    let (id, watching) = make_key(&running, json!({ "name": "watching", "scope": "read" })).await;
    let mut stream = watching.stream("", &[]).await;
    running.api.call(Method::DELETE, &format!("/api/v1/api-keys/{id}"), b"").await.expect(200);
    running.advance(30);
    while stream.next().await.is_some() {}
    running.advance(24 * 60 * 60 - 31);
    ending.get("/api/v1/apps").await.expect(200);
    running.advance(1);
    assert_eq!(ending.get("/api/v1/apps").await.expect_refusal(401), "unauthenticated");
    for (key, field) in [
        (json!({ "name": "x", "scope": "root" }), "scope"),
        (json!({ "name": "x", "scope": "read", "expires_in_days": 0 }), "expiresInDays"),
        (json!({ "name": "x", "scope": "read", "expires_at": "2001-01-01T00:00:00Z" }), "expiresAt"),
        (json!({ "name": "x", "scope": "read", "apps": [] }), "apps"),
    ] {
        assert_eq!(running.api.post("/api/v1/api-keys", key).await.expect(400)["field"], field);
    }
    running.stop().await;
}

#[tokio::test]
async fn a_key_that_ends_lets_nobody_in() {
    let running = Harness::new().start().await;
    let invitation = json!({ "email": "grace@example.com", "role": "admin" });
    let (_, ending) = make_key(&running, json!({ "name": "a day", "scope": "admin", "expiresInDays": 1 })).await;
    assert_eq!(ending.post("/api/v1/team/invitations", invitation.clone()).await.expect_refusal(403), "forbidden");
    let (_, lasting) = make_key(&running, json!({ "name": "for ever", "scope": "admin" })).await;
    lasting.post("/api/v1/team/invitations", invitation).await.expect(201);
    running.stop().await;
}

#[tokio::test]
async fn a_member_does_what_its_role_says() {
    let running = Harness::new().start().await;
    let event = delivered(&running).await;
    let app = running.app_path();
    for (role, may_change, may_manage) in
        [("viewer", false, false), ("member", true, false), ("admin", true, true), ("owner", true, true)]
    {
        let email = format!("{role}@example.com");
        let browser = if role == "owner" { Browser::owner(&running).await } else { join(&running, &email, role).await };
        let account = browser.get("/api/v1/account").await.expect(200);
        assert_eq!((account["role"].as_str(), account["user"]["email"].as_str()), (Some(role), Some(email.as_str())));
        let expect = |is_allowed: bool, status| if is_allowed { status } else { 403 };
        for (method, path, body, status) in [
            (Method::GET, app.clone(), Value::Null, 200),
            (Method::GET, "/api/v1/team".into(), Value::Null, 200),
            (Method::GET, "/api/v1/account/sessions".into(), Value::Null, 200),
            (Method::POST, format!("/api/v1/events/{event}/replay"), Value::Null, expect(may_change, 202)),
            (Method::PATCH, app.clone(), json!({ "name": role }), expect(may_change, 200)),
            (Method::PATCH, "/api/v1/tenant".into(), json!({ "name": "Acme" }), expect(may_manage, 200)),
            (Method::GET, "/api/v1/audit".into(), Value::Null, expect(may_manage, 200)),
            (Method::GET, "/api/v1/api-keys".into(), Value::Null, expect(may_manage, 200)),
            (Method::POST, "/api/v1/api-keys".into(), json!({ "name": "x", "scope": "read" }), expect(may_manage, 201)),
            (
                Method::POST,
                "/api/v1/team/invitations".into(),
                json!({ "email": "x@example.com", "role": "admin" }),
                expect(may_manage, 201),
            ),
            (
                Method::POST,
                "/api/v1/team/invitations".into(),
                json!({ "email": "x@example.com", "role": "owner" }),
                expect(role == "owner", 201),
            ),
        ] {
            let reply = browser.call(method.clone(), &path, body).await;
            assert_eq!(reply.status, status, "{role} {method} {path}: {reply:?}");
        }
    }
    running.stop().await;
}

#[tokio::test]
async fn the_last_owner_stays() {
    let running = Harness::new().start().await;
    let owner = Browser::owner(&running).await;
    let id = owner.get("/api/v1/account").await.expect(200)["user"]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/team/members/{id}");
    let demote = json!({ "role": "admin" });
    assert_eq!(owner.call(Method::PATCH, &path, demote.clone()).await.expect_refusal(409), "last_owner");
    assert_eq!(owner.delete(&path).await.expect_refusal(409), "last_owner");
    let admin = join(&running, "admin@example.com", "admin").await;
    assert_eq!(admin.delete(&path).await.expect_refusal(403), "forbidden");
    let admin_id = admin.get("/api/v1/account").await.expect(200)["user"]["id"].as_str().unwrap().to_owned();
    let promote =
        owner.call(Method::PATCH, &format!("/api/v1/team/members/{admin_id}"), json!({ "role": "owner" })).await;
    assert_eq!(promote.expect(200)["role"], "owner");
    admin.call(Method::PATCH, &path, demote).await.expect(200);
    admin.delete(&path).await.expect(200);
    assert_eq!(owner.get("/api/v1/account").await.expect_refusal(401), "unauthenticated");
    let stranger = running.api.with_key(None).post("/api/v1/signup", sign_up("stranger@example.com", "Strange")).await;
    let stranger = Browser::of(&running, &stranger);
    let foreign = format!("/api/v1/team/members/{admin_id}");
    assert_eq!(stranger.delete(&foreign).await.expect_refusal(404), "not_found");
    running.stop().await;
}

#[tokio::test]
async fn an_invitation_is_taken_once_by_its_address() {
    let running = Harness::new().start().await;
    let nobody = running.api.with_key(None);
    let invite = async |email: &str| {
        let request = json!({ "email": email, "role": "viewer" });
        running.api.post("/api/v1/team/invitations", request).await.expect(201)
    };
    let invited = invite("grace@example.com").await;
    let token = invited["token"].as_str().unwrap();
    assert_eq!(invited["inviteUrl"], format!("{}/invite#{token}", running.dashboard_url));
    let accept = async |api: &Api, token: &Value, password: Option<&str>| {
        api.post("/api/v1/invitations/accept", json!({ "token": token, "password": password })).await
    };
    assert_eq!(accept(&nobody, &invited["token"], None).await.expect(400)["field"], "password");
    let owner = Browser::owner(&running).await;
    let by_owner = owner.post("/api/v1/invitations/accept", json!({ "token": token })).await;
    assert_eq!(by_owner.expect_refusal(403), "forbidden");
    let joined = accept(&nobody, &invited["token"], Some(PASSWORD)).await.expect(200);
    assert_eq!((&joined["tenant"]["slug"], &joined["user"]["email"]), (&json!("acme"), &json!("grace@example.com")));
    assert_eq!(accept(&nobody, &invited["token"], Some(PASSWORD)).await.expect_refusal(404), "not_found");

    // Who has an account proves that it is theirs: with its password, or by being signed in.
    let signed_up = nobody.post("/api/v1/signup", sign_up("ada@example.com", "Lovelace")).await;
    let ada = Browser::of(&running, &signed_up);
    running.advance(1);
    let invited = invite("ada@example.com").await;
    let wrong = accept(&nobody, &invited["token"], Some("some other password")).await;
    assert_eq!(wrong.expect_refusal(401), "wrong_credentials");
    let reply = ada.post("/api/v1/invitations/accept", json!({ "token": invited["token"] })).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let ada = Browser::of(&running, &reply);
    let tenants = ada.get("/api/v1/tenants").await.expect(200);
    let slugs: Vec<_> =
        tenants["tenants"].as_array().unwrap().iter().map(|it| (&it["slug"], &it["isCurrent"])).collect();
    assert_eq!(slugs, [(&json!("lovelace"), &json!(false)), (&json!("acme"), &json!(true))]);
    let turned = ada.post("/api/v1/session/tenant", json!({ "slug": "lovelace" })).await.expect(200);
    assert_eq!((&turned["role"], &turned["isCurrent"]), (&json!("owner"), &json!(true)));
    assert_eq!(ada.get("/api/v1/apps").await.expect(200)["apps"], json!([]));
    let made = ada.post("/api/v1/tenants", json!({ "name": "Engine" })).await.expect(201);
    ada.post("/api/v1/session/tenant", json!({ "slug": made["slug"] })).await.expect(200);
    let foreign = ada.post("/api/v1/session/tenant", json!({ "slug": "nobodys" })).await;
    assert_eq!(foreign.expect_refusal(404), "not_found");

    let late = invite("late@example.com").await;
    let id = invite("gone@example.com").await["id"].as_str().unwrap().to_owned();
    running.api.call(Method::DELETE, &format!("/api/v1/team/invitations/{id}"), b"").await.expect(200);
    let team = running.api.get("/api/v1/team").await.expect(200);
    assert_eq!(team["invitations"].as_array().unwrap().len(), 1);
    assert_eq!(team["members"].as_array().unwrap().len(), 3);
    running.advance(7 * 24 * 60 * 60);
    assert_eq!(accept(&nobody, &late["token"], Some(PASSWORD)).await.expect_refusal(404), "not_found");
    running.stop().await;
}

#[tokio::test]
async fn sessions_are_ended_and_so_by_a_new_password() {
    let running = Harness::new().start().await;
    let own = Browser::owner(&running).await;
    let other = Browser::owner(&running).await;
    let sessions = own.get("/api/v1/account/sessions").await.expect(200);
    let sessions = sessions["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 3, "{sessions:?}");
    let current: Vec<_> = sessions.iter().filter(|it| it["isCurrent"] == true).collect();
    assert_eq!((current.len(), &current[0]["tenant"]), (1, &json!("acme")));
    let others = other.get("/api/v1/account/sessions").await.expect(200);
    let others_own = others["sessions"].as_array().unwrap().iter().find(|it| it["isCurrent"] == true).unwrap().clone();
    let path = format!("/api/v1/account/sessions/{}", others_own["id"].as_str().unwrap());
    let stranger = running.api.with_key(None).post("/api/v1/signup", sign_up("stranger@example.com", "Strange")).await;
    let stranger = Browser::of(&running, &stranger);
    assert_eq!(stranger.delete(&path).await.expect_refusal(404), "not_found");
    own.delete(&path).await.expect(200);
    assert_eq!(other.get("/api/v1/account").await.expect_refusal(401), "unauthenticated");
    let (second, third) = (Browser::owner(&running).await, Browser::owner(&running).await);
    let change = |current: &str| json!({ "currentPassword": current, "newPassword": "staple correct horse" });
    let wrong = own.post("/api/v1/account/password", change("not the password")).await.expect(400);
    assert_eq!(wrong["field"], "currentPassword");
    own.post("/api/v1/account/password", change(PASSWORD)).await.expect(200);
    assert_eq!(second.get("/api/v1/account").await.expect_refusal(401), "unauthenticated");
    assert_eq!(third.get("/api/v1/account").await.expect_refusal(401), "unauthenticated");
    own.get("/api/v1/account").await.expect(200);
    Browser::sign_in(&running, "owner@example.com", "staple correct horse").await;
    assert_eq!(own.delete("/api/v1/account/sessions").await.expect(200)["ended"], 1);
    running.stop().await;
}

#[tokio::test]
async fn the_audit_log_tells_who_did_what() {
    let running = Harness::new().start().await;
    let (id, _) = make_key(&running, json!({ "name": "Deploy", "scope": "read" })).await;
    let owner = Browser::owner(&running).await;
    running.advance(1);
    owner.delete(&format!("/api/v1/api-keys/{id}")).await.expect(200);
    let seen = |page: &Value| {
        let name = |it: &Value| it["actor"]["name"].as_str().unwrap().to_owned();
        let entries = page["entries"].as_array().unwrap().iter();
        entries.map(|it| (name(it), it["action"].as_str().unwrap().to_owned())).collect::<Vec<_>>()
    };
    let entry = |name: &str, action: &str| (name.to_owned(), action.to_owned());
    let page = owner.get(&format!("/api/v1/audit?subject={id}")).await.expect(200);
    let expected = [entry("owner@example.com", "api_key.revoked"), entry("First key", "api_key.created")];
    assert_eq!(seen(&page), expected);
    let first = owner.get(&format!("/api/v1/audit?limit=1&subject={id}")).await.expect(200);
    assert_eq!(seen(&first), expected[..1]);
    let cursor = first["nextCursor"].as_str().unwrap();
    let rest = owner.get(&format!("/api/v1/audit?limit=5&subject={id}&cursor={cursor}")).await.expect(200);
    assert_eq!(seen(&rest), expected[1..]);
    assert!(rest.get("nextCursor").is_none());
    assert_eq!(owner.get("/api/v1/audit?action=no.such").await.expect(200)["entries"], json!([]));
    for query in ["limit=0", "cursor=nonsense"] {
        owner.get(&format!("/api/v1/audit?{query}")).await.expect(400);
    }
    running.stop().await;
}
