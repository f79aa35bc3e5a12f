//! Events are found by values inside them.

use http::Method;
use serde_json::{Value, json};

use crate::{
    events::stranger,
    harness::{Harness, PROVIDER_SECRET, Running},
};

const CUSTOMER: &str = "/data/object/customer";

fn body(customer: &str, live: bool) -> String {
    json!({ "data": { "object": { "customer": customer, "amount": 12.50 } }, "livemode": live }).to_string()
}

async fn index(anyhook: &Running, fields: Value) {
    anyhook.api.patch(&anyhook.app_path(), json!({ "indexed_fields": fields })).await.expect(200);
}

/// The ids of a list, newest first, whose query is this one.
async fn found(anyhook: &Running, query: &str) -> Vec<String> {
    let slug = anyhook.app["slug"].as_str().unwrap();
    let list = anyhook.api.get(&format!("/api/v1/events?app_slug={slug}&{query}")).await.expect(200);
    let events = list["events"].as_array().unwrap().iter();
    events.map(|event| event["id"].as_str().unwrap().to_owned()).collect()
}

async fn delivered(anyhook: &Running, body: &str) -> String {
    let id = anyhook.send(body).await;
    anyhook.event_with_status(&id, "success").await;
    anyhook.advance(1);
    id
}

async fn events_are_found_by_what_they_hold(anyhook: Running) {
    let before = delivered(&anyhook, &body("cus_1", true)).await;
    index(&anyhook, json!([CUSTOMER, "/livemode", "/data/object/amount"])).await;
    let app = anyhook.api.get(&anyhook.app_path()).await.expect(200);
    assert_eq!(app["indexed_fields"], json!([CUSTOMER, "/livemode", "/data/object/amount"]));
    let mut ids = Vec::new();
    for (customer, live) in [("cus_1", true), ("cus_2", true), ("cus_1", false)] {
        ids.push(delivered(&anyhook, &body(customer, live)).await);
    }
    delivered(&anyhook, "no JSON at all").await;
    for (query, expected) in [
        (format!("field={CUSTOMER}:cus_1"), &[2, 0][..]),
        (format!("field={CUSTOMER}:cus_2"), &[1]),
        (format!("field={CUSTOMER}:cus"), &[]),
        (format!("field={CUSTOMER}:cus_1&field=/livemode:false"), &[2]),
        ("field=/data/object/amount:12.5".into(), &[2, 1, 0]),
        (format!("field={CUSTOMER}:cus_1&status=failed"), &[]),
        (format!("field={CUSTOMER}:cus_1&limit=200&event_type=x"), &[]),
    ] {
        let expected: Vec<_> = expected.iter().map(|n: &usize| ids[*n].clone()).collect();
        assert_eq!(found(&anyhook, &query).await, expected, "{query}");
    }
    assert!(!found(&anyhook, &format!("field={CUSTOMER}:cus_1")).await.contains(&before));
    forgotten_events_are_not_found(&anyhook, &ids).await;
    nobody_else_finds_them(&anyhook).await;
    anyhook.stop().await;
}

async fn forgotten_events_are_not_found(anyhook: &Running, ids: &[String]) {
    anyhook.api.call(Method::POST, &format!("/api/v1/events/{}/forget", ids[2]), b"").await.expect(200);
    assert_eq!(found(anyhook, &format!("field={CUSTOMER}:cus_1")).await, ids[..1]);
}

/// The same app of another tenant, with the same field and value.
async fn nobody_else_finds_them(anyhook: &Running) {
    let key = stranger(anyhook).await;
    let other = anyhook.api.with_key(Some(&key));
    let slug = anyhook.app["slug"].as_str().unwrap();
    let app = json!({ "name": "Other", "slug": slug, "source": "generic", "indexed_fields": [CUSTOMER] });
    other.post("/api/v1/apps", app).await.expect(201);
    let list = other.get(&format!("/api/v1/events?app_slug={slug}&field={CUSTOMER}:cus_1")).await.expect(200);
    assert_eq!(list, json!({ "events": [] }));
}

#[tokio::test]
async fn events_are_found_by_what_they_hold_on_sqlite() {
    events_are_found_by_what_they_hold(Harness::new().start().await).await;
}

#[tokio::test]
async fn events_are_found_by_what_they_hold_on_postgres() {
    if let Some(anyhook) = Harness::new().start_on_postgres().await {
        events_are_found_by_what_they_hold(anyhook).await;
    }
}

