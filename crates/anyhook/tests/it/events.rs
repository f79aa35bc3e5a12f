//! Finding events, reading what they held, and forgetting it.

use http::Method;
use serde_json::{Value, json};

use crate::{
    client::Reply,
    handler::Say,
    harness::{Harness, Running, START, sign_up},
};

pub(crate) async fn stranger(anyhook: &Running) -> String {
    let signed_up = anyhook.api.post("/api/v1/signup", sign_up("other@example.com", "Other")).await.expect(201);
    signed_up["apiKey"].as_str().unwrap().to_owned()
}

/// The ids that a list answers with.
async fn listed(anyhook: &Running, query: &str) -> Vec<String> {
    let answer = anyhook.api.get(&format!("/api/v1/events?{query}")).await.expect(200);
    assert!(answer.get("nextCursor").is_none(), "{answer}");
    let events = answer["events"].as_array().unwrap().iter();
    events.map(|event| event["id"].as_str().unwrap().to_owned()).collect()
}

async fn send_to(anyhook: &Running, path: &str, headers: &[(&str, &str)], body: &[u8]) -> String {
    let url = format!("{}{path}", anyhook.inbound_url);
    let reply = anyhook.api.request(Method::POST, &url, headers, body).await;
    reply.expect(200)["id"].as_str().unwrap().to_owned()
}

async fn events_are_found(anyhook: Running) {
    anyhook.handler.script([Say::Status(502)]);
    let failing = send_to(&anyhook, "/orders/77", &[], b"{}").await;
    anyhook.event_with_status(&failing, "retrying").await;
    anyhook.advance(2);
    let stripe = json!({ "name": "Shop", "source": "stripe" });
    let shop = anyhook.api.post("/api/v1/apps", stripe).await.expect(201);
    let charge = br#"{"id":"evt_1NG8Du2e","object":"event","type":"charge.failed","api_version":"2024-06-20"}"#;
    let reply = anyhook.api.request(Method::POST, shop["inboundUrl"].as_str().unwrap(), &[], charge).await;
    let charge = reply.expect(200)["id"].as_str().unwrap().to_owned();
    let middle = START.unix_seconds() + 1;
    let iso = anyhook_domain::Timestamp::from_unix_seconds(middle).to_string();
    for (query, expected) in [
        ("source=stripe".to_owned(), vec![&charge]),
        ("event_type=charge.*".to_owned(), vec![&charge]),
        ("event_type=charge.failed&app_slug=shop".to_owned(), vec![&charge]),
        ("event_type=charge".to_owned(), vec![]),
        ("provider_id=evt_1NG8Du2e".to_owned(), vec![&charge]),
        ("outbound_status=502".to_owned(), vec![&failing]),
        ("outboundStatus=502&status=retrying".to_owned(), vec![&failing]),
        ("q=ORDERS%2F77".to_owned(), vec![&failing]),
        (format!("q={failing}"), vec![&failing]),
        (format!("since={middle}"), vec![&charge]),
        (format!("until={iso}"), vec![&failing]),
        (format!("since={}&limit=200", START.unix_seconds()), vec![&charge, &failing]),
    ] {
        assert_eq!(listed(&anyhook, &query).await.iter().collect::<Vec<_>>(), expected, "{query}");
    }
    for field in
        ["since=x", "until=2025-06", "source=nobody", "outbound_status=7", "status=done", "limit=0", "cursor=x"]
    {
        let body = anyhook.api.get(&format!("/api/v1/events?{field}")).await.expect(400);
        assert_eq!((&body["code"], body["field"].as_str()), (&json!("invalid_field"), field.split('=').next()));
    }
    anyhook.advance(60);
    anyhook.event_with_status(&failing, "success").await;
    anyhook.stop().await;
}

#[tokio::test]
async fn events_are_found_on_sqlite() {
    events_are_found(Harness::new().start().await).await;
}

#[tokio::test]
async fn events_are_found_on_postgres() {
    if let Some(anyhook) = Harness::new().start_on_postgres().await {
        events_are_found(anyhook).await;
    }
}

