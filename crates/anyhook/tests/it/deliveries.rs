//! What a handler gets.

use anyhook_domain::sign;
use http::Method;
use serde_json::json;

use crate::{
    handler::{Say, Seen},
    harness::{Harness, Running, START},
};

const PREDICTION: &str =
    r#"{"id":"ufawqhfynnddngldkgtslldrkq","status":"succeeded","output":["https://replicate.delivery/x.png"]}"#;

fn check_signature(running: &Running, seen: &Seen) {
    let expected = sign::anyhook(&[running.signing_secret()], running.clock.now(), &seen.body);
    assert_eq!(seen.header("anyhook-signature"), expected);
}

async fn a_prediction_is_delivered_once(running: Running) {
    let reply = running.send_prediction("msg_1", PREDICTION).await.expect(200);
    let id = reply["id"].as_str().unwrap().to_owned();
    let event = running.event_with_status(&id, "success").await;
    let again = running.send_prediction("msg_1", PREDICTION).await.expect(200);
    assert_eq!(again["id"], id.as_str());

    let seen = running.handler.seen_until(1).await.remove(0);
    assert_eq!((seen.method.as_str(), seen.target.as_str(), &seen.body[..]), ("POST", "/hook", PREDICTION.as_bytes()));
    check_signature(&running, &seen);
    assert_eq!(seen.header("webhook-id"), "msg_1");
    assert_eq!(seen.header("anyhook-event-id"), id);
    assert_eq!(seen.header("idempotency-key"), id);
    assert!(seen.header("anyhook-delivery-id").starts_with("dlv_"));
    assert_eq!((seen.header("anyhook-attempt"), seen.header("anyhook-trigger")), ("1", "initial"));
    assert_eq!(seen.header("anyhook-source-verified"), "true");
    assert_eq!(seen.header("anyhook-received-at"), START.to_string());
    assert_eq!(seen.header("traceparent").len(), 55);

    assert_eq!(event["eventType"], "prediction.succeeded");
    assert_eq!(event["signatureValid"], true);
    assert_eq!(event["deliveryAttempts"], 1);
    assert_eq!(event["outboundStatus"], 200);
    assert_eq!(event["body"], PREDICTION);
    running.stop().await;
}

#[tokio::test]
async fn a_prediction_is_delivered_once_on_sqlite() {
    a_prediction_is_delivered_once(Harness::new().app("replicate").start().await).await;
}

#[tokio::test]
async fn a_prediction_is_delivered_once_on_postgres() {
    if let Some(running) = Harness::new().app("replicate").start_on_postgres().await {
        a_prediction_is_delivered_once(running).await;
    }
}

#[tokio::test]
async fn method_path_query_headers_and_bytes_arrive_as_they_came() {
    let running = Harness::new().start().await;
    let url = format!("{}/a//b%2Fc?customId=123&x=%20&name=O'Brien", running.inbound_url);
    let headers =
        [("content-type", "application/x-odd"), ("x-twice", "1"), ("x-twice", "2"), ("x-forwarded-for", "10.9.9.9")];
    let body = b"\xef\xbb\xbf\xff\xfe{\"not\": \"json\r\n";
    let reply = running.api.request(Method::PUT, &url, &headers, body).await.expect(200);
    let id = reply["id"].as_str().unwrap();
    let event = running.event_with_status(id, "success").await;
    let seen = running.handler.seen_until(1).await.remove(0);
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("PUT", "/hook/a//b%2Fc?customId=123&x=%20&name=O'Brien"));
    assert_eq!(&seen.body[..], body);
    assert_eq!(seen.header("content-type"), "application/x-odd");
    assert_eq!(seen.headers.get_all("x-twice").iter().count(), 2);
    assert!(seen.headers.get("x-forwarded-for").is_none());
    assert_eq!(seen.header("anyhook-source-verified"), "none");
    assert_eq!(event["bodyEncoding"], "base64");
    assert_eq!(event["query"], "customId=123&x=%20&name=O'Brien");
    let shown = event["outboundUrl"].as_str().unwrap();
    assert!(shown.ends_with("/hook/a//b%2Fc"), "the sender's query is not recorded in plain: {shown}");
    running.stop().await;
}

#[tokio::test]
async fn an_event_goes_to_every_destination_with_its_own_secret() {
    let running = Harness::new().start().await;
    let path = format!("{}/destinations", running.app_path());
    let settings = json!({ "url": running.handler.url("/other"), "signature_mode": "standard" });
    let other = running.api.post(&path, settings).await.expect(201);
    let secret = anyhook_domain::secret::Secret::new(other["signing_secret"].as_str().unwrap().to_owned());
    let id = running.send("{}").await;
    running.event_with_status(&id, "success").await;
    let seen = running.handler.seen_until(2).await;
    let standard = seen.iter().find(|seen| seen.target == "/other").unwrap();
    let expected = sign::standard(&[secret], &id, running.clock.now(), b"{}");
    assert_eq!(standard.header("webhook-signature"), expected);
    assert_eq!(standard.header("webhook-id"), id);
    check_signature(&running, seen.iter().find(|seen| seen.target == "/hook").unwrap());
    running.stop().await;
}

