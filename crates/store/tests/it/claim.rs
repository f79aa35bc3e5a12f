use std::time::Duration;

use anyhook_domain::delivery::{State, Trigger};
use anyhook_store::{
    Store,
    log::{Claim, Due},
};

use crate::fixture::{GRACE, NOW, claim, claimed, destination, ended, event_to, hints, on_both, retry_at, settlement};

on_both! {
    a_claim_holds_until_it_is_settled
    old_double_and_early_hints_miss
    a_settled_delivery_has_its_attempt
    a_stale_worker_changes_nothing
    what_is_handed_back_is_not_charged
    an_old_hint_does_not_claim_what_is_due_later
    lost_hints_come_back_when_they_are_due
    a_vanished_worker_is_found
    only_one_sweeper_defers
}

async fn a_claim_holds_until_it_is_settled(store: Store) {
    let event = event_to(&[1]);
    store.append(std::slice::from_ref(&event)).await.unwrap();
    let id = event.deliveries[0].id;
    let wish = claim(id, 0);
    let lease = store.claim(&[wish]).await.unwrap()[0];
    assert_eq!((lease.delivery_id, lease.event_id, lease.id), (id, event.id, wish.lease_id));
    assert_eq!((lease.destination_id, lease.attempts, lease.trigger), (destination(1), 0, Trigger::Initial));
    assert_eq!(lease.until, wish.until);
    assert!(store.claim(&[claim(id, 0)]).await.unwrap().is_empty());
    assert!(store.claim(&[claim(id, 1)]).await.unwrap().is_empty());
}

async fn old_double_and_early_hints_miss(store: Store) {
    let lease = claimed(&store).await;
    let due_at = NOW + Duration::from_secs(20);
    store.settle(&[settlement(&lease, retry_at(due_at))]).await.unwrap();
    let id = lease.delivery_id;
    assert!(store.claim(&[claim(id, 0), claim(id, 2)]).await.unwrap().is_empty());
    let leases = store.claim(&[claim(id, 1), claim(id, 1)]).await.unwrap();
    assert_eq!(leases.len(), 1);
    assert_eq!(leases[0].number(), 2);
}

async fn a_settled_delivery_has_its_attempt(store: Store) {
    let lease = claimed(&store).await;
    let settled = settlement(&lease, ended(State::Success));
    assert_eq!(store.settle(std::slice::from_ref(&settled)).await.unwrap(), [lease.delivery_id].into());
    assert!(store.settle(&[settled]).await.unwrap().is_empty());
    assert!(store.claim(&[claim(lease.delivery_id, 1)]).await.unwrap().is_empty());
    assert_eq!(store.oldest_due().await.unwrap(), None);
}

async fn a_stale_worker_changes_nothing(store: Store) {
    let stale = claimed(&store).await;
    store.settle(&[settlement(&stale, retry_at(NOW))]).await.unwrap();
    let fresh = store.claim(&[claim(stale.delivery_id, 1)]).await.unwrap()[0];
    assert!(store.settle(&[settlement(&stale, ended(State::Failed))]).await.unwrap().is_empty());
    store.hand_back(&[(stale.delivery_id, stale.id, NOW)]).await.unwrap();
    assert_eq!(store.settle(&[settlement(&fresh, ended(State::Success))]).await.unwrap().len(), 1);
}

async fn what_is_handed_back_is_not_charged(store: Store) {
    let lease = claimed(&store).await;
    let due_at = NOW + Duration::from_secs(15);
    store.hand_back(&[(lease.delivery_id, lease.id, due_at)]).await.unwrap();
    assert_eq!(store.oldest_due().await.unwrap(), Some(due_at));
    assert_eq!(store.claim(&[claim(lease.delivery_id, 0)]).await.unwrap().len(), 1);
}

async fn an_old_hint_does_not_claim_what_is_due_later(store: Store) {
    let lease = claimed(&store).await;
    let due_at = NOW + Duration::from_secs(300);
    store.hand_back(&[(lease.delivery_id, lease.id, due_at)]).await.unwrap();
    let old = Claim { due_by: NOW + Duration::from_secs(15), ..claim(lease.delivery_id, 0) };
    assert!(store.claim(&[old]).await.unwrap().is_empty(), "its handler may still be at work");
    assert_eq!(store.claim(&[Claim { due_by: due_at, ..old }]).await.unwrap().len(), 1);
}

async fn lost_hints_come_back_when_they_are_due(store: Store) {
    let events = [event_to(&[1]), event_to(&[2])];
    store.append(&events).await.unwrap();
    assert!(store.due(NOW + GRACE - Duration::from_millis(1), 10).await.unwrap().is_empty());
    let due = store.due(NOW + GRACE, 10).await.unwrap();
    let mut found: Vec<_> = due
        .iter()
        .map(|due| match due {
            Due::Free(overdue) => overdue.hint,
            Due::Abandoned { .. } => panic!("nobody has claimed it"),
        })
        .collect();
    let mut wanted = hints(&events);
    found.sort_by_key(|hint| hint.delivery_id);
    wanted.sort_by_key(|hint| hint.delivery_id);
    assert_eq!(found, wanted);
    assert_eq!(store.due(NOW + GRACE, 1).await.unwrap().len(), 1);
}

async fn a_vanished_worker_is_found(store: Store) {
    let lease = claimed(&store).await;
    assert!(store.due(lease.until - Duration::from_millis(1), 10).await.unwrap().is_empty());
    let due = store.due(lease.until, 10).await.unwrap();
    assert_eq!(due, [Due::Abandoned { lease, claimed_at: NOW }]);
    assert_eq!(store.settle(&[settlement(&lease, retry_at(lease.until))]).await.unwrap().len(), 1);
    assert_eq!(store.claim(&[claim(lease.delivery_id, 1)]).await.unwrap().len(), 1);
}

async fn only_one_sweeper_defers(store: Store) {
    let event = event_to(&[1]);
    store.append(std::slice::from_ref(&event)).await.unwrap();
    let Due::Free(overdue) = store.due(NOW + GRACE, 10).await.unwrap()[0] else { panic!("nobody has claimed it") };
    let until = NOW + GRACE + GRACE;
    assert_eq!(store.defer(&[overdue], until).await.unwrap(), [event.deliveries[0].id]);
    assert!(store.defer(&[overdue], until).await.unwrap().is_empty());
    store.claim(&[claim(event.deliveries[0].id, 0)]).await.unwrap();
    let seen_again = anyhook_store::log::Overdue { due_at: until, ..overdue };
    assert!(store.defer(&[seen_again], until + GRACE).await.unwrap().is_empty());
}
