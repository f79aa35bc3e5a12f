//! Replaying to a URL that is no destination.

use anyhook_domain::{Timestamp, secret::Secret};
use http::Method;
use serde_json::{Value, json};

use crate::{
    handler::{Handler, Say, Seen},
    harness::{Harness, Running},
};

async fn delivered(anyhook: &Running) -> String {
    let id = anyhook.send(r#"{"a":1}"#).await;
    anyhook.event_with_status(&id, "success").await;
    id
}

async fn replay(anyhook: &Running, id: &str, body: Value) -> Value {
    anyhook.api.post(&format!("/api/v1/events/{id}/replay"), body).await.expect(202)
}

/// The delivery that went aside.
fn aside(event: &Value) -> &Value {
    event["deliveries"].as_array().unwrap().iter().rfind(|it| it["isAside"] == true).unwrap()
}

fn is_signed_with(seen: &Seen, secret: &str) -> bool {
    let header = seen.header("anyhook-signature");
    let t = header.strip_prefix("t=").and_then(|rest| rest.split_once(',')).unwrap().0;
    let expected = anyhook_domain::sign::anyhook(
        &[Secret::new(secret.to_owned())],
        Timestamp::from_unix_seconds(t.parse().unwrap()),
        &seen.body,
    );
    header == expected
}

async fn an_event_goes_to_any_url(anyhook: Running) {
    let id = delivered(&anyhook).await;
    let elsewhere = Handler::start().await;
    let url = elsewhere.url("/debug");
    elsewhere.script([Say::Status(500), Say::Status(200)]);
    let first = replay(&anyhook, &id, json!({ "url": url })).await;
    let secret = first["signing_secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("whsec_"));
    let seen = elsewhere.seen_until(1).await;
    assert_eq!((seen[0].header("anyhook-trigger"), seen[0].header("anyhook-event-id")), ("replay", id.as_str()));
    assert!(is_signed_with(&seen[0], &secret));
    let failing = anyhook.event_until(&id, "retried aside", |event| aside(event)["state"] == "retrying").await;
    assert_eq!((&failing["status"], &failing["deliveryAttempts"]), (&json!("success"), &json!(1)));
    assert_eq!((&aside(&failing)["url"], &aside(&failing)["isCurrent"]), (&json!(url), &json!(true)));
    anyhook.advance(30);
    elsewhere.seen_until(2).await;
    anyhook.event_until(&id, "arrived aside", |event| aside(event)["state"] == "success").await;
    let app = anyhook.api.get(&anyhook.app_path()).await.expect(200);
    assert_eq!(app["destinations"].as_array().unwrap().len(), 1);
    // New events do not go there.
    delivered(&anyhook).await;
    let again = replay(&anyhook, &id, json!({ "url": url })).await;
    assert_eq!(again.get("signing_secret"), None, "it was shown once");
    let given = replay(&anyhook, &id, json!({ "url": url, "signing_secret": "my own secret" })).await;
    assert_eq!(given["deliveries"][0]["destinationId"], first["deliveries"][0]["destinationId"]);
    let seen = elsewhere.seen_until(4).await;
    assert!(seen[1..3].iter().all(|it| is_signed_with(it, &secret)) && is_signed_with(&seen[3], "my own secret"));
    assert_eq!((anyhook.handler.seen().len(), elsewhere.seen().len()), (2, 4));
    anyhook.event_until(&id, "arrived", |event| aside(event)["state"] == "success").await;
    anyhook.stop().await;
}

#[tokio::test]
async fn an_event_goes_to_any_url_on_sqlite() {
    an_event_goes_to_any_url(Harness::new().start().await).await;
}

#[tokio::test]
async fn an_event_goes_to_any_url_on_postgres() {
    if let Some(anyhook) = Harness::new().start_on_postgres().await {
        an_event_goes_to_any_url(anyhook).await;
    }
}

#[tokio::test]
async fn many_events_go_to_a_url() {
    let anyhook = Harness::new().start().await;
    let mut ids = [delivered(&anyhook).await, delivered(&anyhook).await];
    ids.sort();
    let elsewhere = Handler::start().await;
    let slug = anyhook.app["slug"].as_str().unwrap();
    let filter = json!({ "app_slug": slug });
    let url = elsewhere.url("/many");
    let dry = json!({ "filter": filter, "url": url, "dry_run": true });
    assert_eq!(anyhook.api.post("/api/v1/replays", dry).await.expect(200)["count"], 2);
    let body = json!({ "filter": filter, "url": url }).to_string();
    let key = [("idempotency-key", "many")];
    let begun = anyhook.api.call_with(Method::POST, "/api/v1/replays", &key, body.as_bytes()).await.expect(202);
    assert_eq!(begun["url"], json!(url));
    assert!(begun["signing_secret"].is_string());
    let again = anyhook.api.call_with(Method::POST, "/api/v1/replays", &key, body.as_bytes()).await.expect(202);
    assert_eq!((&again["id"], again.get("signing_secret")), (&begun["id"], None));
    // The same from somebody else is another request.
    let made = anyhook.api.post("/api/v1/api-keys", json!({ "name": "other", "scope": "admin" })).await.expect(201);
    let other = anyhook.api.with_key(made["key"].as_str());
    let refused = other.call_with(Method::POST, "/api/v1/replays", &key, body.as_bytes()).await;
    assert_eq!(refused.expect_refusal(422), "idempotency_key_reused");
    anyhook.advance(2);
    let seen = elsewhere.seen_until(2).await;
    let mut replayed: Vec<_> = seen.iter().map(|it| it.header("anyhook-event-id").to_owned()).collect();
    replayed.sort();
    assert_eq!(replayed, ids);
    let shown = anyhook.api.get(&format!("/api/v1/replays/{}", begun["id"].as_str().unwrap())).await.expect(200);
    assert_eq!((&shown["url"], shown.get("signing_secret")), (&json!(url), None));
    let nameless = json!({ "filter": { "since": 0 }, "url": url });
    assert_eq!(anyhook.api.post("/api/v1/replays", nameless).await.expect(400)["field"], "filter.app_slug");
    for id in &ids {
        anyhook.event_until(id, "arrived", |event| aside(event)["state"] == "success").await;
    }
    anyhook.stop().await;
}

#[tokio::test]
async fn a_replay_that_does_not_begin_takes_no_url() {
    let mut anyhook = Harness::new().start().await;
    anyhook.leaves_work_behind();
    for _ in 0..10 {
        delivered(&anyhook).await;
    }
    let filter = json!({ "app_slug": anyhook.app["slug"] });
    let slow = json!({ "filter": filter, "rate_per_second": 1 });
    let mut running = Vec::new();
    for _ in 0..20 {
        let begun = anyhook.api.post("/api/v1/replays", slow.clone()).await.expect(202);
        running.push(begun["id"].as_str().unwrap().to_owned());
    }
    let elsewhere = Handler::start().await;
    let body = json!({ "filter": filter, "url": elsewhere.url("/late") });
    assert_eq!(anyhook.api.post("/api/v1/replays", body.clone()).await.expect_refusal(409), "too_many");
    let cancel = format!("/api/v1/replays/{}/cancel", running[0]);
    anyhook.api.call(Method::POST, &cancel, b"").await.expect(200);
    let begun = anyhook.api.post("/api/v1/replays", body).await.expect(202);
    assert!(begun["signing_secret"].is_string(), "nobody has seen it before: {begun}");
    anyhook.stop().await;
}

#[tokio::test]
async fn a_url_is_held_to_the_rules_of_destinations() {
    let anyhook = Harness::new().start().await;
    let id = delivered(&anyhook).await;
    let path = format!("/api/v1/events/{id}/replay");
    for url in ["http://10.0.0.1/hook", "ftp://example.com/", "nonsense", "http://169.254.169.254/latest"] {
        let refused = anyhook.api.post(&path, json!({ "url": url })).await.expect(422);
        assert_eq!((&refused["field"], &refused["code"]), (&json!("url"), &json!("destination_refused")), "{url}");
    }
    let both = json!({ "url": anyhook.handler.url("/x"), "destination_id": anyhook.app["destinations"][0]["id"] });
    assert_eq!(anyhook.api.post(&path, both).await.expect(400)["field"], "url");
    let secret = json!({ "url": anyhook.handler.url("/x"), "signing_secret": "" });
    assert_eq!(anyhook.api.post(&path, secret).await.expect(400)["field"], "signing_secret");
    // A key that may replay may not send what is stored anywhere else.
    let made = anyhook.api.post("/api/v1/api-keys", json!({ "name": "operator", "scope": "write" })).await.expect(201);
    let operator = anyhook.api.with_key(made["key"].as_str());
    let refused = operator.post(&path, json!({ "url": anyhook.handler.url("/x") })).await;
    assert_eq!(refused.expect_refusal(403), "forbidden");
    let slug = anyhook.app["slug"].as_str().unwrap();
    let many = json!({ "filter": { "app_slug": slug }, "url": anyhook.handler.url("/x"), "dry_run": true });
    assert_eq!(operator.post("/api/v1/replays", many).await.expect_refusal(403), "forbidden");
    operator.post(&path, json!({})).await.expect(202);
    anyhook.handler.seen_until(2).await;
    anyhook.event_with_status(&id, "success").await;
    anyhook.stop().await;
}

#[tokio::test]
async fn a_handler_that_wants_no_more_gets_no_more() {
    let anyhook = Harness::new().start().await;
    let id = delivered(&anyhook).await;
    let elsewhere = Handler::start().await;
    elsewhere.script([Say::Status(410)]);
    let first = replay(&anyhook, &id, json!({ "url": elsewhere.url("/gone") })).await;
    anyhook.event_until(&id, "ended aside", |event| aside(event)["state"] == "failed").await;
    // It is forgotten: the next one is another.
    let second = replay(&anyhook, &id, json!({ "url": elsewhere.url("/gone") })).await;
    assert_ne!(second["deliveries"][0]["destinationId"], first["deliveries"][0]["destinationId"]);
    elsewhere.seen_until(2).await;
    let renewed = &second["deliveries"][0]["destinationId"];
    let arrived = |event: &Value| {
        let deliveries = event["deliveries"].as_array().unwrap();
        deliveries.iter().any(|it| it["destinationId"] == *renewed && it["state"] == "success")
    };
    anyhook.event_until(&id, "arrived aside", arrived).await;
    anyhook.stop().await;
}
