//! Rejected events that are accepted late.

use std::time::Duration;

use anyhook_domain::{
    DeliveryId, EventId, Month, TenantId,
    delivery::HeldReason,
    event::{EventStatus, Verification, dedup_key},
};
use anyhook_store::{
    Store,
    config::CreateApp,
    log::{
        Appended, EventFilter, Narrowing, NewDelivery, NewEvent, Readmission, Readmitted, ReplayTimes, StoredEvent,
        Wanted,
    },
};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{
    fixture::{GRACE, NOW, app, claim, destination, event, on_both, on_postgres_at, rows},
    two_tenants::{app_row, sign_up},
};

on_both! {
    a_rejected_event_is_accepted_late
    of_one_event_only_one_is_accepted
    what_came_again_meanwhile_stays_rejected
    another_body_is_kept_and_flagged
    who_comes_second_finds_nothing
    two_at_once_release_each_event_once
    what_is_paused_is_held
    nobody_releases_for_another
    pages_are_bounded
}

const TENANT: TenantId = TenantId(Uuid::from_u128(1));
const STRANGER: TenantId = TenantId(Uuid::from_u128(2));
const LATER: Duration = Duration::from_secs(40 * 24 * 60 * 60);

fn times() -> ReplayTimes {
    ReplayTimes { now: NOW + LATER, due_at: NOW + LATER + GRACE }
}

/// The `nth` rejected event in time.
fn rejected(n: u64) -> NewEvent {
    NewEvent {
        id: EventId::new(NOW + Duration::from_millis(n), rand::random()),
        verification: Verification::Failed,
        rejection: Some("signed with another secret".into()),
        event_type: None,
        ..event()
    }
}

/// What makes an event of the provider's id accepted, and sends it to these.
fn readmission(event: &NewEvent, id: Option<&str>, destinations: &[u128]) -> Readmission {
    let delivery = |n: &u128| NewDelivery {
        id: DeliveryId::new(times().now, rand::random()),
        destination_id: destination(*n),
        due_at: times().due_at,
        held: None,
    };
    Readmission {
        event_id: event.id,
        source: "stripe".into(),
        event_type: Some("charge.succeeded".into()),
        provider_id: id.map(str::to_owned),
        dedup_key: id.map(|id| dedup_key("stripe", Verification::Verified, id)),
        verification: Verification::Verified,
        path_rest: "/shorter".into(),
        terms: vec![[8; 16]],
        deliveries: destinations.iter().map(delivery).collect(),
    }
}

/// Apps have keys of events only as long as they exist.
async fn with_app(store: &Store) {
    sign_up(store, 1).await;
    assert_eq!(store.create_app(&app_row(1), &[], 10, &[], None).await.unwrap(), CreateApp::Made);
}

async fn release(store: &Store, events: &[Readmission]) -> Vec<Readmitted> {
    store.release_rejected(TENANT, app(1), events, times()).await.unwrap()
}

async fn stored(store: &Store, event: &NewEvent) -> StoredEvent {
    store.inspect_event(TENANT, event.id).await.unwrap().unwrap()
}

async fn status(store: &Store, event: &NewEvent) -> EventStatus {
    let filter = EventFilter {
        tenant: TENANT,
        app: None,
        wanted: Wanted::Any,
        narrowing: Narrowing::default(),
        before: None,
        limit: 50,
    };
    let page = store.list_events(&filter).await.unwrap();
    page.events.iter().find(|it| it.id == event.id).unwrap().status
}

async fn used(store: &Store) -> u64 {
    assert_eq!(store.usage(TENANT, Month::of(NOW)).await.unwrap(), 0, "the month in which it came");
    store.usage(TENANT, Month::of(times().now)).await.unwrap()
}

