//! Ends in order: what runs is finished or handed back, and never counted against a delivery.

use super::cluster::{Cluster, until};
use crate::handler::Say;

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stopping_worker_cannot_finish_is_handed_back_uncounted() {
    let Some(mut cluster) = Cluster::prepare().await else { return };
    cluster.migrate();
    cluster.start_tenants("tenants-1").await;
    cluster.start_dashboard("tenants-1").await;
    cluster.start_ingress("ingress-1", "tenants-1").await;
    cluster.set("ANYHOOK_SHUTDOWN_GRACE", "1s");
    cluster.start_delivery("delivery-1", "tenants-1").await;
    cluster.make_app(serde_json::json!({ "timeout_seconds": 5 })).await;
    cluster.handler.script([Say::Nothing]);
    let id = cluster.send("ingress-1", "msg_1").await;
    cluster.handler.seen_until(1).await;
    cluster.signal("delivery-1", "TERM");
    assert_eq!(cluster.ended("delivery-1").await, Some(0));
    let event = cluster.event(&id).await;
    assert_eq!((event["status"].as_str(), event["deliveryAttempts"].as_u64()), (Some("queued"), Some(0)), "{event:#}");
    cluster.start_delivery("delivery-2", "tenants-1").await;
    cluster.all_delivered(std::slice::from_ref(&id)).await;
    let seen = cluster.handler.seen();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[1].header("anyhook-attempt"), "1", "it is the first attempt that counts");
    cluster.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_worker_finishes_what_runs_and_leaves_the_rest_to_others() {
    let Some(mut cluster) = Cluster::start().await else { return };
    cluster.handler.script([Say::AfterGate, Say::AfterGate]);
    let slow = [cluster.send("ingress-1", "slow_1").await, cluster.send("ingress-1", "slow_2").await];
    cluster.handler.seen_until(2).await;
    cluster.signal("delivery-1", "TERM");
    cluster.signal("delivery-2", "TERM");
    until("both say that they stop", async || {
        let first = cluster.readiness(cluster.url("delivery-1")).await;
        let second = cluster.readiness(cluster.url("delivery-2")).await;
        // One without running attempts is gone at once.
        first != Some(200) && second != Some(200)
    })
    .await;
    cluster.start_delivery("delivery-3", "tenants-2").await;
    let fresh = cluster.send("ingress-2", "fresh").await;
    cluster.all_delivered(&[fresh]).await;
    cluster.handler.open_gate();
    assert_eq!(cluster.ended("delivery-1").await, Some(0));
    assert_eq!(cluster.ended("delivery-2").await, Some(0));
    cluster.all_delivered(&slow).await;
    assert_eq!(cluster.seen().len(), 3, "nothing was sent twice");
    cluster.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ingress_that_stops_says_so_first_and_still_answers() {
    let Some(mut cluster) = Cluster::prepare().await else { return };
    cluster.migrate();
    cluster.start_tenants("tenants-1").await;
    cluster.start_dashboard("tenants-1").await;
    cluster.set("ANYHOOK_SHUTDOWN_DELAY", "2s");
    cluster.start_ingress("ingress-1", "tenants-1").await;
    cluster.make_app(serde_json::json!({})).await;
    cluster.signal("ingress-1", "TERM");
    until("not ready", async || cluster.readiness(cluster.url("ingress-1")).await == Some(503)).await;
    cluster.send("ingress-1", "late").await;
    assert_eq!(cluster.ended("ingress-1").await, Some(0));
    cluster.stop().await;
}
