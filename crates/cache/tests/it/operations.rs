//! What each operation does, alike in one process and over Redis.

use std::time::Duration;

use anyhook_cache::{Admission, Announced, Cache, DedupKey, InvalidUrl, Limit, RedisConfig};
use tokio::task::JoinSet;

use crate::{at, connected, dedup_key, event, redis_server, start, until};

const MINUTE: Duration = Duration::from_secs(60);

/// Both kinds of cache, as far as there is a Redis.
async fn caches(workers: &mut JoinSet<()>) -> Vec<Cache> {
    let mut caches = vec![Cache::local()];
    if let Some((url, config)) = redis_server::shared() {
        caches.push(start(Cache::redis(&url, config).unwrap(), workers));
        connected(&caches[1]).await;
    }
    caches
}

#[tokio::test]
async fn a_limit_holds_in_any_stretch() {
    let mut workers = JoinSet::new();
    for cache in caches(&mut workers).await {
        let limit = Limit { most: 3, within: MINUTE };
        for ms in [0, 1, 1] {
            assert_eq!(cache.admit("a", limit, at(ms)).await, Admission::Admitted);
        }
        let after = |ms| Admission::Refused { after: Duration::from_millis(ms) };
        assert_eq!(cache.admit("a", limit, at(20_000)).await, after(40_000));
        assert_eq!(cache.admit("b", limit, at(20_000)).await, Admission::Admitted, "another key");
        assert_eq!(cache.admit("a", limit, at(60_000)).await, Admission::Admitted, "the first one is over");
        assert_eq!(cache.admit("a", limit, at(60_000)).await, after(1));
        cache.forget("a").await;
        assert_eq!(cache.admit("a", limit, at(60_000)).await, Admission::Admitted);
    }
}

#[tokio::test]
async fn what_is_taken_back_does_not_count() {
    let mut workers = JoinSet::new();
    for cache in caches(&mut workers).await {
        for limit in [Limit { most: 1, within: MINUTE }, Limit { most: 100, within: MINUTE }] {
            let key = limit.most.to_string();
            for _ in 0..limit.most {
                assert_eq!(cache.admit(&key, limit, at(5)).await, Admission::Admitted);
            }
            cache.take_back(&key, limit, at(-5000)).await;
            assert_ne!(cache.admit(&key, limit, at(6)).await, Admission::Admitted, "another one was taken back");
            cache.take_back(&key, limit, at(5)).await;
            assert_eq!(cache.admit(&key, limit, at(6)).await, Admission::Admitted);
            assert_ne!(cache.admit(&key, limit, at(6)).await, Admission::Admitted);
        }
    }
}

/// The rule is written twice: in Rust and in Lua.
#[tokio::test]
async fn both_judge_alike() {
    let mut workers = JoinSet::new();
    let [own, remote] = caches(&mut workers).await.try_into().unwrap_or_else(|_| [Cache::local(), Cache::local()]);
    for (most, within_ms) in [(0, 100), (1, 1), (5, 300), (64, 900), (65, 900), (300, 1000)] {
        let limit = Limit { most, within: Duration::from_millis(within_ms) };
        let (key, mut now) = (format!("{most} in {within_ms}"), 0);
        for n in 0..1200 {
            now += n * 7 % 5;
            let (ours, theirs) =
                (own.admit_into(&key, limit, at(now)).await, remote.admit_into(&key, limit, at(now)).await);
            assert_eq!(ours, theirs, "{key}, the {n}th, at {now}");
        }
    }
}

#[tokio::test]
async fn a_figure_is_counted_once_it_was_set() {
    let mut workers = JoinSet::new();
    for cache in caches(&mut workers).await {
        assert_eq!(cache.read("a").await, None);
        assert_eq!(cache.count("a", 1).await, None, "a count begun now would lack what was before");
        assert_eq!(cache.read("a").await, None);
        cache.set("a", 40, MINUTE).await;
        assert_eq!(cache.count("a", 2).await, Some(42));
        assert_eq!(cache.read("a").await, Some(42));
        cache.set("a", 7, MINUTE).await;
        assert_eq!(cache.read("a").await, Some(7));
        cache.set("a", 7, Duration::from_millis(50)).await;
        until("a figure is not known any more", async || cache.read("a").await.is_none()).await;
        cache.set("a", 7, Duration::MAX).await;
        assert_eq!(cache.read("a").await, Some(7));
    }
}

#[tokio::test]
async fn events_are_known_by_everything_that_makes_them_the_same() {
    let mut workers = JoinSet::new();
    for cache in caches(&mut workers).await {
        cache.remember(&[(dedup_key(1), event(1)), (dedup_key(2), event(2))], MINUTE);
        let others = [
            DedupKey { app_id: dedup_key(3).app_id, ..dedup_key(1) },
            DedupKey { key: [3; 16], ..dedup_key(1) },
            DedupKey { body_hash: [3; 32], ..dedup_key(1) },
        ];
        let keys = [dedup_key(2), others[0], others[1], others[2], dedup_key(1)];
        assert_eq!(cache.seen(&keys).await, [Some(event(2)), None, None, None, Some(event(1))]);
        assert!(cache.seen(&[]).await.is_empty());
        cache.remember(&[(dedup_key(4), event(4))], Duration::from_millis(50));
        until("an event is forgotten", async || cache.seen(&[dedup_key(4)]).await == [None]).await;
    }
}

#[tokio::test]
async fn announcements_reach_the_topics_subscribers_once() {
    let mut workers = JoinSet::new();
    for cache in caches(&mut workers).await {
        let (mut one, mut other, mut foreign) = (cache.subscribe("a"), cache.subscribe("a"), cache.subscribe("b"));
        connected(&cache).await;
        for text in ["1", "2", "3"] {
            cache.announce("a", text.into());
        }
        cache.announce("b", "end".into());
        assert_eq!(texts(&mut one, "3").await, ["1", "2", "3"]);
        assert_eq!(texts(&mut other, "3").await, ["1", "2", "3"]);
        assert_eq!(texts(&mut foreign, "end").await, ["end"]);
    }
}

/// Up to the last one.
async fn texts(subscription: &mut anyhook_cache::Subscription, last: &str) -> Vec<String> {
    let mut texts = Vec::new();
    while texts.last().is_none_or(|text| text != last) {
        if let Announced::Text(text) = subscription.next().await {
            texts.push(text);
        }
    }
    texts
}

#[tokio::test]
async fn a_slow_subscriber_is_told_that_it_missed_some() {
    let cache = Cache::local();
    let mut slow = cache.subscribe("a");
    for n in 0..1000 {
        cache.announce("a", n.to_string());
    }
    assert_eq!(slow.next().await, Announced::Missed);
    assert_eq!(texts(&mut slow, "999").await.len(), 64);
}

#[test]
fn an_address_that_cannot_be_used_is_refused() {
    let refused = Cache::redis("http://:hunter2@cache.example", RedisConfig::default()).err();
    assert_eq!(refused, Some(InvalidUrl));
}
