//! Replaying many events, and asking for something twice.

use http::Method;
use serde_json::{Value, json};

use crate::{
    events::stranger,
    harness::{Harness, Running},
};

/// Moves the clock until a replay has come so far.
async fn until(anyhook: &Running, id: &str, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        let replay = anyhook.api.get(&format!("/api/v1/replays/{id}")).await.expect(200);
        if holds(&replay) {
            return replay;
        }
        assert!(tokio::time::Instant::now() < deadline, "never {what}: {replay:#}");
        anyhook.advance(1);
        // So slowly that no attempt under way is taken for abandoned.
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

async fn sent(anyhook: &Running, n: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for n in 0..n {
        ids.push(anyhook.send(&format!("{n}")).await);
    }
    for id in &ids {
        anyhook.event_with_status(id, "success").await;
    }
    ids
}

async fn all_that_a_filter_takes_is_replayed_once(anyhook: Running) {
    let ids = sent(&anyhook, 5).await;
    anyhook.advance(60);
    let forgotten = &ids[2];
    anyhook.api.call(Method::POST, &format!("/api/v1/events/{forgotten}/forget"), b"").await.expect(200);
    let slug = anyhook.app["slug"].as_str().unwrap();
    let filter = json!({ "app_slug": slug, "status": "success" });
    let counted = anyhook.api.post("/api/v1/replays", json!({ "filter": filter, "dry_run": true })).await.expect(200);
    assert_eq!(counted, json!({ "count": 5, "more": false }));
    let begun = anyhook.api.post("/api/v1/replays", json!({ "filter": filter })).await.expect(202);
    assert_eq!((&begun["state"], &begun["total"], &begun["replayed"]), (&json!("running"), &json!(5), &json!(0)));
    assert_eq!(begun["filter"], filter);
    let id = begun["id"].as_str().unwrap();
    let done = until(&anyhook, id, "done", |replay| replay["state"] == "done").await;
    assert_eq!((&done["replayed"], &done["skipped"], done["finishedAt"].is_string()), (&json!(4), &json!(1), true));
    assert_eq!(done["filter"], filter);
    let seen = anyhook.handler.seen_until(9).await;
    let mut replayed: Vec<_> = seen[5..].iter().map(|it| it.header("anyhook-event-id").to_owned()).collect();
    replayed.sort();
    let mut expected: Vec<_> = ids.iter().filter(|id| *id != forgotten).cloned().collect();
    expected.sort();
    assert_eq!(replayed, expected);
    assert!(seen[5..].iter().all(|it| it.header("anyhook-trigger") == "replay"));
    let list = anyhook.api.get("/api/v1/replays").await.expect(200);
    assert_eq!((list["replays"].as_array().unwrap().len(), &list["replays"][0]["id"]), (1, &json!(id)));
    let key = stranger(&anyhook).await;
    let foreign = anyhook.api.with_key(Some(&key));
    assert_eq!(foreign.get(&format!("/api/v1/replays/{id}")).await.expect_refusal(404), "not_found");
    let cancel = foreign.call(Method::POST, &format!("/api/v1/replays/{id}/cancel"), b"").await;
    assert_eq!(cancel.expect_refusal(404), "not_found");
    assert_eq!(foreign.get("/api/v1/replays").await.expect(200), json!({ "replays": [] }));
    anyhook.stop().await;
}

#[tokio::test]
async fn all_that_a_filter_takes_is_replayed_once_on_sqlite() {
    all_that_a_filter_takes_is_replayed_once(Harness::new().start().await).await;
}

#[tokio::test]
async fn all_that_a_filter_takes_is_replayed_once_on_postgres() {
    if let Some(anyhook) = Harness::new().start_on_postgres().await {
        all_that_a_filter_takes_is_replayed_once(anyhook).await;
    }
}

#[tokio::test]
async fn a_canceled_replay_sends_nothing_more() {
    let anyhook = Harness::new().start().await;
    sent(&anyhook, 6).await;
    anyhook.advance(60);
    let body = json!({ "filter": { "since": 0 }, "rate_per_second": 1 });
    let begun = anyhook.api.post("/api/v1/replays", body).await.expect(202);
    let id = begun["id"].as_str().unwrap();
    until(&anyhook, id, "two", |replay| replay["replayed"].as_u64() >= Some(2)).await;
    let path = format!("/api/v1/replays/{id}/cancel");
    let canceled = anyhook.api.call(Method::POST, &path, b"").await.expect(200);
    assert_eq!(canceled["state"], "canceled");
    let n = usize::try_from(canceled["replayed"].as_u64().unwrap()).unwrap();
    assert!(n < 6, "{canceled}");
    anyhook.advance(60);
    anyhook.handler.seen_until(6 + n).await;
    let again = anyhook.api.call(Method::POST, &path, b"").await.expect(200);
    assert_eq!(again, canceled);
    anyhook.stop().await;
}

#[tokio::test]
async fn what_is_no_filter_is_refused() {
    let anyhook = Harness::new().start().await;
    for (body, field) in [
        (json!({ "filter": {} }), "filter"),
        (json!({ "filter": { "app": "misspelt" } }), "filter"),
        (json!({}), "filter"),
        (json!({ "filter": { "since": "never" } }), "filter.since"),
        (json!({ "filter": { "status": "rejected" } }), "filter.status"),
        (json!({ "filter": { "since": 0 }, "rate_per_second": 0 }), "rate_per_second"),
    ] {
        let refused = anyhook.api.post("/api/v1/replays", body.clone()).await.expect(400);
        assert_eq!(refused["field"], field, "{body}");
    }
    let elsewhere = json!({ "filter": { "since": 0 }, "destination_id": "dst_01h455vb4pex5vsknk084sn02q" });
    let refused = anyhook.api.post("/api/v1/replays", elsewhere).await;
    assert_eq!(refused.expect_refusal(404), "not_found");
    anyhook.stop().await;
}

#[tokio::test]
async fn the_same_key_gives_the_same_answer() {
    let anyhook = Harness::new().start().await;
    let id = sent(&anyhook, 1).await.remove(0);
    let path = format!("/api/v1/events/{id}/replay");
    let key = [("idempotency-key", "replay-1")];
    let first = anyhook.api.call_with(Method::POST, &path, &key, b"").await.expect(202);
    let second = anyhook.api.call_with(Method::POST, &path, &key, b"").await.expect(202);
    assert_eq!(first, second);
    anyhook.handler.seen_until(2).await;
    let other = anyhook.send("other").await;
    let reused = anyhook.api.call_with(Method::POST, &format!("/api/v1/events/{other}/replay"), &key, b"").await;
    assert_eq!(reused.expect_refusal(422), "idempotency_key_reused");
    anyhook.event_with_status(&other, "success").await;
    let body = json!({ "filter": { "since": 0 } }).to_string();
    let key = [("idempotency-key", "replay-2")];
    let (one, two) = tokio::join!(
        anyhook.api.call_with(Method::POST, "/api/v1/replays", &key, body.as_bytes()),
        anyhook.api.call_with(Method::POST, "/api/v1/replays", &key, body.as_bytes()),
    );
    let (one, two) = (one.expect(202), two.expect(202));
    assert_eq!(one, two);
    until(&anyhook, one["id"].as_str().unwrap(), "done", |replay| replay["state"] == "done").await;
    anyhook.handler.seen_until(5).await;
    let too_long = "x".repeat(256);
    let refused = anyhook.api.call_with(Method::POST, &path, &[("idempotency-key", too_long.as_str())], b"").await;
    assert_eq!(refused.expect(400)["field"], "Idempotency-Key");
    for id in [&id, &other] {
        anyhook.event_with_status(id, "success").await;
    }
    anyhook.advance(24 * 3600);
    let fresh = anyhook.api.call_with(Method::POST, &path, &[("idempotency-key", "replay-1")], b"").await.expect(202);
    assert_ne!(fresh, first);
    anyhook.handler.seen_until(6).await;
    anyhook.stop().await;
}
