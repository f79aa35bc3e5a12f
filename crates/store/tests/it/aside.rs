//! Replays to URLs that are no destinations.

use std::time::Duration;

use anyhook_domain::ReplayId;
use anyhook_domain::{DeliveryId, TenantId, Timestamp, delivery::State, event::EventStatus};
use anyhook_store::{
    Store,
    config::{CreateApp, REPLAY_URLS_LIVE_FOR, ReplayUrlRow, SeenReplayUrl, TakeReplayUrl},
    log::{
        Backlog, Count, EventFilter, MOST_RUNNING, Narrowing, NewReplay, ReplayTarget, ReplayTimes, ReplayTo, Replayed,
        StartReplay, StatsQuestion, Wanted,
    },
};
use uuid::Uuid;

use crate::{
    fixture::{GRACE, NOW, app, claim, destination, ended, event_to, on_both, settlement},
    two_tenants::{app_row, replay_url_row, sign_up},
};

on_both! {
    what_goes_aside_says_nothing_of_its_event
    a_replay_of_many_goes_aside
    a_url_is_taken_again
    urls_of_an_app_are_bounded
    urls_go_when_their_time_is_over
    a_url_is_given_back_unless_it_is_used
    as_many_replays_run_as_may_run
}

const TENANT: TenantId = TenantId(Uuid::from_u128(1));
const TIMES: ReplayTimes = ReplayTimes { now: NOW, due_at: NOW };

fn new_id() -> DeliveryId {
    DeliveryId::new(NOW, rand::random())
}

fn filter(wanted: Wanted) -> EventFilter {
    EventFilter { tenant: TENANT, app: None, wanted, narrowing: Narrowing::default(), before: None, limit: 10 }
}

fn replay<'a>(filter: &'a EventFilter, targets: &'a [ReplayTarget]) -> NewReplay<'a> {
    NewReplay {
        id: ReplayId::new(NOW, rand::random()),
        filter,
        destination: targets.first().map(|it| it.destination),
        url: Some("https://example.com/aside"),
        targets,
        rate_per_second: 500,
        count: Count { n: 1, is_whole: true },
        at: NOW,
    }
}

async fn with_app(store: &Store) {
    sign_up(store, 1).await;
    assert_eq!(store.create_app(&app_row(1), &[], 10, &[], None).await.unwrap(), CreateApp::Made);
}

async fn what_goes_aside_says_nothing_of_its_event(store: Store) {
    let event = event_to(&[1]);
    store.append(std::slice::from_ref(&event)).await.unwrap();
    let lease = store.claim(&[claim(event.deliveries[0].id, 0)]).await.unwrap()[0];
    store.settle(&[settlement(&lease, ended(State::Success))]).await.unwrap();
    let aside = || ReplayTo::Url(destination(7), new_id());
    let Replayed::Done(hints) = store.replay_event_once(TENANT, event.id, aside(), TIMES, None, &[]).await.unwrap()
    else {
        panic!("there is such an event")
    };
    let lease = store.claim(&[claim(hints[0].delivery_id, 0)]).await.unwrap()[0];
    store.settle(&[settlement(&lease, ended(State::Failed))]).await.unwrap();
    let found = store.inspect_event(TENANT, event.id).await.unwrap().unwrap();
    let mut seen: Vec<_> = found.deliveries.iter().map(|it| (it.is_aside, it.is_current, it.state)).collect();
    seen.sort_by_key(|it| it.0);
    assert_eq!(seen, [(false, true, State::Success), (true, true, State::Failed)]);
    assert_eq!((found.summary().status, found.summary().n_attempts), (EventStatus::Success, 1));
    let listed = store.list_events(&filter(Wanted::Any)).await.unwrap().events;
    assert_eq!((listed[0].status, listed[0].n_attempts), (EventStatus::Success, 1));
    for wanted in [Wanted::Undelivered, Wanted::Status(EventStatus::Failed)] {
        assert!(store.list_events(&filter(wanted)).await.unwrap().events.is_empty());
    }
    // The next one there takes its place, and no other's, and is nothing that the event waits for.
    store.replay_event_once(TENANT, event.id, aside(), TIMES, None, &[]).await.unwrap();
    let found = store.inspect_event(TENANT, event.id).await.unwrap().unwrap();
    assert_eq!(found.deliveries.iter().filter(|it| it.is_current).count(), 2);
    let question = StatsQuestion { tenant: TENANT, apps: None, destination: None, from: NOW, step: GRACE, n_steps: 1 };
    assert_eq!(store.backlog(&question).await.unwrap(), Backlog::default());
}

