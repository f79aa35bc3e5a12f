//! Replays of all events that a filter takes.

use std::{collections::HashMap, time::Duration};

use anyhook_domain::{
    AppId, DeliveryId, DestinationId, EventId, ReplayId, TenantId,
    delivery::{HeldReason, State},
    event::{EventStatus, Verification},
};
use anyhook_store::{
    Store,
    log::{
        Answered, Count, EventFilter, Forget, MOST_RUNNING, Narrowing, NewEvent, NewReplay, Once, REMEMBERED_FOR,
        Replay, ReplayState, ReplayTarget, ReplayTimes, ReplayTo, Replayed, StartReplay, Wanted,
    },
};
use uuid::Uuid;

use crate::fixture::{NOW, app, claim, destination, ended, event, event_to, on_both, settlement};

on_both! {
    a_replay_sends_each_event_once
    a_replay_ends_with_what_had_come
    many_processes_replay_no_event_twice
    what_cannot_be_sent_is_skipped
    a_canceled_replay_stays_where_it_is
    a_rate_is_kept
    who_wants_only_some_events_gets_those_that_were_for_it
    events_are_counted_by_the_same_filter
    another_tenants_replays_are_not_there
    a_key_is_taken_once
    a_tenant_has_a_few_replays_at_once
    what_ended_long_ago_is_removed
}

const TENANT: TenantId = TenantId(Uuid::from_u128(1));
const STRANGER: TenantId = TenantId(Uuid::from_u128(99));
const TIMES: ReplayTimes = ReplayTimes { now: NOW, due_at: NOW };
const TARGETS: [ReplayTarget; 1] = [ReplayTarget {
    app: AppId(Uuid::from_u128(1)),
    destination: DestinationId(Uuid::from_u128(1_001)),
    is_choosy: false,
}];
const LATER: Duration = Duration::from_secs(3600);

/// The `nth` event in time.
fn nth(n: u64, event: NewEvent) -> NewEvent {
    NewEvent { id: EventId::new(NOW + Duration::from_millis(n), rand::random()), ..event }
}

fn new_id() -> DeliveryId {
    DeliveryId::new(NOW, rand::random())
}

fn filter(wanted: Wanted) -> EventFilter {
    EventFilter { tenant: TENANT, app: None, wanted, narrowing: Narrowing::default(), before: None, limit: 0 }
}

fn new(filter: &EventFilter) -> NewReplay<'_> {
    NewReplay {
        id: ReplayId::new(NOW, rand::random()),
        filter,
        destination: None,
        url: None,
        targets: &TARGETS,
        rate_per_second: 500,
        count: Count { n: 1, is_whole: true },
        at: NOW + LATER,
    }
}

async fn start(store: &Store, filter: &EventFilter) -> ReplayId {
    let new = new(filter);
    assert_eq!(store.start_replay(&new, None, &[]).await.unwrap(), StartReplay::Started);
    new.id
}

async fn look(store: &Store, id: ReplayId) -> Replay {
    store.replay(TENANT, id).await.unwrap().unwrap()
}

/// Goes on until it is over; how many deliveries each event got.
async fn run(store: &Store, id: ReplayId, most: usize) -> HashMap<EventId, usize> {
    let mut made = HashMap::new();
    loop {
        let replay = look(store, id).await;
        let step = store.advance_replay(&replay, TIMES, most, new_id).await.unwrap().unwrap();
        assert!(step.events.len() <= most);
        step.events.into_iter().for_each(|event| *made.entry(event).or_default() += 1);
        if step.is_over {
            return made;
        }
    }
}

async fn fail(store: &Store, event: &NewEvent) {
    let lease = store.claim(&[claim(event.deliveries[0].id, 0)]).await.unwrap()[0];
    store.settle(&[settlement(&lease, ended(State::Failed))]).await.unwrap();
}

