//! Appending what may have been appended before.

use anyhook_domain::event::{Verification, dedup_key};
use anyhook_store::{
    Store,
    log::{Appended, NewEvent},
};
use tokio::task::JoinSet;

use crate::fixture::{NOW, claim, event_to, hints, on_both, on_postgres_at, rows};

on_both! {
    a_batch_that_comes_twice_is_stored_once
    an_event_that_comes_twice_in_a_batch_is_stored_once
    what_is_stored_already_is_left_alone
    its_own_key_makes_no_event_a_repeat
    another_events_key_makes_no_stored_event_a_repeat
    one_that_was_a_duplicate_is_one_again
    batches_at_once_are_stored_once
    an_append_under_way_is_waited_for
}

fn repeatable(id: &str) -> NewEvent {
    NewEvent {
        provider_id: Some(id.into()),
        dedup_key: Some(dedup_key("replicate", Verification::Verified, id)),
        ..event_to(&[1])
    }
}

async fn n_claimable(store: &Store, events: &[NewEvent]) -> usize {
    let claims: Vec<_> = hints(events).iter().map(|hint| claim(hint.delivery_id, 0)).collect();
    store.claim(&claims).await.unwrap().len()
}

async fn a_batch_that_comes_twice_is_stored_once(store: Store) {
    let events: Vec<_> = (0..40).map(|_| event_to(&[1, 2])).collect();
    for _ in 0..2 {
        assert_eq!(store.append_spooled(&events).await.unwrap(), [Appended::Stored; 40]);
    }
    assert_eq!(store.append_spooled(&[]).await.unwrap(), []);
    assert_eq!(n_claimable(&store, &events).await, 80);
}

async fn an_event_that_comes_twice_in_a_batch_is_stored_once(store: Store) {
    let (one, other) = (event_to(&[1]), repeatable("msg_1"));
    let twice = [one.clone(), other.clone(), one.clone(), other.clone()];
    assert_eq!(store.append_spooled(&twice).await.unwrap(), [Appended::Stored; 4]);
    assert_eq!(n_claimable(&store, &[one, other]).await, 2);
}

async fn what_is_stored_already_is_left_alone(store: Store) {
    let first = event_to(&[1]);
    store.append(std::slice::from_ref(&first)).await.unwrap();
    let changed = NewEvent { deliveries: event_to(&[2]).deliveries, sealed_body: b"other".to_vec(), ..first.clone() };
    let new = event_to(&[1]);
    assert_eq!(store.append_spooled(&[changed.clone(), new.clone()]).await.unwrap(), [Appended::Stored; 2]);
    assert_eq!(store.content(first.id).await.unwrap().unwrap().sealed_body, b"body");
    assert_eq!(n_claimable(&store, &[changed]).await, 0);
    assert_eq!(n_claimable(&store, &[first, new]).await, 2);
}

async fn its_own_key_makes_no_event_a_repeat(store: Store) {
    let event = repeatable("msg_1");
    store.append(std::slice::from_ref(&event)).await.unwrap();
    let repeat = repeatable("msg_1");
    let appended = store.append_spooled(&[repeat.clone(), event.clone()]).await.unwrap();
    assert_eq!(appended, [Appended::Duplicate { first: event.id }, Appended::Stored]);
    assert_eq!(n_claimable(&store, &[event, repeat]).await, 1);
}

async fn another_events_key_makes_no_stored_event_a_repeat(store: Store) {
    let (first, later) = (repeatable("msg_1"), repeatable("msg_1"));
    store.append(std::slice::from_ref(&first)).await.unwrap();
    // The key is forgotten after its time, and another event has it.
    store.prune(NOW, NOW + std::time::Duration::from_millis(1), 10).await.unwrap();
    store.append(std::slice::from_ref(&later)).await.unwrap();
    let appended = store.append_spooled(&[first, later]).await.unwrap();
    assert_eq!(appended, [Appended::Stored; 2]);
}

async fn one_that_was_a_duplicate_is_one_again(store: Store) {
    let (first, repeat) = (repeatable("msg_1"), repeatable("msg_1"));
    store.append(std::slice::from_ref(&first)).await.unwrap();
    for _ in 0..2 {
        let appended = store.append_spooled(std::slice::from_ref(&repeat)).await.unwrap();
        assert_eq!(appended, [Appended::Duplicate { first: first.id }]);
    }
    assert!(store.content(repeat.id).await.unwrap().is_none());
    assert_eq!(n_claimable(&store, &[first, repeat]).await, 1);
}

async fn batches_at_once_are_stored_once(store: Store) {
    let mut events: Vec<_> = (0..20).map(|_| event_to(&[1])).collect();
    events.extend((0..20).map(|n| repeatable(&format!("msg_{n}"))));
    let mut tasks = JoinSet::new();
    for n in 0..16 {
        let (store, mut events) = (store.clone(), events.clone());
        events.rotate_left(n * 7 % 40);
        tasks.spawn(async move { store.append_spooled(&events).await.unwrap() });
    }
    assert!(tasks.join_all().await.iter().flatten().all(|appended| *appended == Appended::Stored));
    assert_eq!(n_claimable(&store, &events).await, 40);
}

async fn an_append_under_way_is_waited_for(store: Store) {
    for n in 0..20 {
        let events = [repeatable(&format!("msg_{n}")), event_to(&[1])];
        let (original, again) = tokio::join!(store.append(&events), store.append_spooled(&events));
        // The original has no answer to finding itself stored.
        assert!(original.is_err() || original.unwrap() == [Appended::Stored; 2]);
        assert_eq!(again.unwrap(), [Appended::Stored; 2]);
        assert_eq!(n_claimable(&store, &events).await, 2);
    }
}

#[tokio::test]
async fn what_comes_twice_is_no_duplicate() {
    on_postgres_at(async |store, url| {
        let event = repeatable("msg_1");
        for _ in 0..3 {
            store.append_spooled(&[event.clone(), event.clone()]).await.unwrap();
        }
        assert_eq!(rows(&url, "SELECT n_duplicates FROM events").await, [0]);
        store.append(&[repeatable("msg_1")]).await.unwrap();
        assert_eq!(rows(&url, "SELECT n_duplicates FROM events").await, [1]);
    })
    .await;
}
