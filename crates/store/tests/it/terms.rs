//! Finding events by what stands for values inside them.

use std::time::Duration;

use anyhook_domain::{
    ApiKeyId, AppId, EventId, TenantId, Timestamp,
    blind::Term,
    delivery::State,
    event::{EventStatus, Verification, dedup_key},
};
use anyhook_store::{
    Store,
    log::{EventFilter, FieldTerms, Forget, Narrowing, NewEvent, Wanted},
};
use uuid::Uuid;

use crate::fixture::{NOW, claim, ended, event, event_to, on_both, rows, settlement};

on_both! {
    events_are_found_by_their_terms
    pages_of_a_term_go_on
    a_term_is_one_tenants
    what_is_stored_once_has_its_terms_once
    what_is_gone_is_not_found
}

const TENANT: TenantId = TenantId(Uuid::from_u128(1));
const STRANGER: TenantId = TenantId(Uuid::from_u128(99));

fn nth(n: u64, terms: &[u8], event: NewEvent) -> NewEvent {
    let id = EventId::new(NOW + Duration::from_millis(n), rand::random());
    NewEvent { id, terms: terms.iter().copied().map(term).collect(), ..event }
}

fn term(n: u8) -> Term {
    [n; 16]
}

/// One field for each list; the event has one of its terms.
fn filter(fields: &[&[u8]]) -> EventFilter {
    let field = |terms: &&[u8]| FieldTerms { field: "/a".into(), terms: terms.iter().copied().map(term).collect() };
    let narrowing = Narrowing { fields: fields.iter().map(field).collect(), ..Narrowing::default() };
    EventFilter { tenant: TENANT, app: None, wanted: Wanted::Any, narrowing, before: None, limit: 50 }
}

async fn found(store: &Store, filter: &EventFilter) -> Vec<EventId> {
    let page = store.list_events(filter).await.unwrap();
    assert_eq!(page.next, None);
    page.events.iter().map(|event| event.id).collect()
}

async fn events_are_found_by_their_terms(store: Store) {
    let failed = nth(3, &[1, 5], event_to(&[1]));
    let by_id = nth(4, &[1, 6], NewEvent { provider_id: Some("p".into()), ..event() });
    let events = [nth(0, &[1, 2], event()), nth(1, &[2], event()), nth(2, &[3], event()), failed, by_id];
    store.append(&events).await.unwrap();
    let lease = store.claim(&[claim(events[3].deliveries[0].id, 0)]).await.unwrap()[0];
    store.settle(&[settlement(&lease, ended(State::Failed))]).await.unwrap();
    let ids = |wanted: &[usize]| wanted.iter().map(|n| events[*n].id).collect::<Vec<_>>();
    for (fields, wanted) in [
        (&[&[1][..]][..], &[4, 3, 0][..]),
        (&[&[2]], &[1, 0]),
        (&[&[9]], &[]),
        // Of either key.
        (&[&[3, 2]], &[2, 1, 0]),
        (&[&[1], &[2]], &[0]),
        (&[&[2], &[1]], &[0]),
        (&[&[1], &[9]], &[]),
        (&[&[1], &[9, 5]], &[3]),
        (&[&[1], &[2], &[3]], &[]),
    ] {
        assert_eq!(found(&store, &filter(fields)).await, ids(wanted), "{fields:?}");
        let count = store.count_events(&filter(fields)).await.unwrap();
        assert_eq!((count.n, count.is_whole), (wanted.len() as u64, true), "{fields:?}");
    }
    let status = EventFilter { wanted: Wanted::Status(EventStatus::Failed), ..filter(&[&[1]]) };
    assert_eq!(found(&store, &status).await, ids(&[3]));
    let mut with_id = filter(&[&[1]]);
    with_id.narrowing.provider_id = Some("p".into());
    assert_eq!(found(&store, &with_id).await, ids(&[4]));
    let with_id = EventFilter {
        narrowing: Narrowing { fields: filter(&[&[2]]).narrowing.fields, ..with_id.narrowing },
        ..with_id
    };
    assert!(found(&store, &with_id).await.is_empty());
    let of_another_app = EventFilter { app: Some(AppId(Uuid::from_u128(7))), ..filter(&[&[1]]) };
    assert!(found(&store, &of_another_app).await.is_empty());
}

async fn pages_of_a_term_go_on(store: Store) {
    let events: Vec<_> = (0..30).map(|n| nth(n, &[1 + (n % 2) as u8], event())).collect();
    store.append(&events).await.unwrap();
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let page = store.list_events(&EventFilter { limit: 4, before, ..filter(&[&[1]]) }).await.unwrap();
        seen.extend(page.events.iter().map(|event| event.id));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    let expected: Vec<_> = events.iter().rev().filter(|event| event.terms == [term(1)]).map(|event| event.id).collect();
    assert_eq!(seen, expected);
    let at = |ms| Timestamp::from_unix_ms(NOW.unix_ms() + ms);
    let mut ranged = filter(&[&[1]]);
    (ranged.narrowing.since, ranged.narrowing.until) = (Some(at(10)), Some(at(14)));
    assert_eq!(found(&store, &ranged).await, [events[12].id, events[10].id]);
}

async fn a_term_is_one_tenants(store: Store) {
    let foreign = nth(0, &[1, 2], NewEvent { tenant_id: STRANGER, ..event() });
    store.append(&[foreign]).await.unwrap();
    assert!(found(&store, &filter(&[&[1]])).await.is_empty());
    assert!(found(&store, &filter(&[&[1], &[2]])).await.is_empty());
    assert_eq!(found(&store, &EventFilter { tenant: STRANGER, ..filter(&[&[1], &[2]]) }).await.len(), 1);
}

async fn what_is_stored_once_has_its_terms_once(store: Store) {
    let key = Some(dedup_key("replicate", Verification::Verified, "msg"));
    let first = nth(0, &[1], NewEvent { dedup_key: key, ..event() });
    let repeat = nth(1, &[1], NewEvent { dedup_key: key, ..event() });
    store.append(std::slice::from_ref(&first)).await.unwrap();
    store.append(std::slice::from_ref(&repeat)).await.unwrap();
    store.append_spooled(&[first.clone(), repeat]).await.unwrap();
    let spooled = nth(2, &[1], event());
    store.append_spooled(&[spooled.clone(), spooled.clone()]).await.unwrap();
    assert_eq!(found(&store, &filter(&[&[1]])).await, [spooled.id, first.id]);
    store.try_append().await.unwrap();
}

async fn what_is_gone_is_not_found(store: Store) {
    let kept = nth(0, &[1], event());
    let forgotten = nth(1, &[1], event());
    let expired = nth(2, &[1], NewEvent { keep_until: Some(NOW), ..event() });
    store.append(&[kept.clone(), forgotten.clone(), expired]).await.unwrap();
    let api_key = Some(ApiKeyId(Uuid::from_u128(5)));
    let forget =
        Forget { tenant: TENANT, event: forgotten.id, audit_id: Uuid::new_v4(), user: None, api_key, now: NOW };
    store.forget_event(&forget).await.unwrap().unwrap();
    let pruned = store.prune(NOW + Duration::from_secs(1), NOW, 10).await.unwrap();
    assert_eq!(pruned.n_events, 1);
    assert_eq!(found(&store, &filter(&[&[1]])).await, [kept.id]);
}

#[tokio::test]
async fn nothing_is_left_of_terms_that_are_gone() {
    crate::fixture::on_postgres_at(async |store, url| {
        what_is_gone_is_not_found(store).await;
        assert_eq!(rows(&url, "SELECT count(*) FROM event_terms").await, [1]);
    })
    .await;
}
