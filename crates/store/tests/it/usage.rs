//! An event counts once, in the month in which it was received.

use std::time::Duration;

use anyhook_domain::{
    Month, TenantId,
    event::{Verification, dedup_key},
};
use anyhook_store::{Store, log::NewEvent};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::fixture::{NOW, event, on_both, on_postgres_at, rows};

on_both! {
    what_is_stored_counts_in_its_month
    repeats_and_rejected_ones_do_not_count
    what_was_spooled_counts_once
    many_at_once_all_count
    what_is_not_stored_does_not_count
}

fn tenant(n: u128) -> TenantId {
    TenantId(Uuid::from_u128(n))
}

fn event_of(n: u128) -> NewEvent {
    NewEvent { tenant_id: tenant(n), ..event() }
}

fn repeatable(id: &str) -> NewEvent {
    NewEvent { dedup_key: Some(dedup_key("replicate", Verification::Verified, id)), ..event() }
}

async fn usage(store: &Store, n: u128) -> u64 {
    store.usage(tenant(n), Month::of(NOW)).await.unwrap()
}

async fn what_is_stored_counts_in_its_month(store: Store) {
    assert_eq!(usage(&store, 1).await, 0);
    let next = NewEvent { received_at: Month::of(NOW).ends_at(), ..event_of(1) };
    let last = NewEvent { received_at: Month::of(NOW).ends_at() - Duration::from_millis(1), ..event_of(1) };
    store.append(&[event_of(1), event_of(2), next.clone(), event_of(2), last]).await.unwrap();
    store.append(&[event_of(2)]).await.unwrap();
    assert_eq!((usage(&store, 1).await, usage(&store, 2).await, usage(&store, 3).await), (2, 3, 0));
    let next_month = Month::of(next.received_at);
    assert_eq!(store.usage(tenant(1), next_month).await.unwrap(), 1);
    let by_month = store.usage_by_month(tenant(1)).await.unwrap();
    assert_eq!(by_month, [(next_month, 1), (Month::of(NOW), 2)]);
}

async fn repeats_and_rejected_ones_do_not_count(store: Store) {
    store.append(&[repeatable("msg_1"), repeatable("msg_1")]).await.unwrap();
    store.append(&[repeatable("msg_1"), repeatable("msg_2")]).await.unwrap();
    assert_eq!(usage(&store, 1).await, 2);
    let rejected = NewEvent { verification: Verification::Failed, rejection: Some("why".into()), ..event() };
    store.append(&[rejected]).await.unwrap();
    assert_eq!(usage(&store, 1).await, 2);
}

async fn what_was_spooled_counts_once(store: Store) {
    let (spooled, appended, repeat) = (event(), repeatable("msg_1"), repeatable("msg_1"));
    store.append(std::slice::from_ref(&appended)).await.unwrap();
    for _ in 0..3 {
        let all = [spooled.clone(), appended.clone(), spooled.clone(), repeat.clone()];
        store.append_spooled(&all).await.unwrap();
    }
    assert_eq!(usage(&store, 1).await, 2);
}

async fn many_at_once_all_count(store: Store) {
    let mut tasks = JoinSet::new();
    for n in 0..32 {
        let store = store.clone();
        tasks.spawn(async move {
            // Crosswise: whoever did not keep to one order would wait for the other.
            let mut tenants: Vec<_> = (1..=8).collect();
            tenants.rotate_left(n % 8);
            let events: Vec<_> = tenants.into_iter().map(event_of).collect();
            let again = events[..4].to_vec();
            store.append(&events).await.unwrap();
            store.append_spooled(&again).await.unwrap();
        });
    }
    tasks.join_all().await;
    for n in 1..=8 {
        assert_eq!(usage(&store, n).await, 32);
    }
}

async fn what_is_not_stored_does_not_count(store: Store) {
    let event = event();
    store.append(std::slice::from_ref(&event)).await.unwrap();
    // Its identifier is taken: nothing of the transaction stays.
    store.append(&[self::event(), event]).await.unwrap_err();
    assert_eq!(usage(&store, 1).await, 1);
}

#[tokio::test]
async fn on_postgres_a_month_is_spread_over_several_rows() {
    on_postgres_at(async |store, url| {
        for _ in 0..40 {
            store.append(&[event()]).await.unwrap();
        }
        let slots = rows(&url, "SELECT slot FROM usage").await;
        assert!((2..=16).contains(&slots.len()), "{slots:?}");
        assert_eq!(usage(&store, 1).await, 40);
    })
    .await;
}
