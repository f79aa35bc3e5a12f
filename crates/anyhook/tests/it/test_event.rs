//! Test events: what a provider would send, to the app's own URL.

use anyhook_domain::source::{SOURCES, SecretUse};
use serde_json::{Value, json};

use crate::{
    client::Reply,
    harness::{Harness, Running},
};

/// Only they themselves have the keys that sign.
const ONLY_THEY_SIGN: [&str; 5] = ["aws-sns", "discord", "fal", "paypal", "sendgrid"];

async fn test(running: &Running, app: &Value) -> Reply {
    // At most 20 a minute.
    running.advance(10);
    running.api.post(&format!("/api/v1/apps/{}/test", app["slug"].as_str().unwrap()), json!({})).await
}

#[tokio::test]
async fn every_source_gets_its_own_example_or_says_who_signs() {
    let running = Harness::new().start().await;
    let mut refused = Vec::new();
    for source in SOURCES {
        let mock = running.api.post("/api/v1/tools/mock", json!({ "provider": source.slug })).await.expect(200);
        let app = json!({
            "name": source.slug, "source": source.slug, "secret": mock["secret"], "source_config": mock["sourceConfig"],
        });
        let app = running.api.post("/api/v1/apps", app).await.expect(201);
        let reply = test(&running, &app).await;
        if reply.status == 409 {
            assert_eq!(reply.expect_refusal(409), "cannot_sign");
            refused.push(source.slug);
            continue;
        }
        let sent = reply.expect(200);
        assert_eq!(sent["ok"], true, "{}: {sent}", source.slug);
        // Some providers expect another answer than one with the event's id.
        let events =
            running.api.get(&format!("/api/v1/events?app_slug={}", app["slug"].as_str().unwrap())).await.expect(200);
        let id = &events["events"][0]["id"];
        assert!(sent["eventId"].is_null() || sent["eventId"] == *id, "{}: {sent} {events:#}", source.slug);
        let event = running.event(id.as_str().unwrap()).await;
        let is_checked = source.secret != SecretUse::None && !mock["secret"].is_null();
        let valid = if is_checked { json!(true) } else { Value::Null };
        assert_eq!(event["signatureValid"], valid, "{}: {event:#}", source.slug);
    }
    refused.sort_unstable();
    assert_eq!(refused, ONLY_THEY_SIGN);
    running.stop().await;
}

#[tokio::test]
async fn it_is_delivered_as_any_other() {
    let running = Harness::new().app("replicate").start().await;
    let sent = test(&running, &running.app).await.expect(200);
    running.event_with_status(sent["eventId"].as_str().unwrap(), "success").await;
    let seen = running.handler.seen_until(1).await.remove(0);
    assert!(seen.header("webhook-id").len() > 5, "{:?}", seen.headers);
    running.stop().await;
}

#[tokio::test]
async fn the_public_url_is_signed_and_ingress_itself_is_called() {
    let running = Harness::new().called("https://in.example/hooks").start().await;
    assert!(running.inbound_url.starts_with("https://in.example/hooks/"), "{}", running.inbound_url);
    let app = json!({ "name": "Calls", "source": "twilio", "secret": "12345678901234567890123456789012" });
    let app = running.api.post("/api/v1/apps", app).await.expect(201);
    assert_eq!(test(&running, &app).await.expect(200)["ok"], true);
    let events = running.api.get("/api/v1/events").await.expect(200);
    assert_eq!(events["events"][0]["signatureValid"], true, "{events:#}");
    running.stop().await;
}

#[tokio::test]
async fn an_app_without_a_source_gets_some_json() {
    let running = Harness::new().start().await;
    let app = running.api.post("/api/v1/apps", json!({ "name": "Any" })).await.expect(201);
    let sent = test(&running, &app).await.expect(200);
    let event = running.event(sent["eventId"].as_str().unwrap()).await;
    assert_eq!(event["eventType"], "anyhook.test", "{event:#}");
    running.stop().await;
}

#[tokio::test]
async fn what_ingress_says_is_told() {
    let running = Harness::new().events_per_month(1).start().await;
    for _ in 0..2 {
        assert_eq!(test(&running, &running.app).await.expect(200)["ok"], true);
    }
    let sent = test(&running, &running.app).await.expect(200);
    assert_eq!((&sent["ok"], &sent["eventId"], &sent["status"]), (&json!(false), &Value::Null, &json!(429)), "{sent}");
    assert!(sent["problem"].as_str().unwrap().contains("plan"), "{sent}");
    running.stop().await;
}

#[tokio::test]
async fn an_app_that_is_turned_off_gets_none() {
    let running = Harness::new().start().await;
    running.api.patch(&running.app_path(), json!({ "isActive": false })).await.expect(200);
    assert_eq!(test(&running, &running.app).await.expect_refusal(409), "app_inactive");
    running.stop().await;
}

#[tokio::test]
async fn they_are_few() {
    let running = Harness::new().start().await;
    let path = format!("{}/test", running.app_path());
    for _ in 0..20 {
        running.api.post(&path, json!({})).await.expect(200);
    }
    assert_eq!(running.api.post(&path, json!({})).await.expect_refusal(429), "too_many_probes");
    running.stop().await;
}
