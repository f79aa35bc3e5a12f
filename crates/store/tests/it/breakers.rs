//! Breakers that all processes act on.

use std::time::Duration;

use anyhook_domain::{Timestamp, breaker::Breaker};
use anyhook_store::{
    Store,
    config::{CreateApp, DestinationChange},
    log::ReplayTimes,
};
use tokio::task::JoinSet;

use crate::{
    fixture::{NOW, app, destination, event_to, on_both},
    two_tenants::{app_row, destination_row, sign_up},
};

on_both! {
    one_opens_it_and_the_others_see_it
    one_try_at_most_runs
    a_failed_try_puts_the_next_off_and_a_good_one_closes
    it_is_tried_soon_when_somebody_acts
    it_goes_with_its_destination_and_is_forgotten
    tenants_see_their_own
}

fn after(seconds: u64) -> Timestamp {
    NOW + Duration::from_secs(seconds)
}

fn opened() -> Breaker {
    Breaker::opened(NOW, 0.0)
}

async fn with_destination(store: &Store) {
    sign_up(store, 1).await;
    assert_eq!(store.create_app(&app_row(1), &[destination_row(1)], 10, &[], None).await.unwrap(), CreateApp::Made);
}

async fn only(store: &Store) -> Breaker {
    let all = store.breakers().await.unwrap();
    assert_eq!((all.len(), all[0].0), (1, destination(1)));
    all[0].1
}

async fn one_opens_it_and_the_others_see_it(store: Store) {
    with_destination(&store).await;
    assert!(!store.open_breaker(destination(9), &opened()).await.unwrap(), "there is no such destination");
    assert!(store.open_breaker(destination(1), &opened()).await.unwrap());
    assert!(!store.open_breaker(destination(1), &Breaker::opened(after(5), 0.0)).await.unwrap());
    assert_eq!(only(&store).await, opened());
    store.end_try(destination(1), &opened().closed(after(20))).await.unwrap();
    let again = Breaker::opened(after(30), 0.0);
    assert!(store.open_breaker(destination(1), &again).await.unwrap());
    assert_eq!(only(&store).await, again);
}

async fn one_try_at_most_runs(store: Store) {
    with_destination(&store).await;
    store.open_breaker(destination(1), &opened()).await.unwrap();
    let take = |now, until| {
        let store = store.clone();
        async move { store.take_try(destination(1), now, until).await.unwrap() }
    };
    assert!(!take(after(9), after(400)).await, "too early");
    let mut tries = JoinSet::new();
    (0..16).for_each(|_| drop(tries.spawn(take(after(10), after(400)))));
    assert_eq!(tries.join_all().await.into_iter().filter(|is_taken| *is_taken).count(), 1);
    assert!(!take(after(399), after(800)).await);
    assert!(take(after(400), after(800)).await, "its worker vanished");
    store.give_back_try(destination(1)).await.unwrap();
    assert!(take(after(401), after(800)).await);
    store.end_try(destination(1), &only(&store).await.closed(after(402))).await.unwrap();
    assert!(!take(after(900), after(1_000)).await, "closed");
}

async fn a_failed_try_puts_the_next_off_and_a_good_one_closes(store: Store) {
    with_destination(&store).await;
    store.open_breaker(destination(1), &opened()).await.unwrap();
    assert!(store.take_try(destination(1), after(10), after(400)).await.unwrap());
    let failed = only(&store).await.failed_again(after(11), 0.0);
    store.end_try(destination(1), &failed).await.unwrap();
    let seen = only(&store).await;
    assert_eq!((seen.n_failed, seen.try_at, seen.trying_until), (1, after(31), None));
    assert!(store.take_try(destination(1), after(31), after(400)).await.unwrap());
    store.end_try(destination(1), &seen.closed(after(32))).await.unwrap();
    let seen = only(&store).await;
    assert_eq!((seen.closed_at, seen.trying_until, seen.opened_at), (Some(after(32)), None, NOW));
}

async fn it_is_tried_soon_when_somebody_acts(store: Store) {
    with_destination(&store).await;
    let event = event_to(&[1]);
    store.append(std::slice::from_ref(&event)).await.unwrap();
    store.open_breaker(destination(1), &opened()).await.unwrap();
    let change = DestinationChange { timeout_seconds: Some(7), ..DestinationChange::default() };
    let tenant = event.tenant_id;
    store.update_destination(tenant, app(1), destination(1), &change, &[]).await.unwrap().unwrap();
    assert!(store.take_try(destination(1), after(1), after(400)).await.unwrap());
    // Pressed while the try runs: another follows at once, and only one.
    let to = [(destination(1), anyhook_domain::DeliveryId::new(NOW, [3; 10]))];
    let times = ReplayTimes { now: NOW, due_at: NOW };
    store.replay_event(tenant, event.id, &to, times).await.unwrap().unwrap();
    for (now, is_taken) in [(3, true), (5, false)] {
        store.end_try(destination(1), &only(&store).await.failed_again(after(2), 0.0)).await.unwrap();
        assert_eq!(store.take_try(destination(1), after(now), after(400)).await.unwrap(), is_taken, "{now}");
    }
}

async fn it_goes_with_its_destination_and_is_forgotten(store: Store) {
    with_destination(&store).await;
    store.open_breaker(destination(1), &opened()).await.unwrap();
    store.forget_breakers(after(1_000)).await.unwrap();
    assert_eq!(only(&store).await, opened(), "an open one is kept");
    store.end_try(destination(1), &opened().closed(after(20))).await.unwrap();
    store.forget_breakers(after(20)).await.unwrap();
    only(&store).await;
    store.forget_breakers(after(21)).await.unwrap();
    assert!(store.breakers().await.unwrap().is_empty());
    store.open_breaker(destination(1), &opened()).await.unwrap();
    store.delete_destination(destination_row(1).tenant_id, app(1), destination(1), &[]).await.unwrap();
    assert!(store.breakers().await.unwrap().is_empty());
}

async fn tenants_see_their_own(store: Store) {
    with_destination(&store).await;
    sign_up(&store, 2).await;
    store.open_breaker(destination(1), &opened()).await.unwrap();
    let [one, two] = [destination_row(1).tenant_id, destination_row(2).tenant_id];
    assert_eq!(store.breakers_of(one).await.unwrap(), [(destination(1), opened())]);
    assert!(store.breakers_of(two).await.unwrap().is_empty());
}
