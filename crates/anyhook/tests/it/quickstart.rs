//! Beginning without an account: a URL and a key that live for seven days, unless somebody claims them.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use anyhook_tenants::Quickstart;

use crate::{
    client::{Api, Reply},
    harness::{Harness, Running, sign_up},
};

const DAY: u64 = 24 * 60 * 60;
const PASSWORD: &str = "correct horse battery";

async fn begin(running: &Running, body: Value) -> Value {
    running.api.with_key(None).post("/api/v1/quickstart", body).await.expect(201)
}

fn with_key_of(running: &Running, quickstart: &Value) -> Api {
    running.api.with_key(quickstart["api_key"].as_str())
}

async fn post(running: &Running, quickstart: &Value) -> Reply {
    running.api.request(Method::POST, quickstart["inbound_url"].as_str().unwrap(), &[], b"{}").await
}

fn token(quickstart: &Value) -> &str {
    quickstart["claim_url"].as_str().unwrap().split_once("/claim#").unwrap().1
}

/// Moves the clock on in steps in which everything that is due can be done, until a condition holds.
async fn live_until(running: &Running, what: &str, step: u64, holds: impl AsyncFn() -> bool) {
    for _ in 0..600 {
        if holds().await {
            return;
        }
        running.advance(step);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("never {what}");
}

async fn n_tenants(running: &Running) -> i64 {
    running.store.tenant_counts().await.unwrap().n_tenants
}

#[tokio::test]
async fn without_an_account_a_webhook_is_received_seen_and_kept_by_a_claim() {
    let running = Harness::new().start().await;
    let begun = begin(&running, json!({ "destination_url": running.handler.url("/quick"), "source": "generic" })).await;
    assert_eq!(
        (begun["inbox_address"].is_null(), begun["expires_at"].as_str()),
        (true, Some("2025-06-22T15:06:40.000Z"))
    );
    assert!(begun["signing_secret"].as_str().unwrap().starts_with("whsec_"));
    let id = post(&running, &begun).await.expect(200)["id"].as_str().unwrap().to_owned();
    let api = with_key_of(&running, &begun);
    let listed = api.get("/api/v1/events").await.expect(200);
    assert_eq!(listed["events"][0]["id"], *id);
    assert_eq!(api.get("/api/v1/usage").await.expect(200)["limit"], 3000, "as the plan free has it");
    running.handler.seen_until(1).await;
    assert_eq!(running.api.get(&format!("/api/v1/events/{id}")).await.status, 404, "it is another tenant's");

    let claim = json!({ "token": token(&begun), "email": "new@example.com", "password": PASSWORD,
        "tenant": { "name": "New" } });
    let anybody = running.api.with_key(None);
    let reply = anybody.post("/api/v1/quickstart/claim", claim.clone()).await;
    assert!(reply.headers["set-cookie"].to_str().unwrap().starts_with("anyhook_session="));
    let claimed = reply.expect(201);
    assert_eq!(
        (claimed["tenant"]["name"].as_str(), claimed["user"]["email"].as_str()),
        (Some("New"), Some("new@example.com"))
    );
    assert_eq!(anybody.post("/api/v1/quickstart/claim", claim).await.expect_refusal(409), "already_claimed");
    running.advance(8 * DAY);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(api.get("/api/v1/events").await.expect(200)["events"][0]["id"], *id);
    post(&running, &begun).await.expect(200);
    assert_eq!(api.get("/api/v1/usage").await.expect(200)["limit"], Value::Null, "as the default plan has it");
    running.handler.seen_until(2).await;
    running.stop().await;
}

#[tokio::test]
async fn whoever_is_signed_in_claims_with_its_session() {
    let running = Harness::new().start().await;
    let begun = begin(&running, json!({})).await;
    let login = json!({ "email": "owner@example.com", "password": PASSWORD });
    let reply = running.api.with_key(None).post("/api/v1/login", login).await;
    let cookie = reply.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let url = |path: &str| format!("{}{path}", running.dashboard_url);
    let headers = [("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin")];
    let claim = json!({ "token": token(&begun) }).to_string();
    let claimed = running.api.request(Method::POST, &url("/api/v1/quickstart/claim"), &headers, claim.as_bytes()).await;
    let slug = claimed.expect(200)["tenant"]["slug"].as_str().unwrap().to_owned();
    let account = running.api.request(Method::GET, &url("/api/v1/account"), &headers, b"").await.expect(200);
    assert_eq!((account["tenant"]["slug"].as_str(), account["role"].as_str()), (Some(slug.as_str()), Some("owner")));
    running.stop().await;
}

async fn unclaimed(running: Running) {
    let begun = begin(&running, json!({ "destination_url": running.handler.url("/quick") })).await;
    let api = with_key_of(&running, &begun);
    let id = post(&running, &begun).await.expect(200)["id"].as_str().unwrap().to_owned();
    running.handler.seen_until(1).await;
    // One that nobody will ever deliver.
    api.patch(&format!("/api/v1/apps/{}", begun["app_slug"].as_str().unwrap()), json!({ "is_paused": true }))
        .await
        .expect(200);
    post(&running, &begun).await.expect(200);
    let event = id.parse().unwrap();
    running.advance(7 * DAY - 3600);
    assert_eq!(api.get("/api/v1/events").await.status, 200);
    live_until(&running, "over", 600, async || api.get("/api/v1/events").await.status == 401).await;
    live_until(&running, "not routed", 60, async || post(&running, &begun).await.status == 404).await;
    let claim = json!({ "token": token(&begun), "email": "new@example.com", "password": PASSWORD });
    let claimed = running.api.with_key(None).post("/api/v1/quickstart/claim", claim).await;
    assert_eq!(claimed.expect_refusal(404), "not_found");
    live_until(&running, "gone", 1800, async || n_tenants(&running).await == 1).await;
    assert!(running.store.content(event).await.unwrap().is_none());
    assert!(running.store.held_destinations().await.unwrap().is_empty());
    // The installation's own tenant is as it was.
    assert_eq!(running.api.get("/api/v1/apps").await.expect(200)["apps"].as_array().unwrap().len(), 1);
    running.stop().await;
}

#[tokio::test]
async fn unclaimed_everything_goes_on_sqlite() {
    unclaimed(Harness::new().start().await).await;
}

#[tokio::test]
async fn unclaimed_everything_goes_on_postgres() {
    if let Some(running) = Harness::new().start_on_postgres().await {
        unclaimed(running).await;
    }
}

#[tokio::test]
async fn one_address_gets_a_few_and_agents_count_the_same() {
    let running = Harness::new().start().await;
    for _ in 0..4 {
        begin(&running, json!({})).await;
    }
    let message = json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call",
        "params": { "name": "anyhook_quickstart", "arguments": {} } });
    let ask = async || {
        let headers = [("content-type", "application/json"), ("accept", "application/json, text/event-stream")];
        let url = format!("{}/mcp", running.dashboard_url);
        let reply = running.api.request(Method::POST, &url, &headers, message.to_string().as_bytes()).await;
        reply.expect(200)["result"].clone()
    };
    let made = ask().await["structuredContent"].clone();
    let apps = with_key_of(&running, &made).get("/api/v1/apps").await.expect(200);
    assert_eq!(apps["apps"][0]["inboundUrl"], made["inbound_url"]);
    let refused = ask().await;
    assert!(refused["isError"] == true && refused.to_string().contains("too_many_quickstarts"), "{refused}");
    let reply = running.api.with_key(None).post("/api/v1/quickstart", json!({})).await;
    let after: u64 = reply.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=3601).contains(&after), "{after}");
    assert_eq!(reply.expect_refusal(429), "too_many_quickstarts");
    running.advance(3600);
    begin(&running, json!({})).await;
    running.stop().await;
}

#[tokio::test]
async fn where_it_is_off_nobody_begins_without_an_account() {
    let running = Harness::new().quickstart(Quickstart { is_on: false, most_unclaimed: 100 }).start().await;
    let reply = running.api.with_key(None).call(Method::POST, "/api/v1/quickstart", b"").await;
    assert_eq!(reply.expect_refusal(403), "quickstart_off");
    running.api.with_key(None).post("/api/v1/signup", sign_up("b@example.com", "B")).await.expect(201);
    running.stop().await;
}