async fn a_replay_sends_each_event_once(store: Store) {
    let events: Vec<_> = (0..7).map(|n| nth(n, event_to(&[1]))).collect();
    store.append(&events).await.unwrap();
    for event in &events[..5] {
        fail(&store, event).await;
    }
    let filter = filter(Wanted::Status(EventStatus::Failed));
    let id = start(&store, &filter).await;
    let found = look(&store, id).await;
    assert_eq!((found.state, found.count.n, found.filter.wanted), (ReplayState::Running, 1, filter.wanted));
    let made = run(&store, id, 2).await;
    assert_eq!(made, events[..5].iter().map(|event| (event.id, 1)).collect());
    let done = look(&store, id).await;
    assert_eq!((done.state, done.n_replayed, done.n_skipped), (ReplayState::Done, 5, 0));
    assert!(done.finished_at.is_some() && store.due_replays(NOW + 2 * LATER, 10).await.unwrap().is_empty());
    let first = store.inspect_event(TENANT, events[0].id).await.unwrap().unwrap();
    assert_eq!((first.deliveries.len(), first.summary().status), (2, EventStatus::Queued));
}

async fn a_replay_ends_with_what_had_come(store: Store) {
    let (early, late) = (nth(0, event_to(&[1])), nth(2 * 3_600_000, event_to(&[1])));
    store.append(&[early.clone(), late]).await.unwrap();
    let id = start(&store, &filter(Wanted::Any)).await;
    assert_eq!(run(&store, id, 10).await, HashMap::from([(early.id, 1)]));
}

async fn many_processes_replay_no_event_twice(store: Store) {
    let events: Vec<_> = (0..60).map(|n| nth(n, event_to(&[1]))).collect();
    store.append(&events).await.unwrap();
    let id = start(&store, &filter(Wanted::Any)).await;
    let process = || async {
        let mut made = Vec::new();
        while look(&store, id).await.state == ReplayState::Running {
            let replay = look(&store, id).await;
            let step = store.advance_replay(&replay, TIMES, 3, new_id).await.unwrap();
            made.extend(step.unwrap_or_default().events);
        }
        made
    };
    let (a, b, c) = tokio::join!(process(), process(), process());
    let mut all = [a, b, c].concat();
    all.sort();
    assert_eq!(all, events.iter().map(|event| event.id).collect::<Vec<_>>());
    assert_eq!(look(&store, id).await.n_replayed, 60);
}

async fn what_cannot_be_sent_is_skipped(store: Store) {
    let sent = nth(0, event_to(&[1]));
    let forgotten = nth(1, event_to(&[1]));
    let homeless = nth(2, NewEvent { app_id: app(2), ..event() });
    let mut over = nth(3, event_to(&[1]));
    over.deliveries[0].held = Some(HeldReason::OverQuota);
    let rejection = Some("forged".to_owned());
    let rejected = nth(4, NewEvent { rejection, verification: Verification::Failed, ..event() });
    store.append(&[sent.clone(), forgotten.clone(), homeless, over, rejected]).await.unwrap();
    let audit_id = Uuid::new_v4();
    let forget = Forget { tenant: TENANT, event: forgotten.id, audit_id, user: None, api_key: None, now: NOW };
    store.forget_event(&forget).await.unwrap();
    let id = start(&store, &filter(Wanted::Any)).await;
    assert_eq!(run(&store, id, 100).await, HashMap::from([(sent.id, 1)]));
    let done = look(&store, id).await;
    assert_eq!((done.n_replayed, done.n_skipped), (1, 4));
}

