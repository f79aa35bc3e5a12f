//! What happens when a handler does not answer with success.

use serde_json::{Value, json};

use crate::{
    handler::Say,
    harness::{Harness, Running},
};

/// The instant of the next attempt, in seconds after the clock's start.
fn next_attempt_after(running: &Running, event: &Value) -> i64 {
    let at = event["deliveries"][0]["nextAttemptAt"].as_str().unwrap_or_else(|| panic!("none is due: {event:#}"));
    let at: std::time::SystemTime = httpdate_of(at);
    let ms = at.duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as i64;
    (ms - running.clock.now().unix_ms()) / 1000
}

/// RFC 3339 with milliseconds, as the API prints it.
fn httpdate_of(text: &str) -> std::time::SystemTime {
    humantime::parse_rfc3339(text).unwrap()
}

#[tokio::test]
async fn a_handler_that_fails_twice_gets_it_a_third_time() {
    let running = Harness::new().start().await;
    running.handler.script([Say::Status(500), Say::With(404, vec![], "no such route")]);
    let id = running.send("{}").await;
    let event = running.event_after_attempts(&id, 1).await;
    assert_eq!((&event["status"], &event["outboundStatus"]), (&json!("retrying"), &json!(500)));
    let first = next_attempt_after(&running, &event);
    assert!((19..=24).contains(&first), "{first}");
    running.advance(25);
    let event = running.event_after_attempts(&id, 2).await;
    let second = next_attempt_after(&running, &event);
    assert!((59..=72).contains(&second), "{second}");
    assert_eq!(event["deliveries"][0]["attempts"][1]["answer"]["body"], "no such route");
    running.advance(75);
    let event = running.event_with_status(&id, "success").await;
    assert_eq!(event["deliveryAttempts"], 3);
    let seen = running.handler.seen_until(3).await;
    let numbers: Vec<_> = seen.iter().map(|it| (it.header("anyhook-attempt"), it.header("anyhook-trigger"))).collect();
    assert_eq!(numbers, [("1", "initial"), ("2", "retry"), ("3", "retry")]);
    assert_eq!(seen[0].header("anyhook-delivery-id"), seen[2].header("anyhook-delivery-id"));
    assert_ne!(seen[0].header("anyhook-signature"), seen[1].header("anyhook-signature"));
    running.stop().await;
}

#[tokio::test]
async fn after_ten_retries_it_has_failed() {
    let running = Harness::new().start().await;
    running.handler.script(vec![Say::Status(503); 11]);
    let id = running.send("{}").await;
    for n in 1..=10 {
        let event = running.event_after_attempts(&id, n).await;
        assert_eq!((&event["status"], &event["maxAttempts"]), (&json!("retrying"), &json!(11)));
        running.advance(next_attempt_after(&running, &event).unsigned_abs() + 2);
    }
    let event = running.event_with_status(&id, "failed").await;
    assert_eq!(event["deliveryAttempts"], 11);
    running.handler.seen_until(11).await;
    running.stop().await;
}

#[tokio::test]
async fn retry_after_prolongs_the_wait() {
    let mut running = Harness::new().start().await;
    running.handler.script([Say::With(429, vec![("retry-after", "100")], "")]);
    let id = running.send("{}").await;
    let event = running.event_after_attempts(&id, 1).await;
    let wait = next_attempt_after(&running, &event);
    assert!((99..=100).contains(&wait), "{wait}");
    running.leaves_work_behind();
    running.stop().await;
}

#[tokio::test]
async fn a_timeout_leaves_the_handler_its_time() {
    let mut running = Harness::new().destination(json!({ "timeout_seconds": 1 })).start().await;
    running.handler.script([Say::Nothing]);
    let id = running.send("{}").await;
    let event = running.event_after_attempts(&id, 1).await;
    assert_eq!(event["deliveries"][0]["attempts"][0]["outcome"], "timeout");
    assert!(next_attempt_after(&running, &event) >= 299);
    running.leaves_work_behind();
    running.stop().await;
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_is_not_followed() {
    let mut running = Harness::new().start().await;
    running.handler.script([Say::With(307, vec![("location", "/elsewhere")], "")]);
    let id = running.send("{}").await;
    let event = running.event_after_attempts(&id, 1).await;
    assert_eq!(event["status"], "retrying");
    running.handler.seen_until(1).await;
    running.leaves_work_behind();
    running.stop().await;
}

#[tokio::test]
async fn a_handler_can_end_one_delivery() {
    let running = Harness::new().start().await;
    running.handler.script([Say::Status(413), Say::With(400, vec![("webhook-delivery", "abort-message")], "")]);
    for body in ["1", "2"] {
        let id = running.send(body).await;
        assert_eq!(running.event_with_status(&id, "failed").await["deliveryAttempts"], 1);
    }
    running.stop().await;
}

#[tokio::test]
async fn a_handler_that_is_gone_pauses_its_destination() {
    let running = Harness::new().start().await;
    running.handler.script([Say::Status(410)]);
    let id = running.send("{}").await;
    running.event_with_status(&id, "failed").await;
    let app = running.api.get(&running.app_path()).await.expect(200);
    assert_eq!(app["destinations"][0]["is_paused"], true);
    let held = running.send("{}").await;
    assert_eq!(running.event_with_status(&held, "held").await["deliveryAttempts"], 0);
    running.handler.seen_until(1).await;
    running.stop().await;
}

#[tokio::test]
async fn a_destination_that_is_not_there_is_tried_again() {
    let mut running = Harness::new().start().await;
    let destination = running.app["destinations"][0]["id"].as_str().unwrap();
    let path = format!("{}/destinations/{destination}", running.app_path());
    running.api.patch(&path, json!({ "url": "http://127.0.0.1:1/nobody" })).await.expect(200);
    let id = running.send("{}").await;
    let event = running.event_after_attempts(&id, 1).await;
    assert_eq!(event["deliveries"][0]["attempts"][0]["outcome"], "connect");
    assert!(event["deliveries"][0]["attempts"][0]["error"].as_str().unwrap().len() > 20);
    running.leaves_work_behind();
    running.stop().await;
}