async fn a_replay_of_many_goes_aside(store: Store) {
    let event = event_to(&[1]);
    store.append(std::slice::from_ref(&event)).await.unwrap();
    let filter = filter(Wanted::Any);
    let target = ReplayTarget { app: app(1), destination: destination(7), is_choosy: false };
    let new = replay(&filter, std::slice::from_ref(&target));
    assert_eq!(store.start_replay(&new, None, &[]).await.unwrap(), StartReplay::Started);
    let due = store.due_replays(NOW, 10).await.unwrap();
    assert_eq!(due[0].url.as_deref(), Some("https://example.com/aside"));
    let step = store.advance_replay(&due[0], TIMES, 10, new_id).await.unwrap().unwrap();
    assert_eq!((step.hints.len(), step.hints[0].destination_id), (1, destination(7)));
    let found = store.inspect_event(TENANT, event.id).await.unwrap().unwrap();
    assert_eq!(found.deliveries.iter().filter(|it| it.is_aside).count(), 1);
    assert_eq!(found.deliveries.iter().filter(|it| it.is_current).count(), 2);
}

async fn a_url_is_taken_again(store: Store) {
    let row = replay_url_row(1);
    let take = |row: ReplayUrlRow, seen| {
        let store = store.clone();
        async move { store.take_replay_url(&row, seen, 10, &[]).await.unwrap() }
    };
    assert_eq!(take(row.clone(), SeenReplayUrl::No).await, TakeReplayUrl::NoApp);
    with_app(&store).await;
    assert_eq!(take(row.clone(), SeenReplayUrl::No).await, TakeReplayUrl::Made);
    let other = ReplayUrlRow { id: destination(9), ..row.clone() };
    assert_eq!(take(other.clone(), SeenReplayUrl::No).await, TakeReplayUrl::Changed);
    let later = ReplayUrlRow { expires_at: row.expires_at + 1, sealed_secret: vec![2], key_version: 2, ..row.clone() };
    assert_eq!(take(later.clone(), SeenReplayUrl::Yes { changes_secret: false }).await, TakeReplayUrl::Renewed);
    let kept = store.replay_url(row.id).await.unwrap().unwrap();
    assert_eq!((kept.expires_at, kept.sealed_secret, kept.key_version), (later.expires_at, vec![1], 1));
    assert_eq!(take(later, SeenReplayUrl::Yes { changes_secret: true }).await, TakeReplayUrl::Renewed);
    let kept = store.replay_urls(TENANT, app(1)).await.unwrap().remove(0);
    assert_eq!((kept.id, kept.sealed_secret, kept.key_version), (row.id, vec![2], 2));
    assert_eq!(take(other, SeenReplayUrl::Yes { changes_secret: false }).await, TakeReplayUrl::Changed);
    // It is no destination.
    assert!(store.destinations(TENANT).await.unwrap().is_empty());
    assert!(store.destination_route(row.id).await.unwrap().is_none());
    assert!(
        store.delete_replay_url(row.id, &[]).await.unwrap() && !store.delete_replay_url(row.id, &[]).await.unwrap()
    );
}

async fn urls_of_an_app_are_bounded(store: Store) {
    with_app(&store).await;
    let row =
        |n: u128| ReplayUrlRow { id: destination(n), url: format!("https://example.com/{n}"), ..replay_url_row(1) };
    let rows: Vec<_> = (0..20).map(row).collect();
    let takes = rows.iter().map(|row| store.take_replay_url(row, SeenReplayUrl::No, 3, &[]));
    let mut n_made = 0;
    for take in futures(takes).await {
        n_made += usize::from(take == TakeReplayUrl::Made);
    }
    assert_eq!((n_made, store.replay_urls(TENANT, app(1)).await.unwrap().len()), (3, 3));
}

