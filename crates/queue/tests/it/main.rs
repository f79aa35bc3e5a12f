//! The queue as its users see it.
#![allow(clippy::unwrap_used)]

mod broker;
mod proxy;
mod rabbit;
mod spool;

use anyhook_domain::{DeliveryId, DestinationId, delivery::Hint};
use anyhook_queue::{Faults, Queue};
use uuid::Uuid;

fn hints(range: std::ops::Range<u128>) -> Vec<Hint> {
    let hint = |n| Hint {
        delivery_id: DeliveryId(Uuid::from_u128(n)),
        destination_id: DestinationId(Uuid::from_u128(0)),
        attempts: 0,
    };
    range.map(hint).collect()
}

#[tokio::test]
async fn hints_come_in_order_and_in_bounded_pieces() {
    let queue = Queue::local(100);
    queue.publish(hints(0..5));
    queue.publish(hints(5..7));
    assert_eq!(queue.depth(), 7);
    assert_eq!(queue.take(4).await.hints, hints(0..4));
    assert_eq!(queue.take(100).await.hints, hints(4..7));
    assert_eq!(queue.depth(), 0);
}

#[tokio::test]
async fn what_does_not_fit_is_dropped_and_nobody_waits() {
    let queue = Queue::local(3);
    queue.publish(hints(0..5));
    queue.publish(hints(5..6));
    assert_eq!(queue.take(100).await.hints, hints(0..3));
}

#[tokio::test]
async fn every_waiting_taker_is_woken() {
    let queue = Queue::local(100);
    let takers: Vec<_> = (0..4)
        .map(|_| {
            let queue = queue.clone();
            #[expect(clippy::disallowed_methods, reason = "concurrent takers are what is tested")]
            tokio::spawn(async move { queue.take(1).await.hints })
        })
        .collect();
    queue.publish(hints(0..4));
    let mut taken = Vec::new();
    for taker in takers {
        taken.extend(taker.await.unwrap());
    }
    taken.sort_by_key(|hint| hint.delivery_id);
    assert_eq!(taken, hints(0..4));
}

#[tokio::test]
async fn a_faulty_queue_misbehaves_the_same_way_for_the_same_seed() {
    let run = async |seed| {
        let faults = Faults { seed, lost: 0.3, doubled: 0.3, reordered: true };
        let queue = Queue::faulty(1000, faults);
        queue.publish(hints(0..200));
        queue.take(1000).await.hints
    };
    let (first, again, other) = (run(1).await, run(1).await, run(2).await);
    assert_eq!(first, again);
    assert_ne!(first, other);
    assert!(first.len() != 200 || first != hints(0..200));
}
