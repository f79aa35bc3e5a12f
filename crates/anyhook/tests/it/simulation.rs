//! Lost, doubled and reordered hints under a failing handler: every event is delivered, once.

use std::collections::HashMap;

use anyhook_queue::{Faults, Queue};

use crate::{handler::Say, harness::Harness};

const N_EVENTS: usize = 60;

async fn hints_misbehave(seed: u64) {
    eprintln!("seed {seed}");
    let faults = Faults { seed, lost: 0.3, doubled: 0.3, reordered: true };
    let running = Harness::new().queue(Queue::faulty(10_000, faults)).start().await;
    running.handler.script((0..N_EVENTS).map(|n| Say::Status(if n % 5 == 0 { 500 } else { 200 })));
    let mut ids = Vec::new();
    for n in 0..N_EVENTS {
        ids.push(running.send(&n.to_string()).await);
    }
    // Lost hints come back after their grace, retries when they are due; each of them may be lost again.
    while running.store.oldest_due().await.unwrap().is_some() {
        running.advance(15);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let mut successes: HashMap<String, u32> = HashMap::new();
    for (n, seen) in running.handler.seen().iter().enumerate() {
        let answered_with_success = n >= N_EVENTS || n % 5 != 0;
        *successes.entry(seen.header("anyhook-event-id").to_owned()).or_default() += u32::from(answered_with_success);
    }
    for id in &ids {
        assert_eq!(running.event(id).await["status"], "success");
        assert_eq!(successes[id], 1, "{id}");
    }
    running.stop().await;
}

#[tokio::test]
async fn hints_misbehave_one_way() {
    hints_misbehave(1).await;
}

#[tokio::test]
async fn hints_misbehave_another_way() {
    hints_misbehave(2).await;
}