/// All at once.
async fn futures<T, E: std::fmt::Debug>(all: impl Iterator<Item = impl Future<Output = Result<T, E>>>) -> Vec<T> {
    let mut pinned: Vec<_> = all.map(Box::pin).collect();
    let mut done = Vec::new();
    std::future::poll_fn(|context| {
        pinned.retain_mut(|future| match future.as_mut().poll(context) {
            std::task::Poll::Ready(out) => {
                done.push(out.unwrap());
                false
            }
            std::task::Poll::Pending => true,
        });
        if pinned.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done
}

async fn urls_go_when_their_time_is_over(store: Store) {
    with_app(&store).await;
    let row = replay_url_row(1);
    let used = ReplayUrlRow { id: destination(9), url: "https://example.com/used".into(), ..row.clone() };
    for row in [&row, &used] {
        store.take_replay_url(row, SeenReplayUrl::No, 10, &[]).await.unwrap();
    }
    let filter = filter(Wanted::Any);
    let target = ReplayTarget { app: app(1), destination: used.id, is_choosy: false };
    let new = replay(&filter, std::slice::from_ref(&target));
    store.start_replay(&new, None, &[]).await.unwrap();
    assert_eq!(store.forget_replay_urls(NOW - Duration::from_millis(1)).await.unwrap(), 0);
    assert_eq!(store.forget_replay_urls(NOW).await.unwrap(), 1);
    assert!(store.replay_url(row.id).await.unwrap().is_none() && store.replay_url(used.id).await.unwrap().is_some());
    store.cancel_replay(TENANT, new.id, NOW, &[]).await.unwrap();
    // Its last deliveries go on.
    assert_eq!(store.forget_replay_urls(NOW + REPLAY_URLS_LIVE_FOR - Duration::from_millis(1)).await.unwrap(), 0);
    assert_eq!(store.forget_replay_urls(NOW + REPLAY_URLS_LIVE_FOR).await.unwrap(), 1);
}

async fn a_url_is_given_back_unless_it_is_used(store: Store) {
    with_app(&store).await;
    let made_at = |id, at: Timestamp| ReplayUrlRow {
        id: destination(id),
        url: format!("https://example.com/{id}"),
        created_at: at.unix_ms(),
        expires_at: (at + REPLAY_URLS_LIVE_FOR).unix_ms(),
        ..replay_url_row(1)
    };
    let [unused, renewed, used] = [1, 2, 3].map(|id| made_at(id, NOW));
    for row in [&unused, &renewed, &used] {
        assert_eq!(store.take_replay_url(row, SeenReplayUrl::No, 10, &[]).await.unwrap(), TakeReplayUrl::Made);
    }
    let later = made_at(2, NOW + Duration::from_millis(1));
    store.take_replay_url(&later, SeenReplayUrl::Yes { changes_secret: false }, 10, &[]).await.unwrap();
    let filter = filter(Wanted::Any);
    let target = ReplayTarget { app: app(1), destination: used.id, is_choosy: false };
    store.start_replay(&replay(&filter, std::slice::from_ref(&target)), None, &[]).await.unwrap();
    let other = TenantId(Uuid::from_u128(77));
    assert!(!store.give_back_replay_url(other, unused.id, &[]).await.unwrap());
    for (row, is_gone) in [(&unused, true), (&renewed, false), (&used, false), (&unused, false)] {
        assert_eq!(store.give_back_replay_url(TENANT, row.id, &[]).await.unwrap(), is_gone, "{}", row.url);
    }
    assert_eq!(store.replay_urls(TENANT, app(1)).await.unwrap().len(), 2);
}

async fn as_many_replays_run_as_may_run(store: Store) {
    sign_up(&store, 1).await;
    let filter = filter(Wanted::Any);
    let news: Vec<_> = (0..MOST_RUNNING + 12).map(|_| replay(&filter, &[])).collect();
    let started = futures(news.iter().map(|new| store.start_replay(new, None, &[]))).await;
    let n_started = started.iter().filter(|it| **it == StartReplay::Started).count();
    assert_eq!(i64::try_from(n_started).unwrap(), MOST_RUNNING);
    assert!(started.contains(&StartReplay::TooMany));
}
