//! Forgotten events.

use anyhook_domain::{ApiKeyId, EventId, TenantId, delivery::State, event::EventStatus};
use anyhook_store::{
    Store,
    log::{Forget, Forgotten, NewEvent, StoredEvent},
};
use uuid::Uuid;

use crate::fixture::{GRACE, NOW, claim, destination, ended, event_to, on_both, retry_at, settlement};

on_both! {
    a_forgotten_event_keeps_nothing_but_its_facts
    deliveries_of_a_forgotten_event_end
    forgetting_again_changes_nothing
    nobody_forgets_for_another_tenant
}

const TENANT: TenantId = TenantId(Uuid::from_u128(1));

fn forget(event: &NewEvent) -> Forget {
    let api_key = Some(ApiKeyId(Uuid::from_u128(5)));
    Forget { tenant: TENANT, event: event.id, audit_id: Uuid::new_v4(), user: None, api_key, now: NOW + GRACE }
}

async fn inspect(store: &Store, event: EventId) -> StoredEvent {
    store.inspect_event(TENANT, event).await.unwrap().unwrap()
}

async fn a_forgotten_event_keeps_nothing_but_its_facts(store: Store) {
    let event = event_to(&[1]);
    store.append(std::slice::from_ref(&event)).await.unwrap();
    let lease = store.claim(&[claim(event.deliveries[0].id, 0)]).await.unwrap()[0];
    store.settle(&[settlement(&lease, ended(State::Success))]).await.unwrap();
    let done = store.forget_event(&forget(&event)).await.unwrap();
    assert_eq!(done, Some(Forgotten { is_repeat: false, n_ended: 0 }));
    let found = inspect(&store, event.id).await;
    assert!(found.sealed.is_none() && found.deliveries[0].attempts[0].sealed_answer.is_none());
    assert_eq!((&found.body_hash[..], found.summary().status), (&[1; 32][..], EventStatus::Success));
    assert!(store.content(event.id).await.unwrap().is_none());
    assert!(store.sealed_request(TENANT, event.id).await.unwrap().unwrap().sealed.is_none());
    assert!(!store.replayable(TENANT, event.id).await.unwrap().unwrap().has_content);
    let audited = store.audited(TENANT, 10).await.unwrap();
    assert_eq!(audited.len(), 1);
    assert_eq!((audited[0].action.as_str(), audited[0].subject.as_str()), ("event.forgotten", &*event.id.to_string()));
    assert_eq!(audited[0].api_key_id, Some(Uuid::from_u128(5)));
}

async fn deliveries_of_a_forgotten_event_end(store: Store) {
    let event = event_to(&[1, 2, 3]);
    store.append(std::slice::from_ref(&event)).await.unwrap();
    let lease = store.claim(&[claim(event.deliveries[1].id, 0)]).await.unwrap()[0];
    store.settle(&[settlement(&lease, retry_at(NOW + GRACE))]).await.unwrap();
    // The third one is being made just now.
    let running = store.claim(&[claim(event.deliveries[2].id, 0)]).await.unwrap()[0];
    let done = store.forget_event(&forget(&event)).await.unwrap();
    assert_eq!(done, Some(Forgotten { is_repeat: false, n_ended: 2 }));
    let found = inspect(&store, event.id).await;
    let of = |n| found.deliveries.iter().find(|it| it.destination_id == destination(n)).unwrap();
    for (n, n_attempts) in [(1, 1), (2, 2)] {
        let delivery = of(n);
        assert_eq!(
            (delivery.state, delivery.n_attempts, delivery.finished_at),
            (State::Failed, n_attempts, Some(NOW + GRACE))
        );
        let last = delivery.attempts.last().unwrap();
        assert_eq!((last.outcome.as_str(), last.number, last.status_code), ("not_sent", n_attempts, None));
        assert!(last.error.as_deref().unwrap().contains("forgotten"));
    }
    assert_eq!((of(3).state, of(3).n_attempts), (State::Pending, 0));
    assert!(store.settle(&[settlement(&running, ended(State::Success))]).await.unwrap().contains(&running.delivery_id));
    // What waited is claimed by nobody any more.
    assert!(
        store.claim(&[claim(event.deliveries[0].id, 0), claim(event.deliveries[0].id, 1)]).await.unwrap().is_empty()
    );
}

async fn forgetting_again_changes_nothing(store: Store) {
    let event = event_to(&[1]);
    store.append(std::slice::from_ref(&event)).await.unwrap();
    store.forget_event(&forget(&event)).await.unwrap();
    let again = store.forget_event(&forget(&event)).await.unwrap();
    assert_eq!(again, Some(Forgotten { is_repeat: true, n_ended: 0 }));
    assert_eq!(inspect(&store, event.id).await.deliveries[0].n_attempts, 1);
    assert_eq!(store.audited(TENANT, 10).await.unwrap().len(), 1);
}

async fn nobody_forgets_for_another_tenant(store: Store) {
    let event = event_to(&[1]);
    store.append(std::slice::from_ref(&event)).await.unwrap();
    let foreign = Forget { tenant: TenantId(Uuid::from_u128(99)), ..forget(&event) };
    assert_eq!(store.forget_event(&foreign).await.unwrap(), None);
    assert!(store.sealed_request(foreign.tenant, event.id).await.unwrap().is_none());
    assert!(inspect(&store, event.id).await.sealed.is_some());
}
