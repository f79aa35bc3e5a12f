//! Several processes on one Redis.

use std::time::Duration;

use anyhook_cache::{Admission, Announced, Cache, Limit};
use tokio::task::JoinSet;

use crate::{at, connected, dedup_key, event, redis_server, start, until};

const MINUTE: Duration = Duration::from_secs(60);

/// Two processes' views. `None`: there is no Redis to test with.
async fn two(workers: &mut JoinSet<()>) -> Option<[Cache; 2]> {
    let (url, config) = redis_server::shared()?;
    let two = [(); 2].map(|()| start(Cache::redis(&url, config.clone()).unwrap(), workers));
    connected(&two[0]).await;
    connected(&two[1]).await;
    Some(two)
}

#[tokio::test]
async fn a_limit_is_shared_and_so_is_forgiveness() {
    let mut workers = JoinSet::new();
    let Some([one, other]) = two(&mut workers).await else { return };
    let limit = Limit { most: 10, within: MINUTE };
    for ms in 0..5 {
        assert_eq!(one.admit("a", limit, at(ms)).await, Admission::Admitted);
        assert_eq!(other.admit("a", limit, at(ms)).await, Admission::Admitted);
    }
    for cache in [&one, &other] {
        assert_eq!(
            cache.admit("a", limit, at(5)).await,
            Admission::Refused { after: MINUTE - Duration::from_millis(5) }
        );
    }
    other.take_back("a", limit, at(4)).await;
    assert_eq!(one.admit("a", limit, at(5)).await, Admission::Admitted);
    assert_ne!(other.admit("a", limit, at(5)).await, Admission::Admitted);
    other.forget("a").await;
    for ms in 10..20 {
        assert_eq!(one.admit("a", limit, at(ms)).await, Admission::Admitted, "at {ms}");
    }
    assert_ne!(other.admit("a", limit, at(20)).await, Admission::Admitted);
}

#[tokio::test]
async fn many_at_once_are_admitted_as_often_as_the_limit_says() {
    let mut workers = JoinSet::new();
    let Some(two) = two(&mut workers).await else { return };
    let limit = Limit { most: 150, within: MINUTE };
    let mut asking = JoinSet::new();
    for n in 0..400 {
        let cache = two[n % 2].clone();
        asking.spawn(async move { cache.admit("a", limit, at(0)).await });
    }
    let n_admitted = asking.join_all().await.iter().filter(|it| **it == Admission::Admitted).count();
    assert_eq!(n_admitted, 150);
}

#[tokio::test]
async fn figures_are_shared() {
    let mut workers = JoinSet::new();
    let Some([one, other]) = two(&mut workers).await else { return };
    one.set("a", 100, MINUTE).await;
    assert_eq!(other.count("a", 5).await, Some(105));
    assert_eq!(one.count("a", 5).await, Some(110));
    assert_eq!(other.read("a").await, Some(110));
    other.set("a", 3, MINUTE).await;
    assert_eq!(one.read("a").await, Some(3));
}

#[tokio::test]
async fn events_are_known_everywhere() {
    let mut workers = JoinSet::new();
    let Some([one, other]) = two(&mut workers).await else { return };
    one.remember(&[(dedup_key(1), event(1)), (dedup_key(2), event(2))], MINUTE);
    let known = [Some(event(1)), None, Some(event(2))];
    let keys = [dedup_key(1), dedup_key(3), dedup_key(2)];
    until("an event is known everywhere", async || other.seen(&keys).await == known).await;
}

#[tokio::test]
async fn announcements_are_heard_everywhere_once_the_subscription_says_so() {
    let mut workers = JoinSet::new();
    let Some([one, other]) = two(&mut workers).await else { return };
    let (mut here, mut there) = (one.subscribe("a"), other.subscribe("a"));
    assert_eq!(here.next().await, Announced::Missed, "so far, others were not heard");
    assert_eq!(there.next().await, Announced::Missed);
    for n in 0..20 {
        let cache = if n % 2 == 0 { &one } else { &other };
        cache.announce("a", n.to_string());
        cache.announce("elsewhere", n.to_string());
        assert_eq!(here.next().await, Announced::Text(n.to_string()));
        assert_eq!(there.next().await, Announced::Text(n.to_string()));
    }
}

#[tokio::test]
async fn topics_come_and_go() {
    let mut workers = JoinSet::new();
    let Some([one, other]) = two(&mut workers).await else { return };
    for n in 0..20 {
        let topic = (n % 3).to_string();
        let mut subscription = one.subscribe(&topic);
        let mut second = one.subscribe(&topic);
        // It is heard from somewhere in here on, whatever the last one's end has come to.
        let text = Announced::Text(n.to_string());
        let mut heard = Announced::Missed;
        until("an announcement is heard", async || {
            other.announce(&topic, n.to_string());
            while heard != text {
                match tokio::time::timeout(Duration::from_millis(50), subscription.next()).await {
                    Ok(announced) => heard = announced,
                    Err(_) => return false,
                }
            }
            true
        })
        .await;
        while second.next().await != text {}
    }
    drop((one, other));
}
