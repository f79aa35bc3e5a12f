//! Lists that are narrowed down.

use std::time::Duration;

use anyhook_domain::{EventId, TenantId, delivery::State, event::EventStatus};
use anyhook_store::{
    Store,
    log::{EventFilter, EventPage, Narrowing, NewEvent, Wanted},
};
use uuid::Uuid;

use crate::fixture::{NOW, app, claim, ended, event, event_to, on_both, settlement};

on_both! {
    events_are_found_by_what_their_rows_say
    events_are_found_by_their_time
    events_are_found_by_their_last_attempt
    an_id_is_found_however_old_it_is
    a_page_looks_at_a_bounded_part_of_the_log
}

const TENANT: TenantId = TenantId(Uuid::from_u128(1));

/// The `nth` event in time, a second after the one before.
fn nth(n: u64, event: NewEvent) -> NewEvent {
    NewEvent { id: EventId::new(NOW + Duration::from_secs(n), rand::random()), ..event }
}

fn filter(wanted: Wanted, narrowing: Narrowing) -> EventFilter {
    EventFilter { tenant: TENANT, app: None, wanted, narrowing, before: None, limit: 50 }
}

fn ids(page: &EventPage) -> Vec<EventId> {
    page.events.iter().map(|event| event.id).collect()
}

async fn found(store: &Store, narrowing: Narrowing) -> Vec<EventId> {
    let page = store.list_events(&filter(Wanted::Any, narrowing)).await.unwrap();
    assert_eq!(page.next, None);
    ids(&page)
}

async fn events_are_found_by_what_their_rows_say(store: Store) {
    let stripe = |word: &str| NewEvent { source: "stripe", event_type: Some(word.into()), ..event() };
    let failed = nth(0, NewEvent { provider_id: Some("ch_1".into()), ..stripe("charge.failed") });
    let paid = nth(1, NewEvent { path_rest: "/Köln/50%".into(), ..stripe("charge.paid") });
    let other = nth(2, NewEvent { event_type: None, ..event() });
    store.append(&[failed.clone(), paid.clone(), other.clone()]).await.unwrap();
    let word = |text: &str| Some(text.to_owned());
    for (narrowing, expected) in [
        (Narrowing { source: word("stripe"), ..Narrowing::default() }, vec![paid.id, failed.id]),
        (Narrowing { event_type: word("charge.paid"), ..Narrowing::default() }, vec![paid.id]),
        (Narrowing { event_type: word("charge.*"), ..Narrowing::default() }, vec![paid.id, failed.id]),
        (Narrowing { event_type: word("charge"), ..Narrowing::default() }, vec![]),
        (Narrowing { provider_id: word("ch_1"), ..Narrowing::default() }, vec![failed.id]),
        (Narrowing { provider_id: word("ch_1"), source: word("slack"), ..Narrowing::default() }, vec![]),
        (Narrowing { text: word("köln"), ..Narrowing::default() }, vec![paid.id]),
        (Narrowing { text: word("%"), ..Narrowing::default() }, vec![paid.id]),
        (Narrowing { text: word("CHARGE."), ..Narrowing::default() }, vec![paid.id, failed.id]),
        (Narrowing { apps: Some(vec![app(1)]), ..Narrowing::default() }, vec![other.id, paid.id, failed.id]),
        (Narrowing { apps: Some(vec![app(2)]), ..Narrowing::default() }, vec![]),
    ] {
        assert_eq!(found(&store, narrowing.clone()).await, expected, "{narrowing:?}");
        let foreign = EventFilter { tenant: TenantId(Uuid::from_u128(99)), ..filter(Wanted::Any, narrowing) };
        assert!(store.list_events(&foreign).await.unwrap().events.is_empty());
    }
}

async fn events_are_found_by_their_time(store: Store) {
    let events: Vec<_> = (0..4).map(|n| nth(n, event_to(&[1]))).collect();
    store.append(&events).await.unwrap();
    let at = |n| Some(NOW + Duration::from_secs(n));
    for wanted in [Wanted::Any, Wanted::Status(EventStatus::Queued)] {
        let narrowing = Narrowing { since: at(1), until: at(3), ..Narrowing::default() };
        let page = store.list_events(&filter(wanted, narrowing.clone())).await.unwrap();
        assert_eq!((ids(&page), page.next), (vec![events[2].id, events[1].id], None));
        // A cursor is as good within a range as outside of it.
        let first = EventFilter { limit: 1, ..filter(wanted, narrowing) };
        let page = store.list_events(&first).await.unwrap();
        assert_eq!((ids(&page), page.next), (vec![events[2].id], Some(events[2].id)));
        let page = store.list_events(&EventFilter { before: page.next, ..first }).await.unwrap();
        assert_eq!((ids(&page), page.next), (vec![events[1].id], None));
    }
}

async fn events_are_found_by_their_last_attempt(store: Store) {
    let events = [nth(0, event_to(&[1])), nth(1, event_to(&[1])), nth(2, event_to(&[1]))];
    store.append(&events).await.unwrap();
    for (event, code) in events.iter().zip([502, 404]) {
        let lease = store.claim(&[claim(event.deliveries[0].id, 0)]).await.unwrap()[0];
        let mut settlement = settlement(&lease, ended(State::Failed));
        settlement.attempt.status_code = Some(code);
        settlement.attempt.error = Some(format!("the handler answered {code}"));
        store.settle(&[settlement]).await.unwrap();
    }
    let by_code = Narrowing { outbound_status: Some(502), ..Narrowing::default() };
    assert_eq!(found(&store, by_code.clone()).await, [events[0].id]);
    let by_error = Narrowing { text: Some("answered 404".into()), ..Narrowing::default() };
    assert_eq!(found(&store, by_error).await, [events[1].id]);
    let page = store.list_events(&filter(Wanted::Status(EventStatus::Failed), by_code)).await.unwrap();
    assert_eq!(ids(&page), [events[0].id]);
}

async fn an_id_is_found_however_old_it_is(store: Store) {
    let wanted = nth(0, NewEvent { provider_id: Some("ch_1".into()), ..event() });
    let others: Vec<_> = (1..700).map(|n| nth(n, event())).collect();
    store.append(std::slice::from_ref(&wanted)).await.unwrap();
    store.append(&others).await.unwrap();
    let by_id = Narrowing { text: Some(wanted.id.to_string()), ..Narrowing::default() };
    let by_provider = Narrowing { provider_id: Some("ch_1".into()), ..Narrowing::default() };
    for narrowing in [by_id, by_provider] {
        assert_eq!(found(&store, narrowing).await, [wanted.id]);
    }
}

async fn a_page_looks_at_a_bounded_part_of_the_log(store: Store) {
    let wanted = nth(0, NewEvent { source: "stripe", ..event() });
    store.append(std::slice::from_ref(&wanted)).await.unwrap();
    let others: Vec<_> = (1..=5_200).map(|n| nth(n, event())).collect();
    for some in others.chunks(650) {
        store.append(some).await.unwrap();
    }
    let mut filter = filter(Wanted::Any, Narrowing { source: Some("stripe".into()), ..Narrowing::default() });
    let page = store.list_events(&filter).await.unwrap();
    assert_eq!((ids(&page), page.next), (vec![], Some(others[200].id)), "5,000 were looked at");
    filter.before = page.next;
    let page = store.list_events(&filter).await.unwrap();
    assert_eq!((ids(&page), page.next), (vec![wanted.id], None));
}
