//! What the dashboard reads from the log, and what a replay changes in it.

use std::{collections::HashSet, time::Duration};

use anyhook_domain::{
    DeliveryId, DestinationId, EventId, TenantId,
    delivery::{HeldReason, State, Trigger},
    event::{EventStatus, Verification},
};
use anyhook_store::{
    Store,
    log::{EventFilter, EventPage, FailedSearch, Narrowing, NewEvent, ReplayTimes, StoredEvent, Wanted},
};
use uuid::Uuid;

use crate::fixture::{GRACE, NOW, app, claim, destination, ended, event, event_to, on_both, retry_at, settlement};

on_both! {
    events_come_newest_first_in_pages
    each_status_is_found
    a_tenant_sees_its_own_apps_only
    a_rare_status_is_found_behind_many_others
    the_worst_delivery_speaks_for_its_event
    an_event_is_inspected_whole
    of_an_event_replayed_without_end_the_newest_is_shown
    a_replay_takes_the_place_of_what_waits
    a_replay_leaves_a_running_attempt_to_its_worker
    replays_at_once_leave_one_current_delivery
    nobody_replays_for_another_tenant
    failed_events_are_replayed_in_batches
    failed_events_are_replayed_once
    failures_at_a_deleted_destination_stand_in_nobodys_way
}

const TENANT: TenantId = TenantId(Uuid::from_u128(1));
const STRANGER: TenantId = TenantId(Uuid::from_u128(99));
const TIMES: ReplayTimes = ReplayTimes { now: NOW, due_at: NOW };

/// The `nth` event in time.
fn nth(n: u64, event: NewEvent) -> NewEvent {
    NewEvent { id: EventId::new(NOW + Duration::from_millis(n), rand::random()), ..event }
}

fn new_id() -> DeliveryId {
    DeliveryId::new(NOW, rand::random())
}

fn filter(wanted: Wanted) -> EventFilter {
    EventFilter { tenant: TENANT, app: None, wanted, narrowing: Narrowing::default(), before: None, limit: 50 }
}

fn ids(page: &EventPage) -> Vec<EventId> {
    page.events.iter().map(|event| event.id).collect()
}

/// Makes one attempt of an event's `at`th delivery end so.
async fn attempt(store: &Store, event: &NewEvent, at: usize, state: State) {
    let leases = store.claim(&[claim(event.deliveries[at].id, 0)]).await.unwrap();
    let next = if state == State::Pending { retry_at(NOW + GRACE) } else { ended(state) };
    store.settle(&[settlement(&leases[0], next)]).await.unwrap();
}

async fn inspect(store: &Store, event: &NewEvent) -> StoredEvent {
    store.inspect_event(TENANT, event.id).await.unwrap().unwrap()
}

fn search(destinations: &[DestinationId]) -> FailedSearch<'_> {
    FailedSearch { tenant: TENANT, app: app(1), destinations, after: None, most: 500 }
}

async fn events_come_newest_first_in_pages(store: Store) {
    let events: Vec<_> = (0..5).map(|n| nth(n, event())).collect();
    store.append(&events).await.unwrap();
    let newest_first: Vec<_> = events.iter().rev().map(|event| event.id).collect();
    for app in [None, Some(app(1))] {
        let first = EventFilter { app, limit: 2, ..filter(Wanted::Any) };
        let page = store.list_events(&first).await.unwrap();
        assert_eq!((ids(&page), page.next), (newest_first[..2].to_vec(), Some(newest_first[1])));
        let page = store.list_events(&EventFilter { before: page.next, limit: 3, ..first.clone() }).await.unwrap();
        assert_eq!((ids(&page), page.next), (newest_first[2..].to_vec(), None));
    }
    let summary = &store.list_events(&filter(Wanted::Any)).await.unwrap().events[0];
    assert_eq!((summary.app_id, summary.source.as_str(), summary.received_at), (app(1), "replicate", NOW));
    assert_eq!((summary.status, summary.n_attempts), (EventStatus::Success, 0));
    assert!(summary.leading.is_none());
}

