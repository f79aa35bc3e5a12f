//! Pausing, resuming, inactive apps, deleted destinations, renames.

use http::Method;
use serde_json::json;

use crate::{handler::Say, harness::Harness};

#[tokio::test]
async fn what_comes_for_a_paused_destination_is_held_and_goes_on_resume() {
    let running = Harness::new().start().await;
    let destination = running.app["destinations"][0]["id"].as_str().unwrap();
    let path = format!("{}/destinations/{destination}", running.app_path());
    running.api.patch(&path, json!({ "is_paused": true })).await.expect(200);
    let id = running.send("{}").await;
    assert_eq!(running.event(&id).await["status"], "held");
    running.api.patch(&path, json!({ "is_paused": false })).await.expect(200);
    let event = running.event_with_status(&id, "success").await;
    assert_eq!(event["deliveryAttempts"], 1);
    running.handler.seen_until(1).await;
    running.stop().await;
}

#[tokio::test]
async fn a_retry_that_comes_due_while_paused_waits_uncharged() {
    let running = Harness::new().start().await;
    running.handler.script([Say::Status(500)]);
    let id = running.send("{}").await;
    running.event_after_attempts(&id, 1).await;
    running.api.patch(&running.app_path(), json!({ "is_paused": true })).await.expect(200);
    running.advance(30);
    let event = running.event_with_status(&id, "held").await;
    assert_eq!(event["deliveryAttempts"], 1);
    running.api.patch(&running.app_path(), json!({ "is_paused": false })).await.expect(200);
    running.event_with_status(&id, "success").await;
    running.stop().await;
}

#[tokio::test]
async fn an_inactive_app_discards_and_says_so() {
    let running = Harness::new().start().await;
    running.api.patch(&running.app_path(), json!({ "is_active": false })).await.expect(200);
    let reply = running.api.request(Method::POST, &running.inbound_url, &[], b"{}").await.expect(202);
    assert_eq!(reply["reason"], "app_inactive");
    let events = running.api.get("/api/v1/events").await.expect(200);
    assert_eq!(events["events"], json!([]));
    running.stop().await;
}

#[tokio::test]
async fn deliveries_to_a_deleted_destination_end() {
    let running = Harness::new().start().await;
    running.handler.script([Say::Status(500)]);
    let id = running.send("{}").await;
    running.event_after_attempts(&id, 1).await;
    let destination = running.app["destinations"][0]["id"].as_str().unwrap();
    let path = format!("{}/destinations/{destination}", running.app_path());
    running.api.call(Method::DELETE, &path, b"").await.expect(200);
    running.advance(30);
    let event = running.event_with_status(&id, "failed").await;
    let last = event["deliveries"][0]["attempts"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["outcome"], "not_sent");
    assert!(last["error"].as_str().unwrap().contains("deleted"), "{last}");
    running.handler.seen_until(1).await;
    running.stop().await;
}

#[tokio::test]
async fn former_slugs_go_on_routing() {
    let running = Harness::new().start().await;
    let app = running.api.patch(&running.app_path(), json!({ "slug": "renamed" })).await.expect(200);
    assert_ne!(app["inboundUrl"], running.inbound_url.as_str());
    let tenant = running.api.patch("/api/v1/tenant", json!({ "slug": "acme-renamed" })).await.expect(200);
    assert_eq!(tenant["slug"], "acme-renamed");
    let app = running.api.get("/api/v1/apps/renamed").await.expect(200);
    let current = app["inboundUrl"].as_str().unwrap().to_owned();
    assert_eq!(current, format!("{}/acme-renamed/renamed", running.ingress_url));
    let legacy: Vec<_> =
        app["legacyInboundUrls"].as_array().unwrap().iter().map(|url| url.as_str().unwrap().to_owned()).collect();
    assert!(legacy.contains(&running.inbound_url), "{legacy:?}");
    for url in legacy.iter().chain([&current]) {
        let reply = running.api.request(Method::POST, url, &[], b"{}").await.expect(200);
        running.event_with_status(reply["id"].as_str().unwrap(), "success").await;
    }
    running.stop().await;
}
