//! The log's days on PostgreSQL: made ahead, dropped when they are over and empty.

use std::time::{Duration, Instant};

use anyhook_domain::{Day, DeliveryId, EventId, TenantId, Timestamp, delivery::State};
use anyhook_store::{
    Store,
    log::{Days, NewEvent, ReplayTimes},
};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::fixture::{NOW, claim, destination, ended, event_to, on_both, on_postgres_at, rows, settlement};

on_both! {
    a_log_in_days_is_one_log
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const TENANT: TenantId = TenantId(Uuid::from_u128(1));
/// 2025-06-15.
const TODAY: &str = "20250615";
const PARTITIONS: &str = "SELECT count(*) FROM pg_inherits WHERE inhparent = ANY \
    (ARRAY['events', 'event_keys', 'event_contents', 'attempts']::regclass[])";
const IN_DEFAULT: &str = "SELECT (SELECT count(*) FROM events_default) + (SELECT count(*) FROM event_keys_default) + \
    (SELECT count(*) FROM event_contents_default) + (SELECT count(*) FROM attempts_default)";
const ORPHANS: &str = "SELECT (SELECT count(*) FROM event_keys k WHERE NOT EXISTS (SELECT 1 FROM events WHERE id = k.event_id)) \
    + (SELECT count(*) FROM event_contents c WHERE NOT EXISTS (SELECT 1 FROM events WHERE id = c.event_id)) \
    + (SELECT count(*) FROM deliveries d WHERE NOT EXISTS (SELECT 1 FROM events WHERE id = d.event_id)) \
    + (SELECT count(*) FROM attempts a WHERE NOT EXISTS (SELECT 1 FROM deliveries WHERE id = a.delivery_id))";

/// An event to destination 1 that came at an instant and is kept for a day.
fn event_at(at: Timestamp) -> NewEvent {
    let mut event = event_to(&[1]);
    event.deliveries[0].id = DeliveryId::new(at, rand::random());
    NewEvent { id: EventId::new(at, rand::random()), received_at: at, keep_until: Some(at + DAY), ..event }
}

async fn deliver(store: &Store, delivery: DeliveryId) {
    let leases = store.claim(&[claim(delivery, 0)]).await.unwrap();
    store.settle(&[settlement(&leases[0], ended(State::Success))]).await.unwrap();
}

/// As their partitions' names end.
fn names(days: &[Day]) -> Vec<String> {
    days.iter().map(|day| day.to_string().replace('-', "")).collect()
}

async fn a_log_in_days_is_one_log(store: Store) {
    store.keep_days(NOW, 3).await.unwrap();
    let events: Vec<_> = (0..5).map(|n| event_at(NOW + DAY * n)).collect();
    store.append(&events).await.unwrap();
    for event in &events {
        deliver(&store, event.deliveries[0].id).await;
        let found = store.inspect_event(TENANT, event.id).await.unwrap().unwrap();
        assert_eq!(found.deliveries[0].attempts.len(), 1);
    }
    let ids: Vec<_> = events.iter().map(|event| event.id).collect();
    assert_eq!(store.small_contents(&ids).await.unwrap().len(), 5);
    assert_eq!(store.prune(NOW + DAY * 9, NOW, 100).await.unwrap().n_events, 5);
}

#[tokio::test]
async fn days_are_made_ahead() {
    on_postgres_at(async |store, url| {
        let days = store.keep_days(NOW, 2).await.unwrap();
        assert_eq!(names(&days.made), [TODAY, "20250616", "20250617"]);
        assert_eq!((days.skipped.len(), days.dropped.len()), (0, 0));
        assert_eq!(store.keep_days(NOW, 2).await.unwrap(), Days::default());
        assert_eq!(names(&store.keep_days(NOW + DAY, 2).await.unwrap().made), ["20250618"]);
        assert_eq!(rows(&url, PARTITIONS).await, [4 * (4 + 1)]);
        for n in 0..4 {
            let event = event_at(NOW + DAY * n);
            store.append(std::slice::from_ref(&event)).await.unwrap();
            deliver(&store, event.deliveries[0].id).await;
        }
        assert_eq!(rows(&url, IN_DEFAULT).await, [0]);
        assert_eq!(rows(&url, "SELECT count(*) FROM events_20250616").await, [1]);
        let external = "SELECT count(*) FROM pg_attribute WHERE attstorage = 'e' AND attname LIKE 'sealed%' \
            AND attrelid IN ('event_contents_20250616'::regclass, 'attempts_20250616'::regclass)";
        assert_eq!(rows(&url, external).await, [3]);
    })
    .await;
}

#[tokio::test]
async fn a_day_that_has_begun_in_the_default_partition_stays_there() {
    on_postgres_at(async |store, url| {
        let early = event_at(NOW);
        store.append(std::slice::from_ref(&early)).await.unwrap();
        let days = store.keep_days(NOW, 1).await.unwrap();
        assert_eq!(names(&days.skipped), [TODAY]);
        assert_eq!(names(&days.made), ["20250616"]);
        let late = event_at(NOW);
        store.append(std::slice::from_ref(&late)).await.unwrap();
        deliver(&store, late.deliveries[0].id).await;
        assert_eq!(rows(&url, "SELECT count(*) FROM events_default").await, [2]);
        assert_eq!(names(&store.keep_days(NOW, 1).await.unwrap().skipped), [TODAY]);
        deliver(&store, early.deliveries[0].id).await;
        assert_eq!(store.prune(NOW + DAY * 2, NOW, 10).await.unwrap().n_events, 2);
        store.keep_days(NOW + DAY * 5, 0).await.unwrap();
        assert_eq!(rows(&url, ORPHANS).await, [0]);
    })
    .await;
}

#[tokio::test]
async fn a_day_is_dropped_once_nothing_of_it_is_left() {
    on_postgres_at(async |store, url| {
        store.keep_days(NOW, 0).await.unwrap();
        let (plain, waiting) = (event_at(NOW), event_at(NOW));
        store.append(&[plain.clone(), waiting.clone()]).await.unwrap();
        deliver(&store, plain.deliveries[0].id).await;
        let later = NOW + DAY * 3;
        // All of it is expired, but a delivery waits.
        assert_eq!(store.prune(later, NOW, 10).await.unwrap().n_events, 1);
        assert_eq!(store.keep_days(later, 0).await.unwrap().dropped, []);
        assert!(store.content(waiting.id).await.unwrap().is_some());
        deliver(&store, waiting.deliveries[0].id).await;
        assert_eq!(store.keep_days(later, 0).await.unwrap().dropped, []);
        assert_eq!(store.prune(later, NOW, 10).await.unwrap().n_events, 1);
        // An empty day that is not long over stays: what waited elsewhere may come yet.
        assert_eq!(store.keep_days(NOW + DAY, 0).await.unwrap().dropped, []);
        assert_eq!(names(&store.keep_days(later, 0).await.unwrap().dropped), [TODAY, "20250616"]);
        assert_eq!(rows(&url, "SELECT count(*) FROM pg_class WHERE relname LIKE '%20250615'").await, [0]);
        // What comes later still has a place.
        let late = event_at(NOW);
        store.append(std::slice::from_ref(&late)).await.unwrap();
        deliver(&store, late.deliveries[0].id).await;
        assert!(store.inspect_event(TENANT, late.id).await.unwrap().is_some());
        assert_eq!(rows(&url, ORPHANS).await, [0]);
    })
    .await;
}

#[tokio::test]
async fn a_replays_attempts_outlive_their_day() {
    on_postgres_at(async |store, url| {
        store.keep_days(NOW, 2).await.unwrap();
        let old = NewEvent { keep_until: None, ..event_at(NOW) };
        store.append(std::slice::from_ref(&old)).await.unwrap();
        deliver(&store, old.deliveries[0].id).await;
        let at = NOW + DAY;
        let replay = (destination(1), DeliveryId::new(at, rand::random()));
        store.replay_event(TENANT, old.id, &[replay], ReplayTimes { now: at, due_at: at }).await.unwrap().unwrap();
        deliver(&store, replay.1).await;
        // The replay's day has no event, and is dropped; its attempts are an older event's.
        assert_eq!(names(&store.keep_days(NOW + DAY * 9, 0).await.unwrap().dropped), ["20250616", "20250617"]);
        let found = store.inspect_event(TENANT, old.id).await.unwrap().unwrap();
        assert_eq!(found.deliveries.iter().map(|it| it.attempts.len()).collect::<Vec<_>>(), [1, 1]);
        assert_eq!(rows(&url, "SELECT count(*) FROM attempts_20250616").await, [1]);
        assert_eq!(rows(&url, ORPHANS).await, [0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_at_once_make_each_day_once() {
    on_postgres_at(async |store, url| {
        let mut processes = JoinSet::new();
        for _ in 0..6 {
            let url = url.clone();
            processes.spawn(async move {
                let store = Store::open(&url).await.unwrap();
                let mut made = Vec::new();
                for _ in 0..5 {
                    made.extend(store.keep_days(NOW, 4).await.unwrap().made);
                }
                store.close().await;
                made
            });
        }
        let mut made: Vec<_> = processes.join_all().await.into_iter().flatten().collect();
        // Who came second has left the work to the first.
        made.extend(store.keep_days(NOW, 4).await.unwrap().made);
        made.sort();
        assert_eq!(names(&made), [TODAY, "20250616", "20250617", "20250618", "20250619"]);
        assert_eq!(rows(&url, PARTITIONS).await, [4 * (5 + 1)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn days_come_and_go_while_events_come_in() {
    on_postgres_at(async |store, url| {
        store.keep_days(NOW, 2).await.unwrap();
        let mut senders = JoinSet::new();
        for _ in 0..4 {
            let store = store.clone();
            senders.spawn(async move {
                let (mut n, mut longest) = (0u64, Duration::ZERO);
                // Round and round through four days: some of them are made, dropped and made again meanwhile.
                while n < 400 {
                    let event = event_at(NOW + DAY * u32::try_from(n % 4).unwrap());
                    let start = Instant::now();
                    store.append(std::slice::from_ref(&event)).await.unwrap();
                    deliver(&store, event.deliveries[0].id).await;
                    longest = longest.max(start.elapsed());
                    n += 1;
                }
                (n, longest)
            });
        }
        let (mut n_pruned, mut n_dropped, mut n) = (0, 0, 0);
        while !senders.is_empty() {
            let now = NOW + DAY * [1, 3, 9][n % 3];
            n += 1;
            n_pruned += store.prune(now, NOW, 500).await.unwrap().n_events;
            n_dropped += store.keep_days(now, 2).await.unwrap().dropped.len();
            while let Some(sent) = senders.try_join_next() {
                let (n, longest) = sent.unwrap();
                assert!(n == 400 && longest < Duration::from_secs(2), "{longest:?}");
            }
        }
        assert!(n_dropped > 0);
        let n_left = u64::try_from(rows(&url, "SELECT count(*) FROM events").await[0]).unwrap();
        assert_eq!(n_pruned + n_left, 1600);
        assert_eq!(rows(&url, ORPHANS).await, [0]);
    })
    .await;
}
