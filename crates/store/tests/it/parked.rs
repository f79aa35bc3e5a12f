//! What waits for destinations that have enough to do stands aside, and comes back.

use std::time::Duration;

use anyhook_domain::{DeliveryId, Timestamp};
use anyhook_store::{
    Store,
    log::{Claim, Due},
};

use crate::fixture::{GRACE, NOW, claim, destination, event_to, on_both};

on_both! {
    what_is_parked_hides_nobody_else
    what_is_parked_comes_back_oldest_first
    what_is_parked_can_be_claimed_and_is_overdue_in_the_end
    an_abandoned_delivery_is_never_parked
    destinations_with_parked_deliveries_are_found_in_turn
}

const HOUR: Duration = Duration::from_secs(60 * 60);
const DUE: Timestamp = Timestamp::from_unix_ms(NOW.unix_ms() + 10_000);

/// One delivery to each of these destinations, in this order.
async fn deliveries(store: &Store, destinations: &[u128]) -> Vec<DeliveryId> {
    let mut ids = Vec::new();
    for (n, to) in (0_u128..).zip(destinations) {
        let mut event = event_to(&[*to]);
        event.deliveries[0].id = DeliveryId(uuid::Uuid::from_u128(n + 1));
        ids.push(event.deliveries[0].id);
        store.append(&[event]).await.unwrap();
    }
    ids
}

async fn overdue(store: &Store, now: Timestamp) -> Vec<DeliveryId> {
    let due = store.due(now, 100).await.unwrap();
    let mut ids: Vec<_> = due
        .iter()
        .map(|it| match it {
            Due::Free(overdue) => overdue.hint.delivery_id,
            Due::Abandoned { lease, .. } => lease.delivery_id,
        })
        .collect();
    ids.sort_unstable();
    ids
}

async fn what_is_parked_hides_nobody_else(store: Store) {
    let ids = deliveries(&store, &[1, 1, 1, 2]).await;
    assert_eq!(store.park(&[destination(1), destination(7)], DUE, NOW + HOUR, 100).await.unwrap(), 3);
    assert_eq!(overdue(&store, DUE).await, ids[3..]);
    assert_eq!(store.park(&[], DUE, NOW + HOUR, 100).await.unwrap(), 0);
    assert_eq!(store.park(&[destination(2)], DUE - Duration::from_millis(1), NOW + HOUR, 100).await.unwrap(), 0);
}

async fn what_is_parked_comes_back_oldest_first(store: Store) {
    let ids = deliveries(&store, &[1, 2, 1, 1]).await;
    store.park(&[destination(1), destination(2)], DUE, NOW + HOUR, 100).await.unwrap();
    let back = store.unpark(destination(1), DUE + GRACE, 2).await.unwrap();
    let found: Vec<_> = back.iter().map(|hint| (hint.delivery_id, hint.destination_id, hint.attempts)).collect();
    assert_eq!(found, [(ids[0], destination(1), 0), (ids[2], destination(1), 0)]);
    assert!(overdue(&store, DUE).await.is_empty());
    assert_eq!(overdue(&store, DUE + GRACE).await, [ids[0], ids[2]]);
    assert_eq!(store.unpark(destination(1), DUE + GRACE, 9).await.unwrap().len(), 1);
    assert!(store.unpark(destination(1), DUE + GRACE, 9).await.unwrap().is_empty());
}

async fn what_is_parked_can_be_claimed_and_is_overdue_in_the_end(store: Store) {
    let ids = deliveries(&store, &[1, 1]).await;
    store.park(&[destination(1)], DUE, NOW + HOUR, 100).await.unwrap();
    let lease = store.claim(&[Claim { due_by: DUE, ..claim(ids[0], 0) }]).await.unwrap()[0];
    assert_eq!(overdue(&store, NOW + HOUR).await, ids, "the lease has run out, and the other waited for long enough");
    let due_at = NOW + HOUR + HOUR;
    store.hand_back(&[(lease.delivery_id, lease.id, due_at)]).await.unwrap();
    let early = Claim { due_by: NOW + HOUR, ..claim(ids[0], 0) };
    assert!(store.claim(&[early]).await.unwrap().is_empty(), "it is not parked any more");
    assert_eq!(store.unpark(destination(1), due_at, 9).await.unwrap().len(), 1);
}

async fn an_abandoned_delivery_is_never_parked(store: Store) {
    let ids = deliveries(&store, &[1, 1]).await;
    let lease = store.claim(&[claim(ids[0], 0)]).await.unwrap()[0];
    let now = lease.until;
    assert_eq!(store.park(&[destination(1)], now, now + HOUR, 100).await.unwrap(), 1);
    assert_eq!(store.due(now, 9).await.unwrap(), [Due::Abandoned { lease, claimed_at: NOW }]);
}

async fn destinations_with_parked_deliveries_are_found_in_turn(store: Store) {
    deliveries(&store, &[3, 1, 2, 1, 4, 4]).await;
    assert!(store.parked_destinations(None, 9).await.unwrap().is_empty());
    store.park(&[1, 2, 4].map(destination), DUE, NOW + HOUR, 100).await.unwrap();
    let found = |after, most| {
        let store = store.clone();
        async move { store.parked_destinations(after, most).await.unwrap() }
    };
    assert_eq!(found(None, 9).await, [1, 2, 4].map(destination));
    assert_eq!(found(None, 2).await, [1, 2].map(destination));
    assert_eq!(found(Some(destination(2)), 2).await, [destination(4)]);
    assert!(found(Some(destination(4)), 2).await.is_empty());
}
