//! A secret that was pasted wrongly loses nothing: what it turned away is verified again, and delivered.

use anyhook_domain::{
    secret::Secret,
    source::{Mock, SOURCES, Source, Wanted},
};
use http::Method;
use serde_json::{Value, json};

use crate::{
    client::Reply,
    harness::{Harness, PROVIDER_SECRET, Running},
};

const WRONG_SECRET: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const FORGED: &str = "signed with another secret, or changed on its way";
const DAY_SECONDS: u64 = 24 * 60 * 60;

async fn with_wrong_secret() -> Running {
    let running = Harness::new().app("replicate").start().await;
    set_secret(&running, WRONG_SECRET).await;
    running
}

async fn set_secret(running: &Running, secret: &str) {
    running.api.patch(&running.app_path(), json!({ "secret": secret })).await.expect(200);
}

/// Ids of one millisecond have no order.
async fn turned_away(running: &Running, message_id: &str, body: &str) {
    running.send_prediction(message_id, body).await.expect_refusal(401);
    running.advance(1);
}

async fn reverify(running: &Running) -> Value {
    running.api.call(Method::POST, &format!("{}/reverify", running.app_path()), b"").await.expect(200)
}

fn counts(done: &Value) -> [u64; 4] {
    ["checked", "released", "duplicates", "rejected"].map(|name| done[name].as_u64().unwrap())
}