async fn each_status_is_found(store: Store) {
    let events: Vec<_> = (0..6).map(|n| nth(n, event_to(&[1]))).collect();
    let [done, queued, mut held, retrying, failed, mut rejected] = <[NewEvent; 6]>::try_from(events).unwrap();
    held.deliveries[0].held = Some(HeldReason::AppPaused);
    rejected.deliveries.clear();
    rejected.verification = Verification::Failed;
    rejected.rejection = Some("signed with another secret".into());
    let all = [done, queued, held, retrying, failed, rejected];
    store.append(&all).await.unwrap();
    attempt(&store, &all[0], 0, State::Success).await;
    attempt(&store, &all[3], 0, State::Pending).await;
    attempt(&store, &all[4], 0, State::Failed).await;
    for (event, status) in all.iter().zip(EventStatus::ALL) {
        for app in [None, Some(app(1))] {
            let filter = EventFilter { app, ..filter(Wanted::Status(status)) };
            assert_eq!(ids(&store.list_events(&filter).await.unwrap()), [event.id], "{status:?}");
        }
    }
    let undelivered = store.list_events(&filter(Wanted::Undelivered)).await.unwrap();
    assert_eq!(ids(&undelivered), [4, 3, 2, 1].map(|at: usize| all[at].id));
}

async fn a_tenant_sees_its_own_apps_only(store: Store) {
    let mine = [nth(0, event_to(&[1])), nth(2, NewEvent { app_id: app(2), ..event_to(&[2]) })];
    let foreign = nth(1, NewEvent { tenant_id: STRANGER, app_id: app(3), ..event_to(&[3]) });
    store.append(&mine).await.unwrap();
    store.append(std::slice::from_ref(&foreign)).await.unwrap();
    // Even if somebody names a foreign app, or a foreign event as the cursor.
    for wanted in [Wanted::Any, Wanted::Undelivered, Wanted::Status(EventStatus::Queued)] {
        let found = store.list_events(&filter(wanted)).await.unwrap();
        assert_eq!(ids(&found), [mine[1].id, mine[0].id]);
        let before = EventFilter { before: Some(foreign.id), ..filter(wanted) };
        assert_eq!(ids(&store.list_events(&before).await.unwrap()), [mine[0].id]);
        let foreign_app = EventFilter { app: Some(app(3)), ..filter(wanted) };
        assert!(store.list_events(&foreign_app).await.unwrap().events.is_empty());
    }
    assert!(store.inspect_event(TENANT, foreign.id).await.unwrap().is_none());
}

async fn a_rare_status_is_found_behind_many_others(store: Store) {
    let wanted: Vec<_> = (0..3).map(|n| nth(n, event_to(&[1]))).collect();
    // Each of them has a queued delivery, and yet another status.
    let others: Vec<_> = (10..620).map(|n| nth(n, event_to(&[1, 2]))).collect();
    store.append(&wanted).await.unwrap();
    store.append(&others).await.unwrap();
    let claims: Vec<_> = others.iter().map(|event| claim(event.deliveries[1].id, 0)).collect();
    let leases = store.claim(&claims).await.unwrap();
    let settlements: Vec<_> = leases.iter().map(|lease| settlement(lease, ended(State::Failed))).collect();
    store.settle(&settlements).await.unwrap();
    let filter = EventFilter { limit: 2, ..filter(Wanted::Status(EventStatus::Queued)) };
    let page = store.list_events(&filter).await.unwrap();
    assert_eq!((ids(&page), page.next), (vec![wanted[2].id, wanted[1].id], Some(wanted[1].id)));
    let page = store.list_events(&EventFilter { before: page.next, ..filter.clone() }).await.unwrap();
    assert_eq!((ids(&page), page.next), (vec![wanted[0].id], None));
}

