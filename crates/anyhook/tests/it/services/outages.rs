//! Servers and services that go away and come back.

use std::collections::BTreeSet;

use super::cluster::{Cluster, until};

async fn send_all(cluster: &Cluster, prefix: &str, n: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for n in 0..n {
        ids.push(cluster.send(["ingress-1", "ingress-2"][n % 2], &format!("{prefix}_{n}")).await);
    }
    ids
}

/// Each event was seen, and none twice.
fn assert_once(cluster: &Cluster, ids: &[String]) {
    let seen = cluster.seen();
    let distinct: BTreeSet<_> = seen.iter().collect();
    assert_eq!(distinct, ids.iter().collect(), "what was acknowledged and what was delivered");
    assert_eq!(seen.len(), ids.len(), "something was delivered twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_postgres_is_away_events_are_spooled_and_then_delivered_once() {
    let Some(cluster) = Cluster::start().await else { return };
    let mut ids = send_all(&cluster, "before", 2).await;
    cluster.all_delivered(&ids).await;
    cluster.postgres.cut();
    ids.extend(send_all(&cluster, "away", 40).await);
    assert_eq!(cluster.readiness(cluster.url("ingress-1")).await, Some(200), "the spool is as good as the log");
    cluster.postgres.open();
    ids.extend(send_all(&cluster, "back", 2).await);
    cluster.all_delivered(&ids).await;
    assert_once(&cluster, &ids);
    // In the log they lie in the order in which they came.
    let listed = cluster.api.get("/api/v1/events?limit=100").await.expect(200);
    let listed: Vec<_> = listed["events"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
    let mut newest_first: Vec<_> = ids.iter().map(String::as_str).collect();
    newest_first.sort_unstable_by(|a, b| b.cmp(a));
    assert_eq!(listed, newest_first);
    cluster.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn spooled_events_are_found_by_what_they_hold() {
    let Some(cluster) = Cluster::start().await else { return };
    let slug = cluster.inbound_path.rsplit('/').next().unwrap();
    let indexed = serde_json::json!({ "indexed_fields": ["/id"] });
    cluster.api.patch(&format!("/api/v1/apps/{slug}"), indexed).await.expect(200);
    let found = async |id: &str| {
        let list = cluster.api.get(&format!("/api/v1/events?app_slug={slug}&field=/id:{id}")).await.expect(200);
        list["events"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let mut ids = Vec::new();
    until("the ingress knows the field", async || {
        let message = format!("known_{}", ids.len());
        ids.push(cluster.send("ingress-1", &message).await);
        !found(&message).await.is_empty()
    })
    .await;
    cluster.postgres.cut();
    let spooled = cluster.send("ingress-1", "spooled").await;
    cluster.postgres.open();
    ids.push(spooled.clone());
    cluster.all_delivered(&ids).await;
    assert_eq!(found("spooled").await, [spooled]);
    cluster.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_during_the_outage_is_known_when_the_log_is_back() {
    let Some(cluster) = Cluster::start().await else { return };
    let first = cluster.send("ingress-1", "msg_1").await;
    cluster.all_delivered(std::slice::from_ref(&first)).await;
    cluster.postgres.cut();
    cluster.post("ingress-1", "msg_1").await.expect(200);
    let other = cluster.send("ingress-1", "msg_2").await;
    cluster.postgres.open();
    cluster.all_delivered(&[first.clone(), other.clone()]).await;
    assert_once(&cluster, &[first, other]);
    cluster.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_both_stores_are_away_senders_are_asked_to_come_back() {
    let Some(cluster) = Cluster::start().await else { return };
    let id = cluster.send("ingress-1", "before").await;
    cluster.all_delivered(std::slice::from_ref(&id)).await;
    cluster.postgres.cut();
    cluster.rabbitmq.cut();
    until("refusals", async || cluster.post("ingress-1", "away").await.status == 503).await;
    let refusal = cluster.post("ingress-1", "away").await;
    assert!(refusal.headers.contains_key("retry-after"));
    assert_eq!(refusal.expect_refusal(503), "unavailable");
    cluster.rabbitmq.open();
    until("the spool is back", async || cluster.post("ingress-1", "spooled").await.status == 200).await;
    cluster.postgres.open();
    let id = cluster.send("ingress-1", "back").await;
    cluster.all_delivered(&[id]).await;
    cluster.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_rabbitmq_is_away_deliveries_are_found_by_the_sweep() {
    let Some(cluster) = Cluster::start().await else { return };
    cluster.rabbitmq.cut();
    let mut ids = send_all(&cluster, "away", 20).await;
    cluster.all_delivered(&ids).await;
    cluster.rabbitmq.open();
    ids.extend(send_all(&cluster, "back", 20).await);
    cluster.all_delivered(&ids).await;
    assert_once(&cluster, &ids);
    cluster.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_redis_is_away_nothing_fails() {
    let Some(cluster) = Cluster::start().await else { return };
    cluster.redis.cut();
    let ids = send_all(&cluster, "away", 10).await;
    cluster.all_delivered(&ids).await;
    let wrong = serde_json::json!({ "email": "owner@example.com", "password": "not this one" });
    assert_eq!(cluster.api.post("/api/v1/login", wrong).await.expect_refusal(401), "wrong_credentials");
    let right = serde_json::json!({ "email": "owner@example.com", "password": "correct horse battery" });
    cluster.api.post("/api/v1/login", right).await.expect(200);
    cluster.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_tenants_service_is_away_known_apps_go_on_and_unknown_ones_are_not_denied() {
    let Some(mut cluster) = Cluster::start().await else { return };
    let mut ids = send_all(&cluster, "before", 4).await;
    cluster.all_delivered(&ids).await;
    for name in ["tenants-1", "tenants-2"] {
        cluster.signal(name, "KILL");
        cluster.ended(name).await;
    }
    ids.extend(send_all(&cluster, "away", 10).await);
    until("deliveries without the tenants service", async || cluster.seen().len() == ids.len()).await;
    assert_once(&cluster, &ids);
    let unknown = format!("{}/acme/nobody-knows", cluster.url("ingress-1"));
    let reply = cluster.api.request(http::Method::POST, &unknown, &[], b"{}").await;
    assert_eq!(reply.expect_refusal(503), "unavailable");
    cluster.stop().await;
}
