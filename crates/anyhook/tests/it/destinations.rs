//! What can be set about a destination, as its handler sees it.

use std::sync::Arc;

use http::Method;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer},
};

use crate::{
    handler::Say,
    harness::{Harness, Running},
};

fn destination_path(running: &Running) -> String {
    format!("{}/destinations/{}", running.app_path(), running.app["destinations"][0]["id"].as_str().unwrap())
}

async fn change(running: &Running, settings: Value) -> Value {
    running.api.patch(&destination_path(running), settings).await.expect(200)
}

/// The field that is to blame for a refusal.
async fn blamed(running: &Running, settings: Value) -> String {
    let refusal = running.api.patch(&destination_path(running), settings).await.expect(400);
    assert!(refusal["error"].as_str().unwrap().len() > 20, "{refusal}");
    refusal["field"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_filter_decides_who_gets_an_event() {
    let running =
        Harness::new().destination(json!({ "filter": { "body": { "amount": { "$gte": 100 } } } })).start().await;
    let second = json!({ "url": running.handler.url("/second"), "filter": { "headers": { "x-kind": "b" } } });
    running.api.post(&format!("{}/destinations", running.app_path()), second).await.expect(201);
    let large = running.send(r#"{"amount":100}"#).await;
    running.event_with_status(&large, "success").await;
    for body in [r#"{"amount":99}"#, "amount=100"] {
        let id = running.send(body).await;
        let event = running.event(&id).await;
        assert_eq!((&event["status"], &event["deliveries"]), (&json!("success"), &json!([])), "{event:#}");
    }
    let headers = [("x-kind", "b")];
    let reply =
        running.api.request(Method::POST, &running.inbound_url, &headers, br#"{"amount":500}"#).await.expect(200);
    let both = running.event_with_status(reply["id"].as_str().unwrap(), "success").await;
    assert_eq!(both["deliveries"].as_array().unwrap().len(), 2);
    running.handler.seen_until(3).await;
    running.stop().await;
}

#[tokio::test]
async fn event_types_are_wanted_by_pattern_and_a_change_is_effective() {
    let running = Harness::new().app("replicate").start().await;
    change(&running, json!({ "event_types": ["prediction.succ*"] })).await;
    let send = async |id: &str, status: &str| {
        let body = format!(r#"{{"id":"p","status":"{status}"}}"#);
        running.send_prediction(id, &body).await.expect(200)["id"].as_str().unwrap().to_owned()
    };
    let (wanted, unwanted) = (send("msg_1", "succeeded").await, send("msg_2", "failed").await);
    running.event_with_status(&wanted, "success").await;
    assert_eq!(running.event(&unwanted).await["deliveries"], json!([]));
    // Only where it is named does an event go to a destination that did not want it.
    let replay = format!("/api/v1/events/{unwanted}/replay");
    assert_eq!(running.api.post(&replay, json!({})).await.expect_refusal(409), "no_destination");
    let all = json!({ "filter": { "app_slug": running.app["slug"] } });
    running.api.post("/api/v1/replays", all).await.expect(202);
    running.advance(2);
    running.event_until(&wanted, "replayed", |event| event["deliveries"].as_array().unwrap().len() == 2).await;
    running.event_with_status(&wanted, "success").await;
    assert_eq!(running.event(&unwanted).await["deliveries"], json!([]));
    let named = json!({ "destination_id": running.app["destinations"][0]["id"] });
    running.api.post(&replay, named).await.expect(202);
    running.event_until(&unwanted, "delivered", |event| event["deliveries"][0]["state"] == "success").await;
    change(&running, json!({ "event_types": null })).await;
    let third = send("msg_3", "failed").await;
    running.event_until(&third, "delivered", |event| event["deliveries"][0]["state"] == "success").await;
    running.handler.seen_until(4).await;
    running.stop().await;
}

#[tokio::test]
async fn rejected_events_are_released_to_those_who_want_them() {
    let running = Harness::new().app("replicate").start().await;
    change(&running, json!({ "filter": { "body": { "n": 1 } } })).await;
    running
        .api
        .patch(&running.app_path(), json!({ "secret": "whsec_c29tZWJvZHkgZWxzZSdzIHNlY3JldCBrZXk=" }))
        .await
        .expect(200);
    for (id, body) in [("msg_1", r#"{"n":1}"#), ("msg_2", r#"{"n":2}"#)] {
        running.send_prediction(id, body).await.expect_refusal(401);
    }
    running.api.patch(&running.app_path(), json!({ "secret": crate::harness::PROVIDER_SECRET })).await.expect(200);
    let done = running.api.call(Method::POST, &format!("{}/reverify", running.app_path()), b"").await.expect(200);
    assert_eq!(done["released"], 2, "{done}");
    let seen = running.handler.seen_until(1).await;
    assert_eq!(&seen[0].body[..], br#"{"n":1}"#);
    running.stop().await;
}

#[tokio::test]
async fn headers_arrive_and_are_never_shown() {
    let headers = json!({ "Authorization": "Bearer 0123456789abcdef", "content-type": "text/x" });
    let running = Harness::new().destination(json!({ "headers": headers })).start().await;
    let hints = json!([{ "name": "authorization", "hint": "…cdef" }, { "name": "content-type", "hint": "…" }]);
    assert_eq!(running.app["destinations"][0]["headers"], hints);
    running.send("{}").await;
    let first = running.handler.seen_until(1).await.remove(0);
    assert_eq!((first.header("authorization"), first.header("content-type")), ("Bearer 0123456789abcdef", "text/x"));
    assert_eq!(first.headers.get_all("content-type").iter().count(), 1);
    // As it was answered, with one more: a value that is left out stays.
    let more = json!([{ "name": "authorization", "hint": "…cdef" }, { "name": "X-More", "value": "1" }]);
    change(&running, json!({ "headers": more })).await;
    running.send("{}").await;
    let second = running.handler.seen_until(2).await.remove(1);
    assert_eq!((second.header("authorization"), second.header("x-more")), ("Bearer 0123456789abcdef", "1"));
    assert_eq!(change(&running, json!({ "headers": null })).await["headers"], json!([]));
    running.send("{}").await;
    assert_eq!(running.handler.seen_until(3).await[2].header("authorization"), "");
    running.stop().await;
}

#[tokio::test]
async fn what_cannot_be_set_is_refused_by_name() {
    let running = Harness::new().start().await;
    for (settings, field) in [
        (json!({ "headers": { "Host": "x" } }), "headers"),
        (json!({ "headers": [{ "name": "x-new" }] }), "headers"),
        (json!({ "headers": { "a": "b\r\nc: d" } }), "headers"),
        (json!({ "filter": { "bodi": 1 } }), "filter"),
        (json!({ "filter": "x" }), "filter"),
        (json!({ "event_types": [""] }), "event_types"),
        (json!({ "retry_policy": { "factor": 0 } }), "retry_policy.factor"),
        (json!({ "retry_policy": {} }), "retry_policy"),
        (json!({ "rate_limit_per_second": 0 }), "rate_limit_per_second"),
        (json!({ "rate_limit_per_second": 1001 }), "rate_limit_per_second"),
        (json!({ "max_concurrency": 0 }), "max_concurrency"),
    ] {
        assert_eq!(blamed(&running, settings.clone()).await, field, "{settings}");
    }
    let app = running.api.get(&running.app_path()).await.expect(200);
    let kept = &app["destinations"][0];
    assert_eq!((&kept["filter"], &kept["headers"], &kept["max_concurrency"]), (&Value::Null, &json!([]), &Value::Null));
    running.stop().await;
}

#[tokio::test]
async fn a_destinations_own_delays_are_kept_to() {
    let policy = json!({ "delays_seconds": [5, 100] });
    let running = Harness::new().destination(json!({ "retry_policy": policy, "max_attempts": 4 })).start().await;
    let shown = &running.app["destinations"][0];
    assert_eq!((&shown["retry_policy"], &shown["retry_delays_seconds"]), (&policy, &json!([5, 100, 100])));
    running.handler.script(vec![Say::Status(500); 2]);
    let id = running.send("{}").await;
    for (n, seconds) in [(1, 4), (2, 99)] {
        running.event_after_attempts(&id, n).await;
        running.advance(seconds);
        assert_eq!(running.event(&id).await["deliveryAttempts"], n, "too early");
        running.advance(30);
    }
    running.event_with_status(&id, "success").await;
    let reset = change(&running, json!({ "retry_policy": null })).await;
    assert_eq!(reset["retry_policy"], json!({ "first_delay_seconds": 20, "factor": 3, "max_delay_seconds": 86400 }));
    assert_eq!(reset["retry_delays_seconds"], json!([20, 60, 180]));
    running.stop().await;
}

#[tokio::test]
async fn no_more_begin_in_a_second_than_may() {
    let running = Harness::new().destination(json!({ "rate_limit_per_second": 3 })).start().await;
    let mut ids = Vec::new();
    for n in 0..8 {
        ids.push(running.send(&n.to_string()).await);
    }
    // The clock stands still: no more than these can come.
    for n in [3, 6] {
        running.handler.seen_until(n).await;
        for id in &ids[..n] {
            running.event_with_status(id, "success").await;
        }
        running.advance(1);
    }
    let seen = running.handler.seen_until(8).await;
    let order: Vec<_> = seen.iter().map(|it| String::from_utf8(it.body.to_vec()).unwrap()).collect();
    assert!(order[..3].iter().all(|it| ["0", "1", "2"].contains(&it.as_str())), "{order:?}");
    for id in &ids {
        assert_eq!(running.event_with_status(id, "success").await["deliveryAttempts"], 1);
    }
    running.stop().await;
}

#[tokio::test]
async fn no_more_run_at_once_than_may() {
    let running = Harness::new().destination(json!({ "max_concurrency": 2 })).start().await;
    running.handler.script(vec![Say::Slowly; 20]);
    let mut ids = Vec::new();
    for n in 0..20 {
        ids.push(running.send(&n.to_string()).await);
    }
    for id in &ids {
        assert_eq!(running.event_with_status(id, "success").await["deliveryAttempts"], 1);
    }
    running.handler.seen_until(20).await;
    assert_eq!(running.handler.most_at_once(), 2);
    running.stop().await;
}

#[tokio::test]
async fn a_test_sends_one_signed_example() {
    let running = Harness::new().app("replicate").destination(json!({ "headers": { "x-own": "1" } })).start().await;
    running.handler.script([Say::With(200, vec![("x-answer", "yes")], "thanks")]);
    let path = format!("{}/test", destination_path(&running));
    let probe = running.api.call(Method::POST, &path, b"").await.expect(200);
    assert_eq!((&probe["ok"], &probe["status"], &probe["responseBody"]), (&json!(true), &json!(200), &json!("thanks")));
    assert_eq!(probe["responseHeaders"]["x-answer"], "yes");
    let seen = running.handler.seen_until(1).await.remove(0);
    assert_eq!((seen.header("anyhook-test"), seen.header("x-own"), seen.method.as_str()), ("true", "1", "POST"));
    assert!(!seen.header("webhook-id").is_empty(), "it is an example of the source");
    let (now, secrets) = (running.clock.now(), [running.signing_secret()]);
    assert_eq!(seen.header("anyhook-signature"), anyhook_domain::sign::anyhook(&secrets, now, &seen.body));
    running.handler.script([Say::Status(500)]);
    let probe = running.api.call(Method::POST, &path, b"").await.expect(200);
    assert_eq!((&probe["ok"], &probe["problem"]["code"]), (&json!(false), &json!("server_error")));
    let events = running.api.get("/api/v1/events").await.expect(200);
    assert_eq!(events["events"], json!([]), "nothing of it is kept");
    running.handler.seen_until(2).await;
    running.stop().await;
}

async fn check(running: &Running, url: &str) -> Value {
    running.api.post("/api/v1/tools/check-url", json!({ "url": url })).await.expect(200)
}

#[tokio::test]
async fn a_check_names_what_is_wrong() {
    let (root, address, server) = expired_https().await;
    let running = Harness::new().trusting(root).start().await;
    running.handler.script([
        Say::Status(200),
        Say::With(308, vec![("location", "https://elsewhere.example/x")], ""),
        Say::Status(404),
        Say::Status(401),
        Say::Status(405),
        Say::Nothing,
    ]);
    let own = format!("{}/check", destination_path(&running));
    assert_eq!(running.api.call(Method::POST, &own, b"").await.expect(200)["ok"], true);
    let url = running.handler.url("/hook");
    let redirect = check(&running, &url).await;
    assert_eq!(redirect["problem"]["location"], "https://elsewhere.example/x");
    let code = async |url: &str| check(&running, url).await["problem"]["code"].as_str().unwrap_or("none").to_owned();
    assert_eq!(code(&url).await, "not_found");
    assert_eq!(code(&url).await, "not_authorized");
    assert_eq!(code(&url).await, "none", "a handler that takes POST only is there");
    assert_eq!(code(&url).await, "slow");
    assert_eq!(code("http://127.0.0.1:1/").await, "connect");
    assert_eq!(code("http://10.0.0.1/").await, "refused_address");
    let expired = check(&running, &format!("https://{address}/")).await;
    assert_eq!(expired["problem"]["code"], "tls");
    assert!(expired["problem"]["text"].as_str().unwrap().contains("expired"), "{expired}");
    let wrong = running.api.post("/api/v1/tools/check-url", json!({ "url": "ftp://x" })).await;
    assert_eq!(wrong.expect_refusal(422), "destination_refused");
    assert!(running.handler.seen().iter().all(|it| it.method == "HEAD" && it.body.is_empty()));
    server.abort();
    running.stop().await;
}

#[tokio::test]
async fn checks_are_throttled() {
    let running = Harness::new().start().await;
    for _ in 0..20 {
        check(&running, &running.handler.url("/")).await;
    }
    let body = json!({ "url": running.handler.url("/") });
    assert_eq!(running.api.post("/api/v1/tools/check-url", body.clone()).await.expect_refusal(429), "too_many_probes");
    running.advance(61);
    running.api.post("/api/v1/tools/check-url", body).await.expect(200);
    running.stop().await;
}

/// An https server whose certificate has expired, and the authority that issued it.
#[expect(clippy::disallowed_methods, reason = "a server under the test's control")]
async fn expired_https() -> (anyhook_egress::CertificateDer<'static>, std::net::SocketAddr, JoinHandle<()>) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2021, 1, 1);
    let certificate = params.signed_by(&key, &authority).unwrap();
    let private = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let config = config.with_single_cert(vec![certificate.der().clone()], private).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let server = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // Nobody trusts it: no handshake comes to its end.
            let _ = acceptor.accept(stream).await;
        }
    });
    (authority.der().clone(), address, server)
}