/// Newest first.
async fn ids(running: &Running) -> Vec<String> {
    let listed = running.api.get("/api/v1/events").await.expect(200);
    let events = listed["events"].as_array().unwrap().iter();
    events.map(|event| event["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn what_a_wrong_secret_turned_away_is_delivered_once() {
    let running = with_wrong_secret().await;
    turned_away(&running, "msg_1", r#"{"status":"succeeded"}"#).await;
    turned_away(&running, "msg_2", r#"{"status":"failed"}"#).await;
    let done = reverify(&running).await;
    assert_eq!((counts(&done), &done["reasons"]), ([2, 0, 0, 2], &json!({ FORGED: 2 })));

    // Their timestamps are two days old by now.
    running.advance(2 * DAY_SECONDS);
    set_secret(&running, PROVIDER_SECRET).await;
    assert_eq!(counts(&reverify(&running).await), [2, 2, 0, 0]);
    for id in ids(&running).await {
        let event = running.event_with_status(&id, "success").await;
        assert_eq!((&event["signatureValid"], &event["rejectionReason"]), (&json!(true), &Value::Null));
        assert!(event["eventType"].as_str().unwrap().starts_with("prediction."), "{event}");
    }
    let seen = running.handler.seen_until(2).await;
    assert_eq!(seen[0].header("anyhook-source-verified"), "true");
    assert_eq!(counts(&reverify(&running).await), [0; 4]);
    running.stop().await;
}

#[tokio::test]
async fn what_was_forged_stays_rejected() {
    let running = with_wrong_secret().await;
    let mut signed = running.signed("msg_1", "{}");
    signed[3].1 = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".into();
    let forged: Vec<_> = signed.iter().map(|(name, value)| (*name, value.as_str())).collect();
    running.api.request(Method::POST, &running.inbound_url, &forged, b"{}").await.expect_refusal(401);
    running.advance(1);
    // Too old when it came: it is no younger now.
    let old = running.signed("msg_2", "{}");
    running.advance(600);
    let old: Vec<_> = old.iter().map(|(name, value)| (*name, value.as_str())).collect();
    running.api.request(Method::POST, &running.inbound_url, &old, b"{}").await.expect_refusal(401);
    set_secret(&running, PROVIDER_SECRET).await;
    let done = reverify(&running).await;
    assert_eq!(counts(&done), [2, 0, 0, 2]);
    assert_eq!(done["reasons"][FORGED], 1, "{done}");
    assert_eq!(counts(&reverify(&running).await), [2, 0, 0, 2], "they may be asked about again");
    for id in ids(&running).await {
        assert_eq!(running.event(&id).await["status"], "rejected");
    }
    running.stop().await;
}

#[tokio::test]
async fn what_the_provider_sent_again_meanwhile_is_delivered_once() {
    let running = with_wrong_secret().await;
    turned_away(&running, "msg_1", "{}").await;
    turned_away(&running, "msg_1", "{}").await;
    turned_away(&running, "msg_2", "{}").await;
    turned_away(&running, "msg_2", "{}").await;
    set_secret(&running, PROVIDER_SECRET).await;
    let accepted = running.send_prediction("msg_1", "{}").await.expect(200);
    running.event_with_status(accepted["id"].as_str().unwrap(), "success").await;
    assert_eq!(counts(&reverify(&running).await), [4, 1, 3, 0]);
    let ids = ids(&running).await;
    running.event_with_status(&ids[2], "success").await;
    for (repeat, first) in [(1, 2), (3, 0), (4, 0)] {
        let event = running.event(&ids[repeat]).await;
        assert_eq!(event["rejectionReason"], format!("the same event as {}", ids[first]), "{event}");
    }
    assert_eq!(counts(&reverify(&running).await), [0; 4]);
    // Its next try is known, too.
    let again = running.send_prediction("msg_2", "{}").await.expect(200);
    assert_eq!(again["id"].as_str(), Some(ids[2].as_str()));
    running.handler.seen_until(2).await;
    running.stop().await;
}

#[tokio::test]
async fn without_a_secret_all_are_released_unverified() {
    let running = with_wrong_secret().await;
    turned_away(&running, "msg_1", "{}").await;
    running.api.patch(&running.app_path(), json!({ "secret": null })).await.expect(200);
    assert_eq!(counts(&reverify(&running).await), [1, 1, 0, 0]);
    let seen = running.handler.seen_until(1).await;
    assert_eq!(seen[0].header("anyhook-source-verified"), "none");
    running.stop().await;
}

#[tokio::test]
async fn what_only_looks_like_a_providers_is_released_unverified() {
    let running = with_wrong_secret().await;
    let body = r#"{"status":"succeeded","urls":{"get":"https://api.replicate.com/v1/predictions/1"}}"#;
    turned_away(&running, "msg_1", body).await;
    running.api.patch(&running.app_path(), json!({ "source": "auto", "secret": null })).await.expect(200);
    assert_eq!(counts(&reverify(&running).await), [1, 1, 0, 0]);
    let event = running.event_with_status(&ids(&running).await[0], "success").await;
    assert_eq!((&event["source"], &event["signatureValid"]), (&json!("replicate"), &Value::Null));
    assert_eq!(event["eventType"], "prediction.succeeded");
    running.stop().await;
}

#[tokio::test]
async fn while_paused_or_over_the_plan_they_are_held() {
    let running = Harness::new().app("replicate").events_per_month(1).start().await;
    set_secret(&running, WRONG_SECRET).await;
    turned_away(&running, "msg_1", "{}").await;
    turned_away(&running, "msg_2", "{}").await;
    running.api.patch(&running.app_path(), json!({ "secret": PROVIDER_SECRET, "is_paused": true })).await.expect(200);
    assert_eq!(counts(&reverify(&running).await), [2, 2, 0, 0]);
    let mut reasons = Vec::new();
    for id in ids(&running).await {
        let event = running.event(&id).await;
        assert_eq!(event["status"], "held");
        reasons.push(event["deliveries"][0]["heldReason"].as_str().unwrap().to_owned());
    }
    assert_eq!(reasons, ["over_quota", "app_paused"]);
    running.api.patch(&running.app_path(), json!({ "is_paused": false })).await.expect(200);
    running.handler.seen_until(1).await;
    running.stop().await;
}

#[tokio::test]
async fn it_is_the_tenants_own_business() {
    let running = with_wrong_secret().await;
    turned_away(&running, "msg_1", "{}").await;
    let stranger = crate::harness::sign_up("stranger@example.com", "Strange");
    let stranger = running.api.with_key(None).post("/api/v1/signup", stranger).await.expect(201);
    let stranger = running.api.with_key(stranger["apiKey"].as_str());
    let path = format!("{}/reverify", running.app_path());
    assert_eq!(stranger.call(Method::POST, &path, b"").await.expect_refusal(404), "not_found");
    running.stop().await;
}

/// An example of a source, signed with a secret of its own.
fn example(source: &Source, url: &str, running: &Running, salt: u8) -> Mock {
    let wanted = Wanted {
        url: url.to_owned(),
        secret: None,
        options: serde_json::Map::new(),
        body: None,
        now: running.clock.now(),
        entropy: [salt; 32],
    };
    source.mock(wanted).unwrap()
}

async fn send(running: &Running, mock: &Mock) -> Reply {
    let headers: Vec<_> = mock.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    running.api.request(mock.method.parse().unwrap(), &mock.url, &headers, &mock.body).await
}

fn text(secret: Option<&Secret>) -> Option<&str> {
    secret.map(Secret::expose)
}

/// Some sign the URL that they called, which is not stored, and which leads to the app by a former slug by now.
#[tokio::test]
async fn every_sources_events_are_verified_again() {
    let running = Harness::new().start().await;
    let mut n_sources = 0;
    for source in SOURCES {
        let wrong = example(source, "https://in.example/", &running, 1);
        // What is published, or not signed at all, has no secret to paste.
        if wrong.secret.is_none() || wrong.resources.iter().next().is_some() {
            continue;
        }
        let app = json!({
            "name": source.name, "slug": format!("from-{}", source.slug), "source": source.slug,
            "secret": text(wrong.secret.as_ref()), "source_config": wrong.options,
            "destinations": [{ "url": running.handler.url("/hook") }],
        });
        let app = running.api.post("/api/v1/apps", app).await.expect(201);
        let mock = example(source, app["inboundUrl"].as_str().unwrap(), &running, 2);
        let refused = send(&running, &mock).await;
        assert_eq!(refused.status, 401, "{}", source.slug);
        let path = format!("/api/v1/apps/from-{}", source.slug);
        let change = json!({ "slug": format!("now-{}", source.slug), "secret": text(mock.secret.as_ref()) });
        running.api.patch(&path, change).await.expect(200);
        running.advance(600);
        let done = running.api.call(Method::POST, &format!("{path}/reverify"), b"").await.expect(200);
        assert_eq!(counts(&done), [1, 1, 0, 0], "{}: {done}", source.slug);
        let event = running.event_with_status(&ids(&running).await[0], "success").await;
        assert_eq!(event["signatureValid"], true, "{}", source.slug);
        n_sources += 1;
    }
    assert!(n_sources >= 3);
    running.handler.seen_until(n_sources).await;
    running.stop().await;
}