async fn who_wants_only_some_events_gets_those_that_were_for_it(store: Store) {
    let events = [nth(0, event_to(&[1, 2])), nth(1, event_to(&[1])), nth(2, event())];
    store.append(&events).await.unwrap();
    let target = |n, is_choosy| ReplayTarget { app: app(1), destination: destination(n), is_choosy };
    let filter = filter(Wanted::Any);
    for (targets, made) in
        [(vec![target(1, false), target(2, true)], (3, vec![1, 1, 1, 2])), (vec![target(2, true)], (1, vec![2]))]
    {
        let new = NewReplay { targets: &targets, ..new(&filter) };
        assert_eq!(store.start_replay(&new, None, &[]).await.unwrap(), StartReplay::Started);
        let step = store.advance_replay(&look(&store, new.id).await, TIMES, 100, new_id).await.unwrap().unwrap();
        let mut went: Vec<_> = step.hints.iter().map(|hint| hint.destination_id.0.as_u128() - 1_000).collect();
        went.sort_unstable();
        assert_eq!((step.events.len(), went), made);
    }
}

async fn a_canceled_replay_stays_where_it_is(store: Store) {
    let events: Vec<_> = (0..4).map(|n| nth(n, event_to(&[1]))).collect();
    store.append(&events).await.unwrap();
    let id = start(&store, &filter(Wanted::Any)).await;
    let seen = look(&store, id).await;
    store.advance_replay(&seen, TIMES, 2, new_id).await.unwrap().unwrap();
    let seen = look(&store, id).await;
    store.cancel_replay(STRANGER, id, NOW, &[]).await.unwrap();
    assert_eq!(look(&store, id).await.state, ReplayState::Running);
    store.cancel_replay(TENANT, id, NOW, &[]).await.unwrap();
    assert!(store.advance_replay(&seen, TIMES, 2, new_id).await.unwrap().is_none(), "a batch under way makes nothing");
    let canceled = look(&store, id).await;
    assert_eq!((canceled.state, canceled.n_replayed, canceled.finished_at), (ReplayState::Canceled, 2, Some(NOW)));
    store.cancel_replay(TENANT, id, NOW + LATER, &[]).await.unwrap();
    assert_eq!(look(&store, id).await.finished_at, Some(NOW));
}

async fn a_rate_is_kept(store: Store) {
    let events: Vec<_> = (0..4).map(|n| nth(n, event_to(&[1]))).collect();
    store.append(&events).await.unwrap();
    let filter = filter(Wanted::Any);
    let slow = NewReplay { rate_per_second: 2, at: NOW + Duration::from_secs(1), ..new(&filter) };
    store.start_replay(&slow, None, &[]).await.unwrap();
    let now = slow.at;
    let due = store.due_replays(now, 10).await.unwrap();
    let times = ReplayTimes { now, due_at: now };
    store.advance_replay(&due[0], times, 2, new_id).await.unwrap().unwrap();
    assert!(store.due_replays(now + Duration::from_millis(999), 10).await.unwrap().is_empty());
    assert_eq!(store.due_replays(now + Duration::from_secs(1), 10).await.unwrap().len(), 1);
}

async fn events_are_counted_by_the_same_filter(store: Store) {
    let events: Vec<_> = (0..700).map(|n| nth(n, event_to(&[1]))).collect();
    store.append(&events).await.unwrap();
    fail(&store, &events[3]).await;
    let count = async |filter: EventFilter| {
        let count = store.count_events(&filter).await.unwrap();
        (count.n, count.is_whole)
    };
    assert_eq!(count(filter(Wanted::Any)).await, (700, true));
    assert_eq!(count(filter(Wanted::Status(EventStatus::Failed))).await, (1, true));
    let narrowing = Narrowing { until: Some(NOW + Duration::from_millis(10)), ..Narrowing::default() };
    assert_eq!(count(EventFilter { narrowing, ..filter(Wanted::Any) }).await, (10, true));
}

async fn another_tenants_replays_are_not_there(store: Store) {
    let id = start(&store, &filter(Wanted::Any)).await;
    assert!(store.replay(STRANGER, id).await.unwrap().is_none());
    assert!(store.replays(STRANGER, 10).await.unwrap().is_empty());
    assert_eq!(store.replays(TENANT, 10).await.unwrap().len(), 1);
}

