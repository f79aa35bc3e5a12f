//! Figures about events: what the rows say is what is counted, on both databases.

use std::time::Duration;

use anyhook_domain::{
    DeliveryId, EventId, TenantId, Timestamp,
    delivery::{HeldReason, State},
    event::Verification,
};
use anyhook_store::{
    Store,
    log::{Backlog, NewEvent, ReplayTimes, Settlement, Stats, StatsPoint, StatsQuestion},
};
use uuid::Uuid;

use crate::fixture::{GRACE, NOW, app, claim, destination, ended, event_to, on_both, retry_at, settlement};

on_both! {
    each_step_has_its_events_by_what_became_of_them
    an_event_of_two_destinations_is_counted_once
    at_a_destination_its_deliveries_are_counted
    apps_are_counted_apart
    another_tenants_events_are_not_counted
    what_waits_is_counted_with_its_age
    what_waited_is_counted_at_the_end_of_each_step
    a_replay_of_an_early_event_waits_from_its_own_beginning
    failing_destinations_come_with_their_last_words
}

const TENANT: TenantId = TenantId(Uuid::from_u128(1));
const MINUTE: Duration = Duration::from_secs(60);

fn at(seconds: u64) -> Timestamp {
    NOW + Duration::from_secs(seconds)
}

/// An event to destinations, so many seconds after the beginning.
fn event(seconds: u64, destinations: &[u128]) -> NewEvent {
    let event = event_to(destinations);
    NewEvent { id: EventId::new(at(seconds), rand::random()), received_at: at(seconds), ..event }
}

fn question() -> StatsQuestion {
    StatsQuestion { tenant: TENANT, apps: None, destination: None, from: NOW, step: MINUTE, n_steps: 3 }
}

/// Makes an attempt of an event's `nth` delivery end so, with this status after so many milliseconds.
async fn attempt(store: &Store, event: &NewEvent, nth: usize, state: State, status: Option<u16>, ms: u64) {
    let leases = store.claim(&[claim(event.deliveries[nth].id, 0)]).await.unwrap();
    let next = if state == State::Pending { retry_at(NOW + GRACE) } else { ended(state) };
    let mut settlement = settlement(&leases[0], next);
    (settlement.attempt.status_code, settlement.attempt.duration_ms) = (status, ms);
    settlement.attempt.error = status.is_none().then(|| "refused".to_owned());
    store.settle(&[settlement]).await.unwrap();
}

/// Received, delivered, failed, waiting, rejected.
fn counts(point: &StatsPoint) -> [u64; 5] {
    [point.received, point.delivered, point.failed, point.waiting, point.rejected]
}

fn all(stats: &Stats) -> Vec<[u64; 5]> {
    stats.points.iter().map(counts).collect()
}

async fn each_step_has_its_events_by_what_became_of_them(store: Store) {
    let mut events =
        [event(0, &[1]), event(59, &[1]), event(60, &[1]), event(61, &[1]), event(62, &[]), event(180, &[1])];
    events[3].deliveries[0].held = Some(HeldReason::AppPaused);
    events[4].verification = Verification::Failed;
    events[4].rejection = Some("forged".into());
    store.append(&events).await.unwrap();
    attempt(&store, &events[0], 0, State::Success, Some(200), 10).await;
    attempt(&store, &events[1], 0, State::Failed, Some(502), 1000).await;
    attempt(&store, &events[2], 0, State::Pending, None, 5).await;
    let stats = store.stats(&question()).await.unwrap();
    assert_eq!(stats.from, NOW);
    assert_eq!(all(&stats), [[2, 1, 1, 0, 0], [3, 0, 0, 2, 1], [0; 5]]);
    let codes: Vec<_> = stats.status_codes.into_iter().collect();
    assert_eq!(codes, [(None, 1), (Some(200), 1), (Some(502), 1)]);
    let latencies = &stats.points[0].latencies;
    assert_eq!(latencies.percentile(50), Some(10));
    assert!((896..=1024).contains(&latencies.percentile(95).unwrap()), "{latencies:?}");
    assert_eq!(stats.points[2].latencies.percentile(50), None);
}