fn header<'a>(reply: &'a Reply, name: &str) -> &'a str {
    reply.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_body_is_saved_as_it_came_and_runs_nowhere() {
    let anyhook = Harness::new().start().await;
    let body = b"<script>alert(1)</script>\xff\x00";
    let id = send_to(&anyhook, "", &[("content-type", "text/html")], body).await;
    let reply = anyhook.api.get(&format!("/api/v1/events/{id}/body")).await;
    assert_eq!((reply.status, &reply.body[..]), (200, &body[..]));
    assert_eq!(header(&reply, "content-type"), "text/html");
    assert_eq!(header(&reply, "content-disposition"), format!("attachment; filename=\"{id}\""));
    assert_eq!(header(&reply, "x-content-type-options"), "nosniff");
    assert!(header(&reply, "content-security-policy").starts_with("sandbox;"));
    assert_eq!(header(&reply, "cache-control"), "no-store");
    let key = stranger(&anyhook).await;
    let foreign = anyhook.api.with_key(Some(&key)).get(&format!("/api/v1/events/{id}/body")).await;
    assert_eq!(foreign.expect_refusal(404), "not_found");
    let tenant = tenant_of(&anyhook, &id).await;
    let audited = anyhook.store.audited(tenant, 100).await.unwrap();
    let opened = audited.iter().filter(|entry| entry.action == "event.opened" && entry.subject == id);
    assert_eq!(opened.count(), 1);
    anyhook.event_with_status(&id, "success").await;
    anyhook.stop().await;
}

async fn tenant_of(anyhook: &Running, event: &str) -> anyhook_domain::TenantId {
    anyhook.store.content(event.parse().unwrap()).await.unwrap().unwrap().tenant_id
}

async fn a_forgotten_event_is_gone_but_for_the_fact(anyhook: Running) {
    anyhook.handler.script([Say::Status(500)]);
    let id = anyhook.send("very private").await;
    anyhook.event_with_status(&id, "retrying").await;
    let tenant = tenant_of(&anyhook, &id).await;
    let path = format!("/api/v1/events/{id}/forget");
    let key = stranger(&anyhook).await;
    let foreign = anyhook.api.with_key(Some(&key)).call(Method::POST, &path, b"").await;
    assert_eq!(foreign.expect_refusal(404), "not_found");
    let done = anyhook.api.call(Method::POST, &path, b"").await.expect(200);
    assert_eq!(done, json!({ "forgotten": true, "id": id, "alreadyForgotten": false, "deliveriesEnded": 1 }));
    let event = anyhook.event(&id).await;
    assert_eq!((&event["status"], &event["isForgotten"]), (&json!("failed"), &json!(true)));
    assert_eq!((&event["body"], &event["headers"]), (&Value::Null, &json!([])));
    let attempts = event["deliveries"][0]["attempts"].as_array().unwrap();
    assert_eq!(
        (attempts.len(), &attempts[0]["answer"], &attempts[1]["outcome"]),
        (2, &Value::Null, &json!("not_sent"))
    );
    assert!(attempts[1]["error"].as_str().unwrap().contains("forgotten"));
    let again = anyhook.api.call(Method::POST, &path, b"").await.expect(200);
    assert_eq!(again["alreadyForgotten"], true);
    let replay = anyhook.api.call(Method::POST, &format!("/api/v1/events/{id}/replay"), b"").await;
    assert_eq!(replay.expect_refusal(409), "event_forgotten");
    let body = anyhook.api.get(&format!("/api/v1/events/{id}/body")).await;
    assert_eq!(body.expect_refusal(410), "event_forgotten");
    anyhook.advance(24 * 3600);
    anyhook.handler.seen_until(1).await;
    let audited = anyhook.store.audited(tenant, 100).await.unwrap();
    assert_eq!(audited.iter().filter(|entry| entry.action == "event.forgotten" && entry.subject == id).count(), 1);
    anyhook.stop().await;
}

#[tokio::test]
async fn a_forgotten_event_is_gone_but_for_the_fact_on_sqlite() {
    a_forgotten_event_is_gone_but_for_the_fact(Harness::new().start().await).await;
}