async fn the_worst_delivery_speaks_for_its_event(store: Store) {
    let event = event_to(&[1, 2, 3]);
    store.append(std::slice::from_ref(&event)).await.unwrap();
    attempt(&store, &event, 0, State::Success).await;
    attempt(&store, &event, 1, State::Failed).await;
    let page = store.list_events(&filter(Wanted::Any)).await.unwrap();
    for summary in [page.events[0].clone(), inspect(&store, &event).await.summary()] {
        assert_eq!((summary.status, summary.n_attempts), (EventStatus::Failed, 2));
        let leading = summary.leading.unwrap();
        assert_eq!((leading.destination_id, leading.attempts), (destination(2), 1));
        let last = leading.last.unwrap();
        assert_eq!((last.status_code, last.duration_ms, last.url.as_str()), (Some(200), 5, "http://127.0.0.1/hook"));
    }
}

async fn an_event_is_inspected_whole(store: Store) {
    let event = NewEvent { provider_id: Some("p-1".into()), ..event_to(&[1]) };
    store.append(std::slice::from_ref(&event)).await.unwrap();
    attempt(&store, &event, 0, State::Pending).await;
    let found = inspect(&store, &event).await;
    assert_eq!((found.method.as_str(), found.path_rest.as_str()), ("POST", "/rest"));
    assert_eq!((found.provider_id.as_deref(), found.body_bytes, found.key_version), (Some("p-1"), 4, 1));
    assert_eq!(found.body_hash, [1; 32]);
    let sealed = found.sealed.unwrap();
    assert_eq!((sealed.salt, sealed.head, sealed.body), ([7; 16], b"head".to_vec(), b"body".to_vec()));
    let [delivery] = &found.deliveries[..] else { panic!("{:?}", found.deliveries) };
    assert_eq!((delivery.state, delivery.n_attempts, delivery.trigger), (State::Pending, 1, Trigger::Initial));
    assert_eq!((delivery.next_attempt_at, delivery.is_current), (Some(NOW + GRACE), true));
    let [attempt] = &delivery.attempts[..] else { panic!("{:?}", delivery.attempts) };
    assert_eq!((attempt.number, attempt.status_code, attempt.connect_ms), (1, Some(200), Some(1)));
    assert_eq!(attempt.sealed_answer.as_deref(), Some(&b"answer"[..]));
    // While an attempt runs, nobody knows when the next one will be.
    store.claim(&[claim(event.deliveries[0].id, 1)]).await.unwrap();
    assert_eq!(inspect(&store, &event).await.deliveries[0].next_attempt_at, None);
}

async fn of_an_event_replayed_without_end_the_newest_is_shown(store: Store) {
    let event = event_to(&[1, 2]);
    store.append(std::slice::from_ref(&event)).await.unwrap();
    attempt(&store, &event, 1, State::Failed).await;
    for n in 1..=110 {
        let at = NOW + Duration::from_secs(n);
        let target = [(destination(1), DeliveryId::new(at, rand::random()))];
        let times = ReplayTimes { now: at, due_at: at };
        let hints = store.replay_event(TENANT, event.id, &target, times).await.unwrap().unwrap();
        let leases = store.claim(&[claim(hints[0].delivery_id, 0)]).await.unwrap();
        let mut settlement = settlement(&leases[0], ended(State::Success));
        settlement.attempt.started_at = at;
        settlement.attempt.sealed_answer = Some(vec![0; 100_000]);
        store.settle(&[settlement]).await.unwrap();
    }
    let found = inspect(&store, &event).await;
    // The other destination's delivery is older than all of them, and yet current.
    let [first, replays @ ..] = &found.deliveries[..] else { panic!("nothing is shown") };
    assert_eq!((first.destination_id, first.is_current, replays.len()), (destination(2), true, 99));
    assert!(replays.is_sorted_by_key(|it| it.created_at) && replays[98].is_current);
    assert_eq!((found.summary().status, found.summary().leading.unwrap().attempts), (EventStatus::Failed, 1));
    // Of the answers, four mebibytes, newest first.
    let answers = replays.iter().map(|it| it.attempts[0].sealed_answer.is_some()).collect::<Vec<_>>();
    assert_eq!(answers, [vec![false; 99 - 41], vec![true; 41]].concat());
    assert!(first.attempts[0].sealed_answer.is_none());
}