async fn an_event_of_two_destinations_is_counted_once(store: Store) {
    let events = [event(0, &[1, 2]), event(1, &[1, 2])];
    store.append(&events).await.unwrap();
    attempt(&store, &events[0], 0, State::Failed, Some(500), 1).await;
    attempt(&store, &events[1], 0, State::Success, Some(200), 1).await;
    attempt(&store, &events[1], 1, State::Success, Some(204), 1).await;
    let stats = store.stats(&question()).await.unwrap();
    assert_eq!(all(&stats)[0], [2, 1, 1, 0, 0], "the worst delivery speaks for its event");
    assert_eq!(stats.status_codes.values().sum::<u64>(), 3);
}

async fn at_a_destination_its_deliveries_are_counted(store: Store) {
    let events = [event(0, &[1, 2]), event(1, &[1, 2]), event(61, &[1])];
    store.append(&events).await.unwrap();
    attempt(&store, &events[0], 0, State::Failed, Some(500), 1).await;
    attempt(&store, &events[0], 1, State::Success, Some(200), 7).await;
    let of = |n| StatsQuestion { apps: Some(vec![app(1)]), destination: Some(destination(n)), ..question() };
    let first = store.stats(&of(1)).await.unwrap();
    assert_eq!(all(&first), [[2, 0, 1, 1, 0], [1, 0, 0, 1, 0], [0; 5]]);
    assert_eq!(first.status_codes.into_iter().collect::<Vec<_>>(), [(Some(500), 1)]);
    let second = store.stats(&of(2)).await.unwrap();
    assert_eq!(all(&second), [[2, 1, 0, 1, 0], [0; 5], [0; 5]]);
    assert_eq!(second.points[0].latencies.percentile(95), Some(7));
    assert_eq!(store.backlog(&of(2)).await.unwrap(), Backlog { waiting: 1, held: 0, oldest_at: Some(at(1)) });
    assert_eq!(store.failing(&of(2)).await.unwrap(), []);
    assert_eq!(store.failing(&of(1)).await.unwrap().len(), 1);
}

async fn apps_are_counted_apart(store: Store) {
    let other = NewEvent { app_id: app(2), ..event(1, &[2]) };
    store.append(&[event(0, &[1]), event(2, &[1]), other]).await.unwrap();
    for (apps, n) in [(None, 3), (Some(vec![1]), 2), (Some(vec![2]), 1), (Some(vec![1, 2]), 3), (Some(vec![]), 0)] {
        let apps = apps.map(|apps| apps.into_iter().map(app).collect());
        let question = StatsQuestion { apps, ..question() };
        assert_eq!(all(&store.stats(&question).await.unwrap())[0], [n, 0, 0, n, 0], "{question:?}");
        assert_eq!(store.backlog(&question).await.unwrap().waiting, n, "{question:?}");
    }
}

async fn another_tenants_events_are_not_counted(store: Store) {
    let mine = event(0, &[1]);
    store.append(std::slice::from_ref(&mine)).await.unwrap();
    attempt(&store, &mine, 0, State::Failed, Some(500), 1).await;
    for apps in [None, Some(vec![app(1)])] {
        let stranger = StatsQuestion { tenant: TenantId(Uuid::from_u128(99)), apps, ..question() };
        let stats = store.stats(&stranger).await.unwrap();
        assert_eq!((all(&stats), stats.status_codes.len()), (vec![[0; 5]; 3], 0));
        assert_eq!(store.backlog(&stranger).await.unwrap(), Backlog::default());
        assert_eq!(store.failing(&stranger).await.unwrap(), []);
    }
}

async fn what_waits_is_counted_with_its_age(store: Store) {
    let mut events = [event(5, &[1]), event(6, &[1, 2]), event(500, &[1])];
    events[0].deliveries[0].held = Some(HeldReason::AppPaused);
    store.append(&events).await.unwrap();
    let backlog = store.backlog(&question()).await.unwrap();
    assert_eq!(backlog, Backlog { waiting: 3, held: 1, oldest_at: Some(at(5)) }, "whenever it came");
}

