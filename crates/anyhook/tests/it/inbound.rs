//! What providers are answered.

use http::Method;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::harness::{Harness, Running};

async fn post(running: &Running, url: &str, headers: &[(&str, &str)], body: &[u8]) -> crate::client::Reply {
    running.api.request(Method::POST, url, headers, body).await
}

#[tokio::test]
async fn unknown_urls_are_not_found() {
    let running = Harness::new().start().await;
    for path in [
        "/",
        "/acme",
        "/acme/nobody",
        "/nobody/my-app",
        "/Acme/my-app",
        "/acme/my%2Dapp",
        "//acme/my-app",
        "/acme/my-app/../x",
        "/acme/my-app/%2e%2E/x",
    ] {
        let reply = post(&running, &format!("{}{path}", running.ingress_url), &[], b"{}").await;
        assert_eq!(reply.expect_refusal(404), "unknown_url", "{path}");
    }
    let reply = running.api.request(Method::GET, &running.inbound_url, &[], b"").await;
    assert_eq!(reply.headers["allow"], "POST, PUT, PATCH, DELETE");
    assert_eq!(reply.expect_refusal(405), "method_not_allowed");
    running.stop().await;
}

#[tokio::test]
async fn a_request_that_is_not_the_providers_is_turned_away_and_kept() {
    let running = Harness::new().app("replicate").start().await;
    let body = r#"{"status":"succeeded"}"#;
    assert_eq!(
        post(&running, &running.inbound_url, &[], body.as_bytes()).await.expect_refusal(401),
        "signature_rejected"
    );
    // Ids of one millisecond have no order.
    running.advance(1);
    let mut signed = running.signed("msg_1", body);
    signed[3].1 = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".into();
    let forged: Vec<_> = signed.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(
        post(&running, &running.inbound_url, &forged, body.as_bytes()).await.expect_refusal(401),
        "signature_rejected"
    );
    // The forged copy of its id does not shut out the real one.
    let real = running.send_prediction("msg_1", body).await.expect(200);
    running.event_with_status(real["id"].as_str().unwrap(), "success").await;

    let rejected = running.api.get("/api/v1/events?status=rejected").await.expect(200);
    let rejected = rejected["events"].as_array().unwrap().clone();
    assert_eq!(rejected.len(), 2);
    assert_eq!(rejected[0]["signatureValid"], false);
    let kept = running.event(rejected[1]["id"].as_str().unwrap()).await;
    assert_eq!(kept["body"], body);
    assert!(kept["rejectionReason"].as_str().unwrap().contains("webhook-id missing"), "{kept}");
    running.handler.seen_until(1).await;
    running.stop().await;
}

#[tokio::test]
async fn an_old_request_is_turned_away() {
    let running = Harness::new().app("replicate").start().await;
    let signed = running.signed("msg_1", "{}");
    running.advance(301);
    let headers: Vec<_> = signed.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let refusal = post(&running, &running.inbound_url, &headers, b"{}").await.expect(401);
    assert!(refusal["error"].as_str().unwrap().contains("timestamp 5 min old"), "{refusal}");
    running.stop().await;
}

const LIMIT: usize = 64 * 1024;

#[tokio::test]
async fn a_body_may_be_as_long_as_the_limit_and_no_longer() {
    let running = Harness::new().start().await;
    let most = vec![b'x'; LIMIT];
    let reply = post(&running, &running.inbound_url, &[], &most).await.expect(200);
    running.event_with_status(reply["id"].as_str().unwrap(), "success").await;
    let more = vec![b'x'; LIMIT + 1];
    assert_eq!(post(&running, &running.inbound_url, &[], &more).await.expect_refusal(413), "body_too_large");
    let seen = running.handler.seen_until(1).await;
    assert_eq!(seen[0].body.len(), LIMIT);
    running.stop().await;
}

