//! An event's path through the services, and what each of them learns of a change.

use serde_json::json;

use super::cluster::{Cluster, until};
use crate::handler::Say;

#[tokio::test(flavor = "multi_thread")]
async fn an_event_goes_through_four_services() {
    let Some(cluster) = Cluster::start().await else { return };
    let first = cluster.send("ingress-1", "msg_1").await;
    let second = cluster.send("ingress-2", "msg_2").await;
    cluster.all_delivered(&[first.clone(), second]).await;
    let again = cluster.send("ingress-2", "msg_1").await;
    assert_eq!(again, first, "another ingress knows what came before");
    let seen = cluster.handler.seen_until(2).await;
    for request in seen {
        assert_eq!(request.header("anyhook-source-verified"), "true");
        assert!(!request.header("anyhook-signature").is_empty());
    }
    let forged = cluster.post_as("ingress-1", "msg_3", "whsec_c29tZWJvZHkgZWxzZSdzIHNlY3JldCBrZXk=").await;
    assert_eq!(forged.expect_refusal(401), "signature_rejected");
    cluster.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_reaches_the_callers_of_another_tenants_process() {
    let Some(cluster) = Cluster::start().await else { return };
    // ingress-2 and delivery-2 watch tenants-2; the dashboard speaks to tenants-1.
    let id = cluster.send("ingress-2", "msg_1").await;
    cluster.all_delivered(&[id]).await;
    cluster.api.patch("/api/v1/apps/replicate", json!({ "is_active": false })).await.expect(200);
    until("the ingresses know that the app is inactive", async || {
        let mut n_told = 0;
        for ingress in ["ingress-1", "ingress-2"] {
            let message = format!("msg_{:08x}", rand::random::<u32>());
            n_told += usize::from(cluster.post(ingress, &message).await.status == 202);
        }
        n_told == 2
    })
    .await;
    cluster.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fragile_handler_gets_one_request_at_a_time_from_all_processes() {
    let Some(cluster) = Cluster::start_with(json!({ "max_concurrency": 1 })).await else { return };
    cluster.handler.script(vec![Say::Slowly; 30]);
    let mut ids = Vec::new();
    for n in 0..30 {
        ids.push(cluster.send(["ingress-1", "ingress-2"][n % 2], &format!("msg_{n}")).await);
    }
    cluster.all_delivered(&ids).await;
    assert_eq!(cluster.handler.seen_until(30).await.len(), 30);
    assert_eq!(cluster.handler.most_at_once(), 1);
    cluster.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_watched_from_another_process() {
    let Some(cluster) = Cluster::start().await else { return };
    let mut stream = cluster.api.stream("", &[]).await;
    let id = cluster.send("ingress-1", "msg_1").await;
    stream.until(&id, "success").await;
    cluster.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_redis_did_not_tell_is_read_from_the_log() {
    let Some(cluster) = Cluster::start().await else { return };
    let mut stream = cluster.api.stream("", &[]).await;
    cluster.redis.cut();
    let away = cluster.send("ingress-1", "msg_1").await;
    stream.until(&away, "success").await;
    cluster.redis.open();
    let back = cluster.send("ingress-2", "msg_2").await;
    stream.until(&back, "success").await;
    // A log that holds more than is looked through.
    for n in 0..200 {
        cluster.send("ingress-1", &format!("many_{n}")).await;
    }
    let mut stream = cluster.api.stream("", &[("last-event-id", &stream.last_id)]).await;
    while stream.next().await.unwrap().name != "reset" {}
    let last = cluster.send("ingress-2", "msg_3").await;
    stream.until(&last, "success").await;
    cluster.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_in_the_dashboard_is_delivered_by_another_process() {
    let Some(cluster) = Cluster::start().await else { return };
    let id = cluster.send("ingress-1", "msg_1").await;
    cluster.all_delivered(std::slice::from_ref(&id)).await;
    cluster.api.call(http::Method::POST, &format!("/api/v1/events/{id}/replay"), b"").await.expect(202);
    let seen = cluster.handler.seen_until(2).await;
    assert_eq!(seen[1].header("anyhook-trigger"), "replay");
    assert_eq!(seen[0].body, seen[1].body);
    cluster.stop().await;
}
