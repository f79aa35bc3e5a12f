//! The cache as its users see it.
#![allow(clippy::unwrap_used)]

mod fresh;
mod operations;
mod outage;
mod redis_server;
mod sharing;

use std::time::{Duration, Instant};

use anyhook_cache::{Cache, CacheWorker, DedupKey};
use anyhook_domain::{AppId, EventId, Timestamp};
use tokio::task::JoinSet;
use uuid::Uuid;

const SOON: Duration = Duration::from_secs(20);

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < SOON, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn connected(cache: &Cache) {
    until("a connection", async || cache.is_connected()).await;
}

/// Runs the worker until the set is dropped.
fn start((cache, worker): (Cache, CacheWorker), workers: &mut JoinSet<()>) -> Cache {
    workers.spawn(worker.run());
    cache
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_unix_ms(1_800_000_000_000 + ms)
}

fn dedup_key(n: u8) -> DedupKey {
    DedupKey { app_id: AppId(Uuid::from_u128(n.into())), key: [n; 16], body_hash: [n; 32] }
}

fn event(n: u128) -> EventId {
    EventId(Uuid::from_u128(n))
}
