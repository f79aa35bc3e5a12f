//! What is made under an `Idempotency-Key` is made once, and the audit log says who changed what.

use http::Method;
use serde_json::{Value, json};

use crate::harness::{Harness, Running};

async fn make(running: &Running, path: &str, key: &str, body: &Value) -> crate::client::Reply {
    let body = body.to_string();
    running.api.call_with(Method::POST, path, &[("idempotency-key", key)], body.as_bytes()).await
}

#[tokio::test]
async fn what_is_made_under_a_key_is_made_once() {
    let running = Harness::new().start().await;
    makes_once(&running).await;
    running.stop().await;
}

#[tokio::test]
async fn what_is_made_under_a_key_is_made_once_on_postgres() {
    let Some(running) = Harness::new().start_on_postgres().await else { return };
    makes_once(&running).await;
    running.stop().await;
}

async fn makes_once(running: &Running) {
    let url = running.handler.url("/shop");
    let destinations = format!("{}/destinations", running.app_path());
    for (path, body, other, secret) in [
        (
            "/api/v1/apps",
            json!({ "name": "Shop", "destinations": [{ "url": url }] }),
            json!({ "name": "Pay" }),
            "/destinations/0/signing_secret",
        ),
        (&destinations, json!({ "url": url }), json!({ "url": url, "timeout_seconds": 9 }), "/signing_secret"),
        (
            "/api/v1/api-keys",
            json!({ "name": "Deploy", "scope": "read", "expiresInDays": 3 }),
            json!({ "name": "Deploy", "scope": "write", "expiresInDays": 3 }),
            "/key",
        ),
        (
            "/api/v1/team/invitations",
            json!({ "email": "grace@example.com", "role": "viewer" }),
            json!({ "email": "grace@example.com", "role": "admin" }),
            "/token",
        ),
    ] {
        let (one, two) = tokio::join!(make(running, path, path, &body), make(running, path, path, &body));
        let (one, two) = (one.expect(201), two.expect(201));
        assert_eq!(one, two, "{path}: two at once make one");
        assert!(one.pointer(secret).is_some_and(|it| it.as_str().is_some_and(|it| it.len() > 20)), "{path}: {one}");
        running.advance(60);
        assert_eq!(make(running, path, path, &body).await.expect(201), one, "{path}");
        assert_eq!(make(running, path, path, &other).await.expect_refusal(422), "idempotency_key_reused", "{path}");
        assert_eq!(make(running, path, "", &body).await.expect(400)["field"], "Idempotency-Key");
    }
    let apps = running.api.get("/api/v1/apps").await.expect(200);
    assert_eq!(apps["apps"].as_array().unwrap().len(), 2);
    let keys = running.api.get("/api/v1/api-keys").await.expect(200);
    assert_eq!(keys["apiKeys"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn each_change_is_in_the_audit_log_with_whoever_made_it() {
    let running = Harness::new().start().await;
    let api = &running.api;
    let event = running.send("{}").await;
    running.event_with_status(&event, "success").await;
    let url = running.handler.url("/shop");
    let app = api.post("/api/v1/apps", json!({ "name": "Shop", "destinations": [{ "url": url }] })).await.expect(201);
    let destination = app["destinations"][0]["id"].as_str().unwrap().to_owned();
    let (app_id, of_app) = (app["id"].as_str().unwrap().to_owned(), "/api/v1/apps/shop/destinations");
    api.patch("/api/v1/apps/shop", json!({ "name": "Shop 2" })).await.expect(200);
    let listed =
        json!({ "destinations": [{ "id": destination, "timeout_seconds": 9 }, { "url": running.handler.url("/b") }] });
    let listed = api.patch("/api/v1/apps/shop", listed).await.expect(200);
    let second = listed["destinations"][1]["id"].as_str().unwrap().to_owned();
    let third = api.post(of_app, json!({ "url": running.handler.url("/c") })).await.expect(201);
    let third = third["id"].as_str().unwrap().to_owned();
    api.patch(&format!("{of_app}/{third}"), json!({ "is_paused": true })).await.expect(200);
    api.post(&format!("{of_app}/{third}/rotate-secret"), json!({})).await.expect(200);
    api.call(Method::DELETE, &format!("{of_app}/{third}"), b"").await.expect(200);
    api.call(Method::DELETE, "/api/v1/apps/shop", b"").await.expect(200);
    api.patch("/api/v1/tenant", json!({ "name": "Acme 2" })).await.expect(200);
    api.call(Method::POST, &format!("/api/v1/events/{event}/replay"), b"").await.expect(202);
    running.event_with_status(&event, "success").await;
    let replay = json!({ "filter": { "status": "failed" } });
    let replay = api.post("/api/v1/replays", replay).await.expect(202)["id"].as_str().unwrap().to_owned();
    api.call(Method::POST, &format!("/api/v1/events/{event}/forget"), b"").await.expect(200);
    let entries = api.get("/api/v1/audit?limit=100").await.expect(200);
    let tenant = api.get("/api/v1/account").await.expect(200)["tenant"]["id"].as_str().unwrap().to_owned();
    let first_key = api.get("/api/v1/api-keys").await.expect(200)["apiKeys"][0]["id"].clone();
    for (action, subject) in [
        ("app.created", &app_id),
        ("destination.created", &destination),
        ("app.updated", &app_id),
        ("destination.updated", &destination),
        ("destination.created", &second),
        ("destination.created", &third),
        ("destination.updated", &third),
        ("destination.secret_rotated", &third),
        ("destination.deleted", &third),
        ("app.deleted", &app_id),
        ("tenant.updated", &tenant),
        ("event.replayed", &event),
        ("replay.started", &replay),
        ("event.forgotten", &event),
    ] {
        let found = entries["entries"]
            .as_array()
            .unwrap()
            .iter()
            .find(|it| it["action"] == action && it["subject"] == **subject);
        let found = found.unwrap_or_else(|| panic!("no {action} of {subject}: {entries:#}"));
        assert!(found.to_string().contains(first_key.as_str().unwrap()), "{found}: by the key");
    }
    assert!(entries.to_string().contains("tenant.created"));
    running.stop().await;
}
