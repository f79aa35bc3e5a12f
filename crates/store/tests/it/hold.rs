use anyhook_domain::delivery::HeldReason;
use anyhook_store::{Store, log::Hold};

use crate::fixture::{GRACE, NOW, claim, claimed, destination, event_to, on_both};

on_both! {
    what_is_held_waits_for_its_release
    releases_are_bounded_and_oldest_first
}

async fn what_is_held_waits_for_its_release(store: Store) {
    let lease = claimed(&store).await;
    let hold = Hold { delivery_id: lease.delivery_id, lease_id: lease.id, reason: HeldReason::DestinationPaused };
    store.hold(&[hold]).await.unwrap();
    assert!(store.claim(&[claim(lease.delivery_id, 0)]).await.unwrap().is_empty());
    assert_eq!(store.oldest_due().await.unwrap(), None);
    assert_eq!(store.held_destinations().await.unwrap(), [destination(1)]);
    let hints = store.release(destination(1), NOW + GRACE, 10).await.unwrap();
    assert_eq!(hints.len(), 1);
    assert_eq!((hints[0].delivery_id, hints[0].attempts), (lease.delivery_id, 0));
    assert!(store.held_destinations().await.unwrap().is_empty());
    assert!(store.release(destination(1), NOW + GRACE, 10).await.unwrap().is_empty());
    assert_eq!(store.claim(&[claim(lease.delivery_id, 0)]).await.unwrap().len(), 1);
}

async fn releases_are_bounded_and_oldest_first(store: Store) {
    let mut events: Vec<_> = (0..5).map(|_| event_to(&[1])).collect();
    for event in &mut events {
        event.deliveries[0].held = Some(HeldReason::AppPaused);
    }
    store.append(&events).await.unwrap();
    let mut ids: Vec<_> = events.iter().map(|event| event.deliveries[0].id).collect();
    ids.sort();
    let released = store.release(destination(1), NOW + GRACE, 2).await.unwrap();
    let mut released: Vec<_> = released.iter().map(|hint| hint.delivery_id).collect();
    released.sort();
    assert_eq!(released, ids[..2]);
    assert_eq!(store.release(destination(1), NOW + GRACE, 10).await.unwrap().len(), 3);
}