async fn a_replay_takes_the_place_of_what_waits(store: Store) {
    let mut event = event_to(&[1, 2, 3]);
    event.deliveries[1].held = Some(HeldReason::DestinationPaused);
    store.append(std::slice::from_ref(&event)).await.unwrap();
    attempt(&store, &event, 2, State::Success).await;
    let targets: Vec<_> = [1, 2, 3].map(|n| (destination(n), new_id())).into();
    let hints = store.replay_event(TENANT, event.id, &targets, TIMES).await.unwrap().unwrap();
    assert_eq!(hints.iter().map(|hint| (hint.destination_id, hint.delivery_id)).collect::<Vec<_>>(), targets);

    let found = inspect(&store, &event).await;
    let (new, old): (Vec<_>, Vec<_>) = found.deliveries.iter().partition(|it| it.is_current);
    let mut states: Vec<_> = old.iter().map(|it| (it.destination_id, it.state, it.finished_at)).collect();
    states.sort_by_key(|(destination, ..)| *destination);
    let expected = [(1, State::Failed), (2, State::Failed), (3, State::Success)];
    assert_eq!(states, expected.map(|(n, state)| (destination(n), state, Some(NOW))));
    assert!(old.iter().all(|it| it.held_reason.is_none() && it.next_attempt_at.is_none()));
    assert!(new.iter().all(|it| it.trigger == Trigger::Replay && it.state == State::Pending && it.n_attempts == 0));
    assert_eq!(found.summary().status, EventStatus::Queued);
    // The old hint misses, the new one hits.
    assert!(store.claim(&[claim(event.deliveries[0].id, 0)]).await.unwrap().is_empty());
    assert_eq!(store.claim(&[claim(hints[0].delivery_id, 0)]).await.unwrap()[0].trigger, Trigger::Replay);
}

async fn a_replay_leaves_a_running_attempt_to_its_worker(store: Store) {
    let event = event_to(&[1]);
    store.append(std::slice::from_ref(&event)).await.unwrap();
    let lease = store.claim(&[claim(event.deliveries[0].id, 0)]).await.unwrap()[0];
    store.replay_event(TENANT, event.id, &[(destination(1), new_id())], TIMES).await.unwrap().unwrap();
    let old = |found: &StoredEvent| found.deliveries.iter().find(|it| it.id == lease.delivery_id).cloned().unwrap();
    let found = inspect(&store, &event).await;
    assert_eq!((old(&found).state, old(&found).is_current), (State::Pending, false));
    let moved = store.settle(&[settlement(&lease, ended(State::Success))]).await.unwrap();
    assert!(moved.contains(&lease.delivery_id));
    let found = inspect(&store, &event).await;
    assert_eq!((old(&found).state, found.summary().status), (State::Success, EventStatus::Queued));
}

async fn replays_at_once_leave_one_current_delivery(store: Store) {
    let event = event_to(&[1]);
    store.append(std::slice::from_ref(&event)).await.unwrap();
    attempt(&store, &event, 0, State::Failed).await;
    let replay = || async {
        store.replay_event(TENANT, event.id, &[(destination(1), new_id())], TIMES).await.unwrap().unwrap();
    };
    let failed = || async {
        store.replay_failed(&search(&[destination(1)]), TIMES, new_id, &[]).await.unwrap();
    };
    tokio::join!(replay(), failed(), replay(), failed(), replay(), failed(), replay(), failed());
    let found = inspect(&store, &event).await;
    assert!(found.deliveries.len() >= 5);
    assert_eq!(found.deliveries.iter().filter(|it| it.is_current).count(), 1);
}

