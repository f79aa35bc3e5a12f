//! Events as they arrive and move.

use http::Method;
use serde_json::json;

use crate::{
    handler::Say,
    harness::{Harness, Running, sign_up},
};

/// The ids of all events that messages tell of.
fn ids(messages: &[crate::stream::Message]) -> Vec<&str> {
    messages.iter().filter_map(|message| message.data["id"].as_str()).collect()
}

async fn stranger(anyhook: &Running) -> String {
    let signed_up = anyhook.api.post("/api/v1/signup", sign_up("other@example.com", "Other")).await.expect(201);
    signed_up["apiKey"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_event_is_seen_arriving_and_moving() {
    let anyhook = Harness::new().start().await;
    anyhook.handler.script([Say::AfterGate, Say::Status(500)]);
    let mut stream = anyhook.api.stream("", &[]).await;
    assert_eq!(stream.status, 200);
    for field in ["content-type: text/event-stream", "cache-control: no-store", "x-accel-buffering: no"] {
        assert!(stream.head.contains(field), "{}", stream.head);
    }
    let id = anyhook.send("one").await;
    let event = stream.event().await;
    assert_eq!((event["id"].as_str(), event["status"].as_str()), (Some(id.as_str()), Some("queued")));
    anyhook.handler.seen_until(1).await;
    anyhook.handler.open_gate();
    stream.until(&id, "success").await;
    let listed = anyhook.api.get("/api/v1/events").await.expect(200);
    let failing = anyhook.send("two").await;
    stream.until(&failing, "retrying").await;
    anyhook.advance(30);
    stream.until(&failing, "success").await;
    assert_eq!(listed["events"][0]["id"], *id);
    anyhook.stop().await;
}

#[tokio::test]
async fn a_message_is_as_the_list_has_it() {
    let anyhook = Harness::new().start().await;
    let mut stream = anyhook.api.stream("", &[]).await;
    let id = anyhook.send("one").await;
    let event = loop {
        let event = stream.event().await;
        if event["status"] == "success" {
            break event;
        }
    };
    let listed = anyhook.api.get("/api/v1/events").await.expect(200);
    assert_eq!((&event, &event["id"]), (&listed["events"][0], &json!(id)));
    anyhook.stop().await;
}

#[tokio::test]
async fn replays_are_seen() {
    let anyhook = Harness::new().start().await;
    let id = anyhook.send("one").await;
    anyhook.event_with_status(&id, "success").await;
    let mut stream = anyhook.api.stream("", &[]).await;
    anyhook.handler.script([Say::AfterGate]);
    anyhook.api.call(Method::POST, &format!("/api/v1/events/{id}/replay"), b"").await.expect(202);
    stream.until(&id, "queued").await;
    anyhook.handler.seen_until(2).await;
    anyhook.handler.open_gate();
    stream.until(&id, "success").await;
    anyhook.stop().await;
}

#[tokio::test]
async fn each_sees_its_own_events_and_those_of_the_app_asked_for() {
    let anyhook = Harness::new().start().await;
    let key = stranger(&anyhook).await;
    let strangers = anyhook.api.with_key(Some(&key));
    let mut foreign = strangers.stream("", &[]).await;
    let other = anyhook.api.post("/api/v1/apps", json!({ "name": "Other app", "source": "generic" })).await.expect(201);
    let mut filtered = anyhook.api.stream(&format!("?app_slug={}", other["slug"].as_str().unwrap()), &[]).await;
    let mine = anyhook.send("mine").await;
    anyhook.event_with_status(&mine, "success").await;
    let url = other["inboundUrl"].as_str().unwrap();
    let sent = anyhook.api.request(Method::POST, url, &[], b"other").await.expect(200);
    let event = filtered.event().await;
    assert_eq!((&event["id"], &event["appSlug"]), (&sent["id"], &other["slug"]));
    let theirs = strangers.post("/api/v1/apps", json!({ "name": "Theirs", "source": "generic" })).await.expect(201);
    let url = theirs["inboundUrl"].as_str().unwrap();
    let sent = anyhook.api.request(Method::POST, url, &[], b"theirs").await.expect(200);
    assert_eq!(foreign.event().await["id"], sent["id"], "nothing of the other tenant came before");
    let unknown = anyhook.api.get("/api/v1/events/stream?app_slug=nothing").await;
    assert_eq!(unknown.expect_refusal(404), "not_found");
    anyhook.stop().await;
}

#[tokio::test]
async fn a_stream_goes_on_where_the_one_before_it_ended() {
    let anyhook = Harness::new().start().await;
    let old = anyhook.send("old").await;
    anyhook.event_with_status(&old, "success").await;
    anyhook.handler.script([Say::Status(500)]);
    let failing = anyhook.send("failing").await;
    anyhook.event_with_status(&failing, "retrying").await;
    anyhook.advance(5);
    let first = anyhook.api.stream("", &[]).await;
    let last_id = first.last_id.clone();
    drop(first);
    // What is sent after so long is no news to anybody who was told until now.
    anyhook.advance(120);
    anyhook.event_with_status(&failing, "success").await;
    let missed = anyhook.send("missed").await;
    anyhook.event_with_status(&missed, "success").await;
    let mut stream = anyhook.api.stream("", &[("last-event-id", &last_id)]).await;
    let before = stream.until(&missed, "success").await;
    assert!(ids(&before).contains(&failing.as_str()), "an older event has changed: {before:?}");
    let mut later = anyhook.api.stream("", &[("last-event-id", &stream.last_id)]).await;
    anyhook.advance(120);
    let new = anyhook.send("new").await;
    let before = later.until(&new, "success").await;
    assert!(!ids(&before).contains(&old.as_str()), "{before:?}");
    let mut nonsense = anyhook.api.stream("", &[("last-event-id", "nonsense")]).await;
    assert_eq!(nonsense.next().await.unwrap().name, "reset");
    anyhook.stop().await;
}

#[tokio::test]
async fn whoever_missed_too_much_is_told_to_load_the_list() {
    let anyhook = Harness::new().start().await;
    let first = anyhook.api.stream("", &[]).await;
    let mut last = String::new();
    for n in 0..201 {
        last = anyhook.send(&n.to_string()).await;
    }
    anyhook.event_with_status(&last, "success").await;
    let mut stream = anyhook.api.stream("", &[("last-event-id", &first.last_id)]).await;
    assert_eq!(stream.next().await.unwrap().name, "reset");
    anyhook.stop().await;
}

#[tokio::test]
async fn a_stream_ends_with_its_session() {
    let anyhook = Harness::new().start().await;
    let login = json!({ "email": "owner@example.com", "password": "correct horse battery" });
    let signed_in = anyhook.api.post("/api/v1/login", login).await;
    let cookie = signed_in.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let nobody = anyhook.api.with_key(None);
    assert_eq!(nobody.get("/api/v1/events/stream").await.expect_refusal(401), "unauthenticated");
    let mut stream = nobody.stream("", &[("cookie", &cookie)]).await;
    anyhook.advance(31);
    let id = anyhook.send("one").await;
    stream.until(&id, "success").await;
    let origin = anyhook.dashboard_url.as_str();
    let headers = [("cookie", cookie.as_str()), ("origin", origin)];
    let out = anyhook.api.request(Method::POST, &format!("{origin}/api/v1/logout"), &headers, b"").await;
    out.expect(200);
    anyhook.advance(31);
    assert_eq!(stream.next().await, None);
    anyhook.stop().await;
}

#[tokio::test]
async fn a_tenant_has_so_many_streams_and_no_more() {
    let anyhook = Harness::new().start().await;
    let mut streams = Vec::new();
    for _ in 0..50 {
        streams.push(anyhook.api.stream("", &[]).await);
    }
    assert_eq!(anyhook.api.get("/api/v1/events/stream").await.expect_refusal(429), "too_many_streams");
    let key = stranger(&anyhook).await;
    assert_eq!(anyhook.api.with_key(Some(&key)).stream("", &[]).await.status, 200);
    drop(streams);
    while anyhook.api.stream("", &[]).await.status != 200 {
        tokio::task::yield_now().await;
    }
    anyhook.stop().await;
}

#[tokio::test]
async fn streams_end_when_the_process_does() {
    let mut anyhook = Harness::new().start().await;
    let mut stream = anyhook.api.stream("", &[]).await;
    let began = tokio::time::Instant::now();
    anyhook.end().await;
    assert_eq!(stream.next().await, None);
    assert!(began.elapsed().as_secs() < 5, "connections are drained for ten seconds");
    anyhook.close().await;
}
