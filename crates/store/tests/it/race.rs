//! Many workers at once: every claim ends in exactly one attempt.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use anyhook_domain::{DeliveryId, delivery::State};
use anyhook_store::Store;
use tokio::task::JoinSet;

use crate::fixture::{claim, ended, event_to, hints, on_both, settlement};

on_both! {
    workers_that_race_share_the_work
}

const N_EVENTS: usize = 100;
const N_WORKERS: usize = 8;

async fn workers_that_race_share_the_work(store: Store) {
    let events: Vec<_> = (0..N_EVENTS).map(|_| event_to(&[1])).collect();
    store.append(&events).await.unwrap();
    let hints = hints(&events);
    let won: Arc<Mutex<HashMap<DeliveryId, usize>>> = Arc::default();
    let mut workers = JoinSet::new();
    for worker in 0..N_WORKERS {
        let (store, won) = (store.clone(), won.clone());
        // Every worker hears of every delivery, in an order of its own.
        let mut heard = hints.clone();
        heard.rotate_left(worker * N_EVENTS / N_WORKERS);
        workers.spawn(async move {
            for some in heard.chunks(7) {
                let claims: Vec<_> = some.iter().map(|hint| claim(hint.delivery_id, 0)).collect();
                let leases = store.claim(&claims).await.unwrap();
                let settlements: Vec<_> = leases.iter().map(|lease| settlement(lease, ended(State::Success))).collect();
                for moved in store.settle(&settlements).await.unwrap() {
                    *won.lock().unwrap().entry(moved).or_default() += 1;
                }
            }
        });
    }
    workers.join_all().await;
    let won = won.lock().unwrap();
    assert_eq!(won.len(), N_EVENTS);
    assert!(won.values().all(|n| *n == 1));
}
