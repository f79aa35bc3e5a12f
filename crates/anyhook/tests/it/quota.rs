//! The plan's events of a month: up to its number delivered, up to twice of it held, then turned away.

use anyhook_domain::Month;
use http::Method;
use serde_json::{Value, json};

use crate::{
    client::Reply,
    harness::{Harness, Running},
};

async fn post(running: &Running) -> Reply {
    running.api.request(Method::POST, &running.inbound_url, &[], b"{}").await
}

fn held_reasons(event: &Value) -> Vec<&str> {
    let deliveries = event["deliveries"].as_array().unwrap();
    deliveries.iter().map(|delivery| delivery["heldReason"].as_str().unwrap_or_default()).collect()
}

/// Into the next month, so far that the releaser looks.
fn advance_to_next_month(running: &Running) {
    let now = running.clock.now();
    running.advance(Month::of(now).ends_at().since(now).as_secs() + 60);
}

#[tokio::test]
async fn over_the_plan_events_are_held_then_turned_away_until_the_new_month() {
    let running = Harness::new().events_per_month(2).start().await;
    for _ in 0..2 {
        let id = running.send("{}").await;
        running.event_with_status(&id, "success").await;
    }
    let mut held = Vec::new();
    for _ in 0..2 {
        held.push(running.send("{}").await);
    }
    let event = running.event(&held[0]).await;
    assert_eq!((event["status"].as_str(), held_reasons(&event)), (Some("held"), vec!["over_quota"]));
    let refused = post(&running).await;
    let retry_after: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=3600).contains(&retry_after), "{retry_after}");
    assert_eq!(refused.expect_refusal(429), "quota_exceeded");
    running.handler.seen_until(2).await;

    advance_to_next_month(&running);
    for id in &held {
        running.event_with_status(id, "success").await;
    }
    let id = running.send("{}").await;
    running.event_with_status(&id, "success").await;
    running.handler.seen_until(5).await;
    running.stop().await;
}

#[tokio::test]
async fn resuming_lets_go_what_came_within_the_plan_only() {
    let running = Harness::new().events_per_month(1).start().await;
    running.api.patch(&running.app_path(), json!({ "is_paused": true })).await.expect(200);
    let (within, over) = (running.send("{}").await, running.send("{}").await);
    assert_eq!(held_reasons(&running.event(&within).await), ["app_paused"]);
    assert_eq!(held_reasons(&running.event(&over).await), ["over_quota"]);
    running.api.patch(&running.app_path(), json!({ "is_paused": false })).await.expect(200);
    // Both would have gone in one statement.
    running.event_with_status(&within, "success").await;
    assert_eq!(running.event(&over).await["status"], "held");
    let refused = running.api.post(&format!("/api/v1/events/{over}/replay"), json!({})).await;
    assert_eq!(refused.expect_refusal(409), "over_quota");
    advance_to_next_month(&running);
    running.event_with_status(&over, "success").await;
    running.handler.seen_until(2).await;
    running.stop().await;
}

#[tokio::test]
async fn repeats_and_rejected_events_use_nothing_and_are_answered_as_ever() {
    let running = Harness::new().app("replicate").events_per_month(1).start().await;
    let first = running.send_prediction("msg_1", "{}").await.expect(200);
    let repeat = running.send_prediction("msg_1", "{}").await.expect(200);
    assert_eq!(repeat["id"], first["id"]);
    let unsigned = post(&running).await;
    assert_eq!(unsigned.expect_refusal(401), "signature_rejected");
    let held = running.send_prediction("msg_2", "{}").await.expect(200);
    running.event_with_status(held["id"].as_str().unwrap(), "held").await;
    assert_eq!(running.send_prediction("msg_3", "{}").await.expect_refusal(429), "quota_exceeded");
    for (message, first) in [("msg_1", &first), ("msg_2", &held)] {
        assert_eq!(&running.send_prediction(message, "{}").await.expect(200), first);
    }
    assert_eq!(post(&running).await.expect_refusal(401), "signature_rejected");
    running.stop().await;
}

#[tokio::test]
async fn another_tenants_plan_is_its_own() {
    let running = Harness::new().events_per_month(1).start().await;
    for _ in 0..2 {
        post(&running).await.expect(200);
    }
    assert_eq!(post(&running).await.status, 429);
    let mut other = running.api.with_key(None);
    let sign_up = crate::harness::sign_up("other@example.com", "Other");
    let signed_up = other.post("/api/v1/signup", sign_up).await.expect(201);
    other.sign_in(signed_up["apiKey"].as_str().unwrap());
    let app =
        json!({ "name": "Other", "source": "generic", "destinations": [{ "url": running.handler.url("/other") }] });
    let app = other.post("/api/v1/apps", app).await.expect(201);
    let reply = other.request(Method::POST, app["inboundUrl"].as_str().unwrap(), &[], b"{}").await.expect(200);
    let path = format!("/api/v1/events/{}", reply["id"].as_str().unwrap());
    assert_ne!(other.get(&path).await.expect(200)["status"], "held");
    running.stop().await;
}