#[tokio::test]
async fn a_forgotten_event_is_gone_but_for_the_fact_on_postgres() {
    if let Some(anyhook) = Harness::new().start_on_postgres().await {
        a_forgotten_event_is_gone_but_for_the_fact(anyhook).await;
    }
}

fn lines(reply: &Reply) -> Vec<Value> {
    assert_eq!((reply.status, header(reply, "content-type")), (200, "application/x-ndjson"));
    let text = std::str::from_utf8(&reply.body).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn all_events_are_exported_a_line_each() {
    let anyhook = Harness::new().start().await;
    let mut sent = Vec::new();
    for n in 0..230 {
        sent.push(anyhook.send(&format!("body {n}")).await);
    }
    anyhook.event_with_status(&sent[0], "success").await;
    sent.sort();
    sent.reverse();
    let export = anyhook.api.get("/api/v1/events/export").await;
    let exported = lines(&export);
    assert_eq!(exported.iter().map(|line| line["id"].as_str().unwrap()).collect::<Vec<_>>(), sent);
    assert!(exported[0].get("body").is_none() && exported[0]["appSlug"].is_string());
    let forgotten = &sent[3];
    anyhook.api.call(Method::POST, &format!("/api/v1/events/{forgotten}/forget"), b"").await.expect(200);
    let export = anyhook.api.get("/api/v1/events/export?content=true&status=success").await;
    let exported = lines(&export);
    let of = |id: &String| exported.iter().find(|line| line["id"] == **id).unwrap();
    assert!(of(&sent[0])["body"].as_str().unwrap().starts_with("body "));
    assert_eq!((&of(&sent[0])["method"], &of(&sent[0])["bodyEncoding"]), (&json!("POST"), &json!("utf8")));
    if let Some(line) = exported.iter().find(|line| line["id"] == **forgotten) {
        assert_eq!(line["body"], Value::Null);
    }
    let wrong = anyhook.api.get("/api/v1/events/export?content=yes").await.expect(400);
    assert_eq!(wrong["field"], "content");
    let key = stranger(&anyhook).await;
    let foreign = anyhook.api.with_key(Some(&key)).get("/api/v1/events/export?content=true").await;
    assert!(lines(&foreign).is_empty());
    anyhook.stop().await;
}

#[tokio::test]
async fn a_limited_key_finds_its_own_apps_events() {
    let anyhook = Harness::new().start().await;
    let own = anyhook.send("own").await;
    let other = anyhook.api.post("/api/v1/apps", json!({ "name": "Other", "source": "generic" })).await.expect(201);
    let reply = anyhook.api.request(Method::POST, other["inboundUrl"].as_str().unwrap(), &[], b"other").await;
    let other = reply.expect(200)["id"].as_str().unwrap().to_owned();
    let slug = &anyhook.app["slug"];
    let key = json!({ "name": "Limited", "scope": "admin", "apps": [slug] });
    let key = anyhook.api.post("/api/v1/api-keys", key).await.expect(201);
    let limited = anyhook.api.with_key(Some(key["key"].as_str().unwrap()));
    for query in ["", "?q=evt_", &format!("?q={other}"), "?since=0"] {
        let list = limited.get(&format!("/api/v1/events{query}")).await.expect(200);
        let ids: Vec<_> =
            list["events"].as_array().unwrap().iter().map(|event| event["id"].as_str().unwrap()).collect();
        assert_eq!(ids, if query.ends_with(&other) { vec![] } else { vec![own.as_str()] }, "{query}");
    }
    let exported = lines(&limited.get("/api/v1/events/export?content=true").await);
    assert_eq!((exported.len(), &exported[0]["body"]), (1, &json!("own")));
    assert_eq!(limited.get(&format!("/api/v1/events/{other}/body")).await.expect_refusal(404), "not_found");
    let forget = limited.call(Method::POST, &format!("/api/v1/events/{other}/forget"), b"").await;
    assert_eq!(forget.expect_refusal(404), "not_found");
    let replay = limited.post("/api/v1/replays", json!({ "filter": { "since": 0 } })).await;
    assert_eq!(replay.expect_refusal(403), "forbidden");
    anyhook.event_with_status(&own, "success").await;
    anyhook.stop().await;
}
