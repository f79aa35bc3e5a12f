use std::time::Duration;

use anyhook_domain::{DeliveryId, Timestamp, delivery::HeldReason};
use anyhook_store::{
    Store,
    log::{Hold, NewEvent, Release, ReplayTimes},
};

use crate::fixture::{GRACE, NOW, claim, claimed, destination, event_to, on_both};

on_both! {
    what_is_held_waits_for_its_release
    releases_are_bounded_and_oldest_first
    what_a_replay_has_replaced_is_not_kept_alive
    what_is_over_the_quota_waits_for_room
}

/// Of what destination 1 was paused for, so many at most.
fn paused(most: u32) -> Release {
    let over_quota_before = Timestamp::from_unix_ms(0);
    Release { destination: destination(1), over_quota_before, due_at: NOW + GRACE, most }
}

async fn what_is_held_waits_for_its_release(store: Store) {
    let lease = claimed(&store).await;
    let hold = Hold {
        delivery_id: lease.delivery_id,
        lease_id: lease.id,
        reason: HeldReason::DestinationPaused,
        held_at: NOW,
    };
    store.hold(&[hold]).await.unwrap();
    assert!(store.claim(&[claim(lease.delivery_id, 0)]).await.unwrap().is_empty());
    assert_eq!(store.oldest_due().await.unwrap(), None);
    assert_eq!(store.held_destinations().await.unwrap(), [destination(1)]);
    let hints = store.release(paused(10)).await.unwrap();
    assert_eq!(hints.len(), 1);
    assert_eq!((hints[0].delivery_id, hints[0].attempts), (lease.delivery_id, 0));
    assert!(store.held_destinations().await.unwrap().is_empty());
    assert!(store.release(paused(10)).await.unwrap().is_empty());
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
    let released = store.release(paused(2)).await.unwrap();
    let mut released: Vec<_> = released.iter().map(|hint| hint.delivery_id).collect();
    released.sort();
    assert_eq!(released, ids[..2]);
    assert_eq!(store.release(paused(10)).await.unwrap().len(), 3);
}

async fn what_a_replay_has_replaced_is_not_kept_alive(store: Store) {
    for hands_back in [true, false] {
        let lease = claimed(&store).await;
        let renewed = (destination(1), DeliveryId::new(NOW, rand::random()));
        let times = ReplayTimes { now: NOW, due_at: NOW + GRACE };
        store.replay_event(lease.tenant_id, lease.event_id, &[renewed], times).await.unwrap().unwrap();
        if hands_back {
            store.hand_back(&[(lease.delivery_id, lease.id, NOW)]).await.unwrap();
        } else {
            let reason = HeldReason::DestinationPaused;
            let hold = Hold { delivery_id: lease.delivery_id, lease_id: lease.id, reason, held_at: NOW };
            store.hold(&[hold]).await.unwrap();
        }
        assert!(store.claim(&[claim(lease.delivery_id, 0)]).await.unwrap().is_empty());
        assert!(store.held_destinations().await.unwrap().is_empty());
        assert_eq!(store.claim(&[claim(renewed.1, 0)]).await.unwrap().len(), 1);
    }
}

async fn what_is_over_the_quota_waits_for_room(store: Store) {
    let held = |reason, received_at| {
        let mut event = NewEvent { received_at, ..event_to(&[1]) };
        event.deliveries[0].held = Some(reason);
        event
    };
    let later = NOW + Duration::from_millis(1);
    let (early, late) = (held(HeldReason::OverQuota, NOW), held(HeldReason::OverQuota, later));
    let paused_for = [held(HeldReason::AppPaused, later), held(HeldReason::DestinationPaused, later)];
    store.append(&[vec![early.clone(), late.clone()], paused_for.to_vec()].concat()).await.unwrap();
    let release = async |over_quota_before| {
        let released = store.release(Release { over_quota_before, ..paused(10) }).await.unwrap();
        released.iter().map(|hint| hint.delivery_id).collect::<Vec<_>>()
    };
    assert_eq!(release(NOW).await.len(), 2);
    assert_eq!(release(later).await, [early.deliveries[0].id]);
    assert_eq!(store.held_destinations().await.unwrap(), [destination(1)]);
    assert_eq!(release(Timestamp::from_unix_ms(i64::MAX)).await, [late.deliveries[0].id]);
}