async fn a_rejected_event_is_accepted_late(store: Store) {
    with_app(&store).await;
    let event = rejected(0);
    store.append(std::slice::from_ref(&event)).await.unwrap();
    let page = store.rejected_events(TENANT, app(1), None).await.unwrap();
    assert_eq!((page.events.len(), page.next), (1, None));
    let found = &page.events[0];
    assert_eq!((found.event_id, found.received_at, found.salt), (event.id, NOW, event.salt));
    assert_eq!((&found.sealed_head, &found.sealed_body), (&event.sealed_head, &event.sealed_body));

    let readmission = readmission(&event, Some("evt_1"), &[1]);
    assert_eq!(release(&store, std::slice::from_ref(&readmission)).await, [Readmitted::Released]);
    let now = stored(&store, &event).await;
    assert_eq!((now.source.as_str(), now.event_type.as_deref()), ("stripe", Some("charge.succeeded")));
    assert_eq!((now.provider_id.as_deref(), now.path_rest.as_str()), (Some("evt_1"), "/shorter"));
    assert_eq!((now.verification, now.rejection.as_deref()), (Verification::Verified, None));
    assert_eq!(now.received_at, NOW);
    assert_eq!(status(&store, &event).await, EventStatus::Queued);
    assert_eq!(used(&store).await, 1);
    assert_eq!(store.claim(&[claim(readmission.deliveries[0].id, 0)]).await.unwrap().len(), 1);
    assert!(store.rejected_events(TENANT, app(1), None).await.unwrap().events.is_empty());
    // Its provider sends it once more.
    let again = NewEvent { dedup_key: readmission.dedup_key, ..self::event() };
    assert_eq!(store.append(&[again]).await.unwrap(), [Appended::Duplicate { first: event.id }]);
}

async fn of_one_event_only_one_is_accepted(store: Store) {
    with_app(&store).await;
    let events = [rejected(0), rejected(1), rejected(2)];
    store.append(&events).await.unwrap();
    // The order of the request is not that of time.
    let readmissions: Vec<_> = events.iter().rev().map(|it| readmission(it, Some("evt_1"), &[1])).collect();
    let repeat = Readmitted::Duplicate { first: events[0].id };
    assert_eq!(release(&store, &readmissions).await, [repeat, repeat, Readmitted::Released]);
    assert_eq!(used(&store).await, 1);
    assert!(store.rejected_events(TENANT, app(1), None).await.unwrap().events.is_empty(), "they are known");
}

async fn what_came_again_meanwhile_stays_rejected(store: Store) {
    with_app(&store).await;
    let (early, key) = (rejected(0), dedup_key("stripe", Verification::Verified, "evt_1"));
    store.append(std::slice::from_ref(&early)).await.unwrap();
    let retry = NewEvent { dedup_key: Some(key), received_at: times().now, ..event() };
    store.append(std::slice::from_ref(&retry)).await.unwrap();
    let fates = release(&store, &[readmission(&early, Some("evt_1"), &[1])]).await;
    assert_eq!(fates, [Readmitted::Duplicate { first: retry.id }]);
    let now = stored(&store, &early).await;
    assert_eq!(now.rejection.unwrap(), format!("the same event as {}", retry.id));
    assert_eq!((now.verification, now.deliveries.len()), (Verification::Failed, 0));
    assert_eq!(used(&store).await, 1);
}

#[tokio::test]
async fn on_postgres_repeats_are_counted() {
    on_postgres_at(async |store, url| {
        with_app(&store).await;
        let events = [rejected(0), rejected(1), rejected(2)];
        store.append(&events).await.unwrap();
        release(&store, &events.each_ref().map(|it| readmission(it, Some("evt_1"), &[]))).await;
        assert_eq!(rows(&url, "SELECT n_duplicates FROM events ORDER BY id").await, [2, 0, 0]);
    })
    .await;
}

async fn another_body_is_kept_and_flagged(store: Store) {
    with_app(&store).await;
    let events = [rejected(0), NewEvent { body_hash: [2; 32], ..rejected(1) }];
    for (event, is_conflicting) in events.iter().zip([false, true]) {
        store.append(std::slice::from_ref(event)).await.unwrap();
        assert_eq!(release(&store, &[readmission(event, Some("evt_1"), &[1])]).await, [Readmitted::Released]);
        assert_eq!(stored(&store, event).await.is_conflicting, is_conflicting);
    }
}

