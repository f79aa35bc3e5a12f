//! Processes that die without a word.

use std::collections::BTreeSet;

use super::cluster::Cluster;

/// Kills one process after another while events come in; each is started again.
#[tokio::test(flavor = "multi_thread")]
async fn whichever_process_is_killed_nothing_acknowledged_is_lost() {
    let Some(mut cluster) = Cluster::start().await else { return };
    let mut ids = Vec::new();
    let mut n = 0;
    for victim in ["ingress-1", "delivery-1", "tenants-1", "ingress-1", "delivery-2"] {
        for _ in 0..20 {
            n += 1;
            ids.push(cluster.send(["ingress-1", "ingress-2"][n % 2], &format!("msg_{n}")).await);
        }
        cluster.signal(victim, "KILL");
        cluster.ended(victim).await;
        for _ in 0..10 {
            n += 1;
            ids.push(cluster.send("ingress-2", &format!("msg_{n}")).await);
        }
        match victim.split_once('-').unwrap().0 {
            "ingress" => cluster.start_ingress(victim, "tenants-2").await,
            "delivery" => cluster.start_delivery(victim, "tenants-2").await,
            _ => cluster.start_tenants(victim).await,
        }
    }
    // What a killed process had in hand is another's only after its lease; the handler has seen all the same.
    super::cluster::until("everything was seen", async || {
        cluster.seen().iter().collect::<BTreeSet<_>>() == ids.iter().collect()
    })
    .await;
    cluster.stop().await;
}