async fn a_key_is_taken_once(store: Store) {
    let event = event_to(&[1]);
    store.append(std::slice::from_ref(&event)).await.unwrap();
    let target = || [(destination(1), new_id())];
    let once = Once { key: "k", request: "r", answer: "a" };
    let replay = |once, now| {
        let (store, target, times) = (store.clone(), target(), ReplayTimes { now, due_at: now });
        async move {
            store
                .replay_event_once(TENANT, event.id, ReplayTo::Destinations(&target), times, Some(once), &[])
                .await
                .unwrap()
        }
    };
    let all = tokio::join!(replay(&once, NOW), replay(&once, NOW), replay(&once, NOW));
    let n_done = [all.0, all.1, all.2].iter().filter(|it| matches!(it, Replayed::Done(_))).count();
    assert_eq!(n_done, 1);
    let answered = Answered { request: "r".into(), answer: "a".into() };
    assert_eq!(store.answered(TENANT, "k", NOW).await.unwrap(), Some(answered));
    assert_eq!(store.answered(STRANGER, "k", NOW).await.unwrap(), None);
    let filter = filter(Wanted::Any);
    let repeat = store.start_replay(&NewReplay { at: NOW, ..new(&filter) }, Some(&once), &[]).await.unwrap();
    assert_eq!(repeat, StartReplay::Repeat);
    assert!(store.replays(TENANT, 10).await.unwrap().is_empty());
    // After a day, it is as good as new; and what was not done takes no key.
    let next_day = NOW + REMEMBERED_FOR;
    assert_eq!(store.answered(TENANT, "k", next_day).await.unwrap(), None);
    assert!(matches!(replay(&once, next_day).await, Replayed::Done(_)));
    let other = Once { key: "other", ..once };
    let gone = store
        .replay_event_once(TENANT, EventId(Uuid::nil()), ReplayTo::Destinations(&target()), TIMES, Some(&other), &[])
        .await
        .unwrap();
    assert_eq!((gone, store.answered(TENANT, "other", NOW).await.unwrap()), (Replayed::NoSuchEvent, None));
    assert_eq!(store.forget_keys(next_day).await.unwrap(), 0);
    assert_eq!(store.forget_keys(next_day + REMEMBERED_FOR).await.unwrap(), 1);
}

async fn what_ended_long_ago_is_removed(store: Store) {
    let (running, canceled) = (start(&store, &filter(Wanted::Any)).await, start(&store, &filter(Wanted::Any)).await);
    store.cancel_replay(TENANT, canceled, NOW, &[]).await.unwrap();
    let month = Duration::from_secs(31 * 24 * 3600);
    assert_eq!(store.forget_replays(NOW).await.unwrap(), 0);
    assert_eq!(store.forget_replays(NOW + month).await.unwrap(), 1);
    assert_eq!(store.replays(TENANT, 10).await.unwrap().iter().map(|it| it.id).collect::<Vec<_>>(), [running]);
}

async fn a_tenant_has_a_few_replays_at_once(store: Store) {
    let filter = filter(Wanted::Any);
    let mut last = None;
    for _ in 0..MOST_RUNNING {
        last = Some(start(&store, &filter).await);
    }
    let once = Once { key: "k", request: "r", answer: "a" };
    assert_eq!(store.start_replay(&new(&filter), Some(&once), &[]).await.unwrap(), StartReplay::TooMany);
    assert_eq!(store.answered(TENANT, "k", NOW).await.unwrap(), None, "what was refused takes no key");
    let stranger = EventFilter { tenant: STRANGER, ..filter.clone() };
    assert_eq!(store.start_replay(&new(&stranger), None, &[]).await.unwrap(), StartReplay::Started);
    store.cancel_replay(TENANT, last.unwrap(), NOW, &[]).await.unwrap();
    assert_eq!(store.start_replay(&new(&filter), Some(&once), &[]).await.unwrap(), StartReplay::Started);
}