async fn nobody_replays_for_another_tenant(store: Store) {
    let event = event_to(&[1]);
    store.append(std::slice::from_ref(&event)).await.unwrap();
    assert_eq!(store.replayable(STRANGER, event.id).await.unwrap(), None);
    let target = [(destination(1), new_id())];
    assert_eq!(store.replay_event(STRANGER, event.id, &target, TIMES).await.unwrap(), None);
    attempt(&store, &event, 0, State::Failed).await;
    let targets = [destination(1)];
    let foreign = FailedSearch { tenant: STRANGER, ..search(&targets) };
    assert!(store.replay_failed(&foreign, TIMES, new_id, &[]).await.unwrap().hints.is_empty());
    assert_eq!(inspect(&store, &event).await.deliveries.len(), 1);
    let found = store.replayable(TENANT, event.id).await.unwrap().unwrap();
    assert_eq!((found.app_id, found.is_rejected, found.has_content), (app(1), false, true));
}

async fn failed_events_are_replayed_in_batches(store: Store) {
    let events: Vec<_> = (0..5).map(|n| nth(n, event_to(&[1, 2]))).collect();
    store.append(&events).await.unwrap();
    for event in &events {
        attempt(&store, event, 0, State::Failed).await;
        attempt(&store, event, 1, State::Failed).await;
    }
    let targets = [destination(1), destination(2)];
    let mut search = FailedSearch { most: 3, ..search(&targets) };
    let mut replayed = Vec::new();
    loop {
        let batch = store.replay_failed(&search, TIMES, new_id, &[]).await.unwrap();
        replayed.extend(batch.hints);
        search.after = batch.next;
        if batch.next.is_none() {
            break;
        }
    }
    assert_eq!(replayed.iter().map(|hint| hint.delivery_id).collect::<HashSet<_>>().len(), 10);
    for event in &events {
        let found = inspect(&store, event).await;
        assert_eq!((found.deliveries.len(), found.summary().status), (4, EventStatus::Queued));
    }
}

async fn failed_events_are_replayed_once(store: Store) {
    let events = [nth(0, event_to(&[1, 2])), nth(1, event_to(&[1])), nth(2, event_to(&[1]))];
    store.append(&events).await.unwrap();
    attempt(&store, &events[0], 0, State::Failed).await;
    attempt(&store, &events[0], 1, State::Failed).await;
    attempt(&store, &events[1], 0, State::Success).await;
    // Destination 2 is gone; event 2 has not failed, event 3 not ended.
    let targets = [destination(1)];
    let batch = store.replay_failed(&search(&targets), TIMES, new_id, &[]).await.unwrap();
    assert_eq!((batch.hints.len(), batch.events.len(), batch.next), (1, 1, None));
    assert_eq!(batch.hints[0].destination_id, destination(1));
    let again = store.replay_failed(&search(&targets), TIMES, new_id, &[]).await.unwrap();
    assert_eq!((again.hints.len(), again.events.len()), (0, 0));
}

async fn failures_at_a_deleted_destination_stand_in_nobodys_way(store: Store) {
    let mut events: Vec<_> = (0..10).map(|n| nth(n, event_to(&[1]))).collect();
    events.push(nth(10, event_to(&[2])));
    store.append(&events).await.unwrap();
    for event in &events {
        attempt(&store, event, 0, State::Failed).await;
    }
    // Each request begins at the oldest: were those skipped after the search, the last one would never be reached.
    let targets = [destination(2), destination(3)];
    let first = FailedSearch { most: 3, ..search(&targets) };
    let batch = store.replay_failed(&first, TIMES, new_id, &[]).await.unwrap();
    assert_eq!((batch.events.len(), batch.next), (1, None));
    assert_eq!(batch.hints[0].destination_id, destination(2));
    let nowhere = store.replay_failed(&FailedSearch { destinations: &[], ..first }, TIMES, new_id, &[]).await.unwrap();
    assert_eq!((nowhere.events.len(), nowhere.next), (0, None));
}
