//! Bad input to the API: each refusal names the field and says what to do.

use http::Method;
use serde_json::{Value, json};

use crate::harness::{Harness, Running, sign_up};

#[tokio::test]
async fn malformed_requests_name_the_field() {
    let running = Harness::new().start().await;
    for (path, body, said) in [
        ("/api/v1/signup", r#"{"email":"#, "JSON"),
        ("/api/v1/signup", r#"{"email":"a@example.com","password":7,"tenant":{"name":"x"}}"#, "password"),
        ("/api/v1/signup", r#"{"email":"a@example.com","password":"12345678"}"#, "tenant"),
        ("/api/v1/signup", r#"{"email":"nobody","password":"12345678","tenant":{"name":"x"}}"#, "email"),
        ("/api/v1/signup", r#"{"email":"a@example.com","password":"short","tenant":{"name":"x"}}"#, "password"),
        ("/api/v1/apps", r#"{"name":"x","source":"no-such"}"#, "source"),
        ("/api/v1/apps", r#"{"name":"x","source":"hmac"}"#, "secret"),
        ("/api/v1/apps", r#"{"name":"x","source":"replicate","secret":"plain text!"}"#, "whsec_"),
        ("/api/v1/apps", r#"{"name":"x","source":"generic","slug":"UPPER"}"#, "slug"),
        ("/api/v1/apps", r#"{"name":"x","source":"generic","destinations":[{"url":5}]}"#, "url"),
        (
            "/api/v1/apps",
            r#"{"name":"x","source":"generic","destinations":[{"url":"https://example.com","timeout_seconds":0}]}"#,
            "timeout_seconds",
        ),
    ] {
        let reply = running.api.call(Method::POST, path, body.as_bytes()).await;
        let refusal = reply.expect(400);
        let text = format!("{} {}", refusal["error"], refusal["field"]);
        assert!(text.contains(said), "{body}: {refusal}");
    }
    running.stop().await;
}

#[tokio::test]
async fn what_is_taken_is_a_conflict() {
    let running = Harness::new().start().await;
    let email = running.api.post("/api/v1/signup", sign_up("Owner@Example.com", "Other")).await;
    assert_eq!(email.expect_refusal(409), "email_taken");
    let slug = json!({ "email": "b@example.com", "password": "correct horse battery", "tenant": { "name": "B", "slug": "acme" } });
    assert_eq!(running.api.post("/api/v1/signup", slug).await.expect_refusal(409), "slug_taken");
    let app = json!({ "name": "x", "source": "generic", "slug": "my-app" });
    assert_eq!(running.api.post("/api/v1/apps", app).await.expect_refusal(409), "slug_taken");
    running.stop().await;
}

#[tokio::test]
async fn destinations_that_must_not_be_reached_are_refused() {
    let running = Harness::new().start().await;
    let path = format!("{}/destinations", running.app_path());
    for url in [
        "ftp://example.com/",
        "file:///etc/passwd",
        "https://user:password@example.com/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/",
        "http://192.168.1.1/",
        "http://0x7f.1/",
        "http://metadata.internal/",
        "not a url",
        "/relative",
    ] {
        let refusal = running.api.post(&path, json!({ "url": url })).await.expect_refusal(422);
        assert_eq!(refusal, "destination_refused", "{url}");
    }
    running.stop().await;
}

#[tokio::test]
async fn wrong_keys_and_passwords_are_unauthorized() {
    let running = Harness::new().start().await;
    for key in [None, Some("ahk_live_nonsense"), Some("")] {
        let api = running.api.with_key(key);
        for path in ["/api/v1/apps", "/api/v1/events", "/api/v1/tenant"] {
            assert_eq!(api.get(path).await.expect_refusal(401), "unauthenticated", "{path}");
        }
    }
    let unknown = json!({ "email": "nobody@example.com", "password": "correct horse battery" });
    let wrong = json!({ "email": "owner@example.com", "password": "incorrect horse battery" });
    let unknown = running.api.post("/api/v1/login", unknown).await.expect(401);
    let wrong = running.api.post("/api/v1/login", wrong).await.expect(401);
    assert_eq!(unknown, wrong);
    running.stop().await;
}

async fn stranger(running: &Running) -> crate::client::Api {
    let signed_up = running.api.with_key(None).post("/api/v1/signup", sign_up("stranger@example.com", "Strange")).await;
    let key = signed_up.expect(201)["apiKey"].as_str().unwrap().to_owned();
    running.api.with_key(Some(&key))
}

#[tokio::test]
async fn what_belongs_to_another_tenant_is_not_found() {
    let running = Harness::new().start().await;
    let event = running.send("{}").await;
    running.event_with_status(&event, "success").await;
    let destination = running.app["destinations"][0]["id"].as_str().unwrap();
    let stranger = stranger(&running).await;
    let app = running.app["slug"].as_str().unwrap();
    for (method, path, body) in [
        (Method::GET, format!("/api/v1/events/{event}"), Value::Null),
        (Method::POST, format!("/api/v1/events/{event}/replay"), Value::Null),
        (Method::GET, format!("/api/v1/apps/{app}"), Value::Null),
        (Method::PATCH, format!("/api/v1/apps/{app}"), json!({ "name": "mine" })),
        (Method::DELETE, format!("/api/v1/apps/{app}"), Value::Null),
        (Method::GET, format!("/api/v1/apps/{app}/events/undelivered"), Value::Null),
        (Method::POST, format!("/api/v1/apps/{app}/replay-failed"), Value::Null),
        (Method::POST, format!("/api/v1/apps/{app}/destinations"), json!({ "url": "https://example.com" })),
        (Method::PATCH, format!("/api/v1/apps/{app}/destinations/{destination}"), json!({ "is_paused": true })),
        (Method::DELETE, format!("/api/v1/apps/{app}/destinations/{destination}"), Value::Null),
        (Method::POST, format!("/api/v1/apps/{app}/destinations/{destination}/rotate-secret"), Value::Null),
        (Method::GET, "/api/v1/events/evt_01h455vb4pex5vsknk084sn02q".into(), Value::Null),
        (Method::GET, "/api/v1/events/nonsense".into(), Value::Null),
        (Method::GET, "/api/v1/no/such/path".into(), Value::Null),
    ] {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let reply = stranger.call(method.clone(), &path, &body).await;
        assert_eq!(reply.status, 404, "{method} {path}: {}", String::from_utf8_lossy(&reply.body));
        reply.expect_refusal(404);
    }
    let events = stranger.get("/api/v1/events").await.expect(200);
    assert_eq!(events["events"], json!([]));
    let with_cursor = stranger.get(&format!("/api/v1/events?cursor={event}")).await.expect(200);
    assert_eq!(with_cursor["events"], json!([]));
    running.stop().await;
}