async fn who_comes_second_finds_nothing(store: Store) {
    with_app(&store).await;
    let (event, accepted) = (rejected(0), event());
    store.append(&[event.clone(), NewEvent { received_at: times().now, ..accepted.clone() }]).await.unwrap();
    let readmission = |event| readmission(event, Some("evt_1"), &[1]);
    assert_eq!(release(&store, &[readmission(&event)]).await, [Readmitted::Released]);
    let others = [readmission(&event), readmission(&accepted), readmission(&rejected(1))];
    assert_eq!(release(&store, &others).await, [Readmitted::Gone; 3]);
    assert_eq!((stored(&store, &event).await.deliveries.len(), used(&store).await), (1, 2));
}

async fn two_at_once_release_each_event_once(store: Store) {
    with_app(&store).await;
    let events: Vec<_> = (0..40).map(rejected).collect();
    store.append(&events).await.unwrap();
    let mut tasks = JoinSet::new();
    for n in 0..4 {
        let (store, mut events) = (store.clone(), events.clone());
        tasks.spawn(async move {
            events.rotate_left(n * 7);
            let ids = (0..).map(|n| format!("evt_{n}"));
            let readmissions = events.iter().zip(ids).map(|(it, id)| readmission(it, Some(&id), &[1, 2]));
            let fates = release(&store, &readmissions.collect::<Vec<_>>()).await;
            fates.into_iter().filter(|fate| *fate == Readmitted::Released).count() as u64
        });
    }
    let n_released: u64 = tasks.join_all().await.into_iter().sum();
    assert_eq!(n_released, used(&store).await);
    let mut n_deliveries = 0;
    for event in &events {
        let event = stored(&store, event).await;
        let n = if event.rejection.is_none() { 2 } else { 0 };
        assert_eq!(event.deliveries.len(), n);
        n_deliveries += n as u64;
    }
    assert_eq!(n_deliveries, 2 * n_released);
}

async fn what_is_paused_is_held(store: Store) {
    with_app(&store).await;
    let event = rejected(0);
    store.append(std::slice::from_ref(&event)).await.unwrap();
    let mut readmission = Readmission { verification: Verification::None, ..readmission(&event, None, &[1]) };
    readmission.deliveries[0].held = Some(HeldReason::AppPaused);
    assert_eq!(release(&store, &[readmission]).await, [Readmitted::Released]);
    assert_eq!(status(&store, &event).await, EventStatus::Held);
    assert_eq!(stored(&store, &event).await.verification, Verification::None);
}

async fn nobody_releases_for_another(store: Store) {
    with_app(&store).await;
    let event = rejected(0);
    store.append(std::slice::from_ref(&event)).await.unwrap();
    let readmission = [readmission(&event, None, &[1])];
    for (tenant, of) in [(STRANGER, app(1)), (TENANT, app(2))] {
        assert!(store.rejected_events(tenant, of, None).await.unwrap().events.is_empty());
        assert_eq!(store.release_rejected(tenant, of, &readmission, times()).await.unwrap(), [Readmitted::Gone]);
    }
    assert_eq!((status(&store, &event).await, used(&store).await), (EventStatus::Rejected, 0));
}

async fn pages_are_bounded(store: Store) {
    let large = |n| NewEvent { body_bytes: 3 << 20, ..rejected(n) };
    let events: Vec<_> = (0..70).map(rejected).chain([70, 71].map(large)).chain([rejected(72)]).collect();
    let huge = NewEvent { body_bytes: 10 << 20, ..rejected(73) };
    store.append(&[&events[..], &[huge]].concat()).await.unwrap();
    let (mut after, mut n_events) = (None, Vec::new());
    loop {
        let page = store.rejected_events(TENANT, app(1), after).await.unwrap();
        n_events.push(page.events.len());
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(n_events, [64, 7, 2, 1]);
}