#[tokio::test]
async fn an_event_without_destinations_is_logged() {
    let running = Harness::new().start().await;
    let app = running.api.post("/api/v1/apps", json!({ "name": "Silent", "source": "generic" })).await.expect(201);
    let reply = running.api.request(Method::POST, app["inboundUrl"].as_str().unwrap(), &[], b"x").await.expect(200);
    assert_eq!(running.event(reply["id"].as_str().unwrap()).await["status"], "success");
    running.handler.seen_until(0).await;
    running.stop().await;
}

#[tokio::test]
async fn during_a_rotation_both_secrets_sign_and_afterwards_one() {
    let running = Harness::new().start().await;
    let destination = running.app["destinations"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("{}/destinations/{destination}/rotate-secret", running.app_path());
    let rotated = running.api.call(Method::POST, &path, b"").await.expect(200);
    let fresh = anyhook_domain::secret::Secret::new(rotated["signing_secret"].as_str().unwrap().to_owned());
    let both = [fresh.clone(), running.signing_secret()];
    let id = running.send("{}").await;
    running.event_with_status(&id, "success").await;
    let seen = running.handler.seen_until(1).await;
    assert_eq!(seen[0].header("anyhook-signature"), sign::anyhook(&both, running.clock.now(), b"{}"));
    running.advance(24 * 3600);
    let id = running.send("{}").await;
    running.event_with_status(&id, "success").await;
    let seen = running.handler.seen_until(2).await;
    assert_eq!(seen[1].header("anyhook-signature"), sign::anyhook(&[fresh], running.clock.now(), b"{}"));
    running.stop().await;
}

#[tokio::test]
async fn a_replay_is_a_new_delivery_of_the_same_event_signed_now() {
    let running = Harness::new().app("replicate").start().await;
    let reply = running.send_prediction("msg_1", PREDICTION).await.expect(200);
    let id = reply["id"].as_str().unwrap();
    running.event_with_status(id, "success").await;
    running.advance(21 * 24 * 3600);
    let replay = running.api.call(Method::POST, &format!("/api/v1/events/{id}/replay"), b"").await.expect(202);
    assert_eq!(replay["queued"], true);
    let seen = running.handler.seen_until(2).await;
    assert_eq!((seen[1].header("anyhook-event-id"), seen[1].header("anyhook-trigger")), (id, "replay"));
    assert_eq!(seen[1].body, seen[0].body);
    assert_ne!(seen[1].header("anyhook-delivery-id"), seen[0].header("anyhook-delivery-id"));
    check_signature(&running, &seen[1]);
    running.stop().await;
}

#[tokio::test]
async fn failed_events_are_listed_and_replayed_together() {
    let running = Harness::new().destination(json!({ "max_attempts": 1 })).start().await;
    running.handler.script([Say::Status(500), Say::Status(500), Say::Status(200)]);
    let mut failed = Vec::new();
    for body in ["1", "2"] {
        // Ids of one millisecond have no order.
        running.advance(1);
        let id = running.send(body).await;
        running.event_with_status(&id, "failed").await;
        failed.push(id);
    }
    let fine = running.send("3").await;
    running.event_with_status(&fine, "success").await;
    let undelivered = running.api.get(&format!("{}/events/undelivered", running.app_path())).await.expect(200);
    assert_eq!(undelivered["events"].as_array().unwrap().len(), 2);
    let listed = running.api.get("/api/v1/events?status=failed").await.expect(200);
    let listed: Vec<_> = listed["events"].as_array().unwrap().iter().map(|event| event["id"].clone()).collect();
    assert_eq!(listed, [failed[1].as_str(), failed[0].as_str()]);

    let path = format!("{}/replay-failed", running.app_path());
    assert_eq!(running.api.call(Method::POST, &path, b"").await.expect(202)["queued"], 2);
    for id in &failed {
        running.event_with_status(id, "success").await;
    }
    running.handler.seen_until(5).await;
    assert_eq!(running.api.call(Method::POST, &path, b"").await.expect(202)["queued"], 0);
    running.stop().await;
}

#[tokio::test]
async fn events_are_listed_newest_first_page_by_page() {
    let running = Harness::new().start().await;
    let mut ids = Vec::new();
    for n in 0..5 {
        running.advance(1);
        ids.push(running.send(&n.to_string()).await);
    }
    for id in &ids {
        running.event_with_status(id, "success").await;
    }
    ids.reverse();
    let first = running.api.get("/api/v1/events?limit=3&app_slug=my-app").await.expect(200);
    let cursor = first["nextCursor"].as_str().unwrap();
    let second = running.api.get(&format!("/api/v1/events?limit=3&app_slug=my-app&cursor={cursor}")).await.expect(200);
    let pages = [&first, &second].map(|page| page["events"].as_array().unwrap().clone()).concat();
    let listed: Vec<_> = pages.iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(listed, ids);
    assert!(second["nextCursor"].is_null());
    running.stop().await;
}