#[tokio::test]
async fn wrong_fields_are_named() {
    let anyhook = Harness::new().start().await;
    index(&anyhook, json!([CUSTOMER])).await;
    let slug = anyhook.app["slug"].as_str().unwrap();
    for query in [
        format!("field={CUSTOMER}:cus_1"),
        format!("app_slug={slug}&field=/other:cus_1"),
        format!("app_slug={slug}&field={CUSTOMER}"),
        format!("app_slug={slug}&field={0}:1&field={0}:2&field={0}:3&field={0}:4", CUSTOMER),
        format!("app_slug={slug}&field={CUSTOMER}:{}", "x".repeat(2_000)),
    ] {
        let refused = anyhook.api.get(&format!("/api/v1/events?{query}")).await.expect(400);
        assert_eq!(refused["field"], "field", "{query}");
    }
    for (fields, field) in [(json!(["data"]), "indexed_fields[0]"), (json!(vec!["/a"; 9]), "indexed_fields")] {
        let refused = anyhook.api.patch(&anyhook.app_path(), json!({ "indexed_fields": fields })).await.expect(400);
        assert_eq!(refused["field"], field);
    }
    anyhook.stop().await;
}

#[tokio::test]
async fn exports_and_replays_take_fields_and_keep_no_values() {
    let anyhook = Harness::new().start().await;
    index(&anyhook, json!([CUSTOMER])).await;
    let wanted = delivered(&anyhook, &body("cus_1", true)).await;
    delivered(&anyhook, &body("cus_2", true)).await;
    let slug = anyhook.app["slug"].as_str().unwrap();
    let path = format!("/api/v1/events/export?app_slug={slug}&field={CUSTOMER}:cus_1");
    let lines = anyhook.api.get(&path).await;
    let text = String::from_utf8(lines.body.to_vec()).unwrap();
    assert!(text.lines().count() == 1 && text.contains(&wanted), "{text}");
    let filter = json!({ "app_slug": slug, "field": [format!("{CUSTOMER}:cus_1")] });
    let body = json!({ "filter": filter }).to_string();
    let key = [("idempotency-key", "by-field")];
    let begun = anyhook.api.call_with(Method::POST, "/api/v1/replays", &key, body.as_bytes()).await.expect(202);
    assert_eq!((&begun["total"], &begun["filter"]["field"]), (&json!(1), &json!([format!("{CUSTOMER}:[not kept]")])));
    let again = anyhook.api.call_with(Method::POST, "/api/v1/replays", &key, body.as_bytes()).await.expect(202);
    assert_eq!(again, begun);
    let other = body.replace("cus_1", "cus_2");
    let refused = anyhook.api.call_with(Method::POST, "/api/v1/replays", &key, other.as_bytes()).await;
    assert_eq!(refused.expect_refusal(422), "idempotency_key_reused");
    anyhook.advance(2);
    let seen = anyhook.handler.seen_until(3).await;
    assert_eq!(seen[2].header("anyhook-event-id"), wanted);
    let path = format!("/api/v1/replays/{}", begun["id"].as_str().unwrap());
    assert!(!anyhook.api.get(&path).await.expect(200).to_string().contains("cus_1"));
    anyhook.event_with_status(&wanted, "success").await;
    anyhook.stop().await;
}

#[tokio::test]
async fn rejected_events_are_found_once_they_are_released() {
    let anyhook = Harness::new().app("replicate").start().await;
    let wrong =
        json!({ "secret": "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "indexed_fields": ["/status"] });
    anyhook.api.patch(&anyhook.app_path(), wrong).await.expect(200);
    anyhook.send_prediction("msg_1", r#"{"status":"succeeded"}"#).await.expect_refusal(401);
    assert!(found(&anyhook, "field=/status:succeeded").await.is_empty());
    anyhook.api.patch(&anyhook.app_path(), json!({ "secret": PROVIDER_SECRET })).await.expect(200);
    anyhook.api.call(Method::POST, &format!("{}/reverify", anyhook.app_path()), b"").await.expect(200);
    let ids = found(&anyhook, "field=/status:succeeded").await;
    assert_eq!(ids.len(), 1);
    anyhook.event_with_status(&ids[0], "success").await;
    anyhook.stop().await;
}