async fn what_waited_is_counted_at_the_end_of_each_step(store: Store) {
    let early = |seconds: u64| NewEvent {
        id: EventId::new(NOW - Duration::from_secs(seconds), rand::random()),
        received_at: NOW - Duration::from_secs(seconds),
        ..event_to(&[1])
    };
    let mut events =
        [early(30), early(31), early(32), event(10, &[1]), event(11, &[1, 2]), event(70, &[1]), event(71, &[1])];
    events[5].deliveries[0].held = Some(HeldReason::AppPaused);
    store.append(&events).await.unwrap();
    let ends = [
        (1, State::Failed, at(70)),
        (2, State::Failed, NOW - Duration::from_secs(10)),
        (3, State::Success, at(20)),
        (4, State::Success, at(130)),
        (6, State::Success, at(500)),
    ];
    for (nth, state, settled_at) in ends {
        let leases = store.claim(&[claim(events[nth].deliveries[0].id, 0)]).await.unwrap();
        store.settle(&[Settlement { settled_at, ..settlement(&leases[0], ended(state)) }]).await.unwrap();
    }
    let backlogs = async |question: StatsQuestion| -> Vec<u64> {
        store.stats(&question).await.unwrap().points.iter().map(|it| it.backlog).collect()
    };
    assert_eq!(backlogs(question()).await, [4, 5, 4], "deliveries, not events");
    let ended_then = StatsQuestion { from: NOW - MINUTE, n_steps: 1, ..question() };
    assert_eq!(backlogs(ended_then).await, [2]);
    let of_app = StatsQuestion { apps: Some(vec![app(1)]), ..question() };
    assert_eq!(backlogs(of_app.clone()).await, [4, 5, 4]);
    assert_eq!(backlogs(StatsQuestion { destination: Some(destination(1)), ..of_app.clone() }).await, [3, 4, 3]);
    assert_eq!(backlogs(StatsQuestion { destination: Some(destination(2)), ..of_app }).await, [1, 1, 1]);
    assert_eq!(backlogs(StatsQuestion { apps: Some(vec![app(2)]), ..question() }).await, [0; 3]);
    assert_eq!(backlogs(StatsQuestion { tenant: TenantId(Uuid::from_u128(99)), ..question() }).await, [0; 3]);
}

/// What waits since a replay waits since then, however old its event is.
async fn a_replay_of_an_early_event_waits_from_its_own_beginning(store: Store) {
    let received_at = NOW - MINUTE;
    let event = NewEvent { id: EventId::new(received_at, rand::random()), received_at, ..event_to(&[1]) };
    store.append(std::slice::from_ref(&event)).await.unwrap();
    let leases = store.claim(&[claim(event.deliveries[0].id, 0)]).await.unwrap();
    let failed = Settlement { settled_at: received_at, ..settlement(&leases[0], ended(State::Failed)) };
    store.settle(&[failed]).await.unwrap();
    let times = ReplayTimes { now: at(70), due_at: at(70) };
    let target = [(destination(1), DeliveryId::new(at(70), rand::random()))];
    store.replay_event(TENANT, event.id, &target, times).await.unwrap().unwrap();
    let backlogs = async |from: Timestamp| -> Vec<u64> {
        let stats = store.stats(&StatsQuestion { from, ..question() }).await.unwrap();
        stats.points.iter().map(|it| it.backlog).collect()
    };
    assert_eq!(backlogs(NOW).await, [0, 1, 1]);
    assert_eq!(backlogs(NOW - MINUTE).await, [0, 0, 1], "of an event of the stretch");
    assert_eq!(backlogs(NOW - MINUTE * 3).await, [0; 3], "after the stretch");
}

async fn failing_destinations_come_with_their_last_words(store: Store) {
    let events = [event(0, &[1, 2]), event(1, &[1]), event(2, &[1, 3]), event(500, &[2])];
    store.append(&events).await.unwrap();
    attempt(&store, &events[0], 0, State::Failed, Some(500), 1).await;
    attempt(&store, &events[1], 0, State::Failed, Some(404), 1).await;
    attempt(&store, &events[2], 0, State::Pending, None, 1).await;
    attempt(&store, &events[2], 1, State::Success, Some(200), 1).await;
    attempt(&store, &events[3], 0, State::Failed, Some(500), 1).await;
    let [failing] = &store.failing(&question()).await.unwrap()[..] else {
        panic!("only one fails, and in this stretch")
    };
    assert_eq!((failing.app_id, failing.destination_id), (app(1), destination(1)));
    assert_eq!((failing.n_deliveries, failing.since, failing.url.as_str()), (3, NOW, "http://127.0.0.1/hook"));
}