/// Writes everything before it reads anything, as simple senders do, and then uses the connection again.
async fn send_raw(running: &Running, framing: &str, body: Vec<u8>) -> (String, String) {
    let path = running.inbound_url.strip_prefix(&running.ingress_url).unwrap();
    let mut stream = TcpStream::connect(running.ingress_url.trim_start_matches("http://")).await.unwrap();
    let head = format!("POST {path} HTTP/1.1\r\nhost: in\r\n{framing}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&body).await.unwrap();
    let first = read_answer(&mut stream).await;
    let again = format!("POST {path} HTTP/1.1\r\nhost: in\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}");
    stream.write_all(again.as_bytes()).await.unwrap();
    (first, read_answer(&mut stream).await)
}

/// One answer with a Content-Length.
async fn read_answer(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut byte = [0; 1];
    while !text.ends_with("\r\n\r\n") {
        assert_eq!(stream.read(&mut byte).await.unwrap(), 1, "the connection ended: {text}");
        text.push(char::from(byte[0]));
    }
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    text + std::str::from_utf8(&body).unwrap()
}

#[tokio::test]
async fn a_sender_that_does_not_read_learns_that_its_body_is_too_long() {
    let running = Harness::new().start().await;
    let n_bytes = 4 * LIMIT;
    let chunk = [format!("{n_bytes:x}\r\n").into_bytes(), vec![b'x'; n_bytes], b"\r\n0\r\n\r\n".to_vec()].concat();
    for (framing, body) in
        [(format!("content-length: {n_bytes}"), vec![b'x'; n_bytes]), ("transfer-encoding: chunked".to_owned(), chunk)]
    {
        let (first, second) = send_raw(&running, &framing, body).await;
        assert!(first.starts_with("HTTP/1.1 413") && first.contains("body_too_large"), "{first}");
        assert!(second.starts_with("HTTP/1.1 200") && second.contains("evt_"), "{second}");
    }
    running.handler.seen_until(2).await;
    running.stop().await;
}

#[tokio::test]
async fn a_chunked_body_arrives_whole() {
    let running = Harness::new().start().await;
    let (first, _) =
        send_raw(&running, "transfer-encoding: chunked", b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n".to_vec()).await;
    assert!(first.starts_with("HTTP/1.1 200"), "{first}");
    let seen = running.handler.seen_until(2).await;
    assert!(seen.iter().any(|seen| &seen.body[..] == b"abcde"));
    running.stop().await;
}

#[tokio::test]
async fn a_repeat_with_another_body_is_kept() {
    let running = Harness::new().app("replicate").start().await;
    let first = running.send_prediction("msg_1", r#"{"status":"starting"}"#).await.expect(200);
    let second = running.send_prediction("msg_1", r#"{"status":"succeeded"}"#).await.expect(200);
    assert_ne!(first["id"], second["id"]);
    for reply in [first, second] {
        running.event_with_status(reply["id"].as_str().unwrap(), "success").await;
    }
    running.handler.seen_until(2).await;
    running.stop().await;
}

#[tokio::test]
async fn a_configured_hmac_is_verified() {
    let running = Harness::new().start().await;
    let app = running.api.post(
        "/api/v1/apps",
        json!({
            "name": "Shop", "source": "hmac", "secret": "top secret",
            "source_config": { "header": "X-Shop-Signature", "algorithm": "sha256", "encoding": "base64" },
        }),
    );
    let app = app.await.expect(201);
    let url = app["inboundUrl"].as_str().unwrap();
    let right = "U31w26jY50MDncA2nVOdWKoLBt/6Q/aD6mjpkaN1f2k=";
    let headers = [("x-shop-signature", right)];
    let reply = post(&running, url, &headers, br#"{"type":"order.paid"}"#).await.expect(200);
    let event = running.event(reply["id"].as_str().unwrap()).await;
    assert_eq!((&event["signatureValid"], &event["eventType"]), (&json!(true), &json!("order.paid")));
    assert_eq!(post(&running, url, &headers, b"{}").await.expect_refusal(401), "signature_rejected");
    running.stop().await;
}

#[tokio::test]
async fn an_event_that_goes_in_circles_is_stopped() {
    let running = Harness::new().start().await;
    let path = format!("{}/destinations", running.app_path());
    running.api.post(&path, json!({ "url": running.inbound_url })).await.expect(201);
    let id = running.send("{}").await;
    running
        .event_until(&id, "settled", |event| {
            event["deliveries"].as_array().unwrap().iter().all(|it| it["state"] == "success")
        })
        .await;
    let events = running.api.get("/api/v1/events").await.expect(200);
    assert_eq!(events["events"].as_array().unwrap().len(), 3, "the first one, and two turns");
    running.handler.seen_until(3).await;
    let reply = post(&running, &running.inbound_url, &[("anyhook-hops", "3")], b"{}").await;
    assert_eq!(reply.headers["webhook-delivery"], "abort-message");
    assert_eq!(reply.expect_refusal(508), "loop");
    running.stop().await;
}
