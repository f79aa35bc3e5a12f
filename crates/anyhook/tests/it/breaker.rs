//! The circuit breaker before a destination.

use serde_json::{Value, json};

use crate::{
    handler::{Handler, Say},
    harness::{Harness, Running},
};

/// Ten requests fail, and nothing more goes there.
async fn broken(running: &Running, further: &[Say]) -> Vec<String> {
    running.handler.script(vec![Say::Status(500); 10]);
    running.handler.script(further.iter().cloned());
    let mut ids = Vec::new();
    for _ in 0..10 {
        ids.push(running.send("{}").await);
    }
    for id in &ids {
        running.event_after_attempts(id, 1).await;
    }
    held_back_until(running, |it| it["state"] == "open").await;
    ids
}

/// Waits until the first of what is held back is so.
async fn held_back_until(running: &Running, holds: impl Fn(&Value) -> bool) -> Value {
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        let stats = running.api.get("/api/v1/stats").await.expect(200);
        if holds(&stats["heldBack"][0]) {
            return stats["heldBack"][0].clone();
        }
        assert!(tokio::time::Instant::now() < deadline, "{:#}", stats["heldBack"]);
        // Answers are remembered for some seconds.
        running.advance(0);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_failing_destination_is_held_back_tried_and_recovers() {
    let running = Harness::new().start().await;
    let other = Handler::start().await;
    let ids = broken(&running, &[Say::Status(503)]).await;
    let second = json!({ "url": other.url("/other") });
    running.api.post(&format!("{}/destinations", running.app_path()), second).await.expect(201);

    let waiting = running.send("{}").await;
    other.seen_until(1).await;
    assert_eq!(running.handler.seen().len(), 10, "another destination is not kept waiting, and this one is left alone");
    let of_first = |event: &Value| {
        let url = running.handler.url("/hook");
        let deliveries = event["deliveries"].as_array().unwrap();
        deliveries.iter().find(|it| it["url"] == url.as_str()).unwrap().clone()
    };
    let delivery = of_first(&running.event(&waiting).await);
    assert_eq!((&delivery["state"], &delivery["attemptCount"]), (&json!("queued"), &json!(0)), "{delivery:#}");

    // One is tried, and fails; what became due meanwhile waits, and is not charged for it.
    running.advance(12);
    running.event_until(&waiting, "tried", |event| of_first(event)["attemptCount"] == 1).await;
    running.advance(19);
    let third = running.send("{}").await;
    running.event_until(&third, "delivered elsewhere", |_| other.seen().len() == 2).await;
    assert_eq!(running.handler.seen().len(), 11);
    for id in &ids {
        assert_eq!(running.event(id).await["deliveries"][0]["attemptCount"], 1);
    }

    // The next one succeeds, and the others follow.
    running.advance(6);
    held_back_until(&running, |it| it["state"] == "recovering" || it.is_null()).await;
    for id in &ids {
        for _ in 0..20 {
            if running.event(id).await["status"] == "success" {
                break;
            }
            running.advance(5);
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let event = running.event_with_status(id, "success").await;
        assert_eq!(event["deliveries"][0]["attemptCount"], 2);
    }
    running.advance(600);
    held_back_until(&running, Value::is_null).await;
    running.stop().await;
}

#[tokio::test]
async fn a_destination_that_was_changed_is_tried_at_once() {
    let mut running = Harness::new().start().await;
    running.leaves_work_behind();
    broken(&running, &[]).await;
    let waiting = running.send("{}").await;
    let id = running.app["destinations"][0]["id"].as_str().unwrap();
    let path = format!("{}/destinations/{id}", running.app_path());
    running.api.patch(&path, json!({ "url": running.handler.url("/mended") })).await.expect(200);
    // Well before the first try.
    running.advance(2);
    running.event_with_status(&waiting, "success").await;
    assert_eq!(running.handler.seen()[10].target, "/mended");
    running.stop().await;
}

#[tokio::test]
async fn a_handler_that_refuses_some_events_is_not_held_back() {
    let mut running = Harness::new().start().await;
    running.leaves_work_behind();
    running.handler.script(vec![Say::Status(422); 30]);
    for _ in 0..30 {
        let id = running.send("{}").await;
        running.event_after_attempts(&id, 1).await;
    }
    let last = running.send("{}").await;
    running.event_with_status(&last, "success").await;
    running.stop().await;
}
