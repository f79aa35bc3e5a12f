//! Redis dies, hangs, forgets, or holds something else. Nobody who asks notices more than an approximation.

use std::time::{Duration, Instant};

use anyhook_cache::{Admission, Announced, Cache, Limit, RedisConfig};
use tokio::task::JoinSet;

use crate::{
    at, connected, dedup_key, event,
    redis_server::{PATIENT, Server},
    start, until,
};

const MINUTE: Duration = Duration::from_secs(60);

/// A server of its own, and two processes' views.
async fn two(workers: &mut JoinSet<()>) -> Option<(Server, [Cache; 2])> {
    within(PATIENT, workers).await
}

async fn within(answers_within: Duration, workers: &mut JoinSet<()>) -> Option<(Server, [Cache; 2])> {
    let server = Server::start(answers_within)?;
    let two = [(); 2].map(|()| start(server.cache(), workers));
    connected(&two[0]).await;
    connected(&two[1]).await;
    Some((server, two))
}

async fn disconnected(cache: &Cache) {
    until("the connection's end", async || !cache.is_connected()).await;
}

async fn n_admitted(cache: &Cache, limit: Limit, now: i64) -> u32 {
    let mut n = 0;
    for _ in 0..3 * limit.most {
        n += u32::from(cache.admit("a", limit, at(now)).await == Admission::Admitted);
    }
    n
}

#[tokio::test]
async fn while_it_is_dead_each_process_answers_from_its_own_memory() {
    let mut workers = JoinSet::new();
    let Some((mut server, [one, other])) = two(&mut workers).await else { return };
    one.set("n", 10, MINUTE).await;
    one.remember(&[(dedup_key(1), event(1))], MINUTE);
    server.kill();
    assert_eq!(one.count("n", 5).await, Some(15));
    assert_eq!(one.read("n").await, Some(15));
    assert_eq!(other.read("n").await, None, "the log knows");
    assert_eq!(one.seen(&[dedup_key(1), dedup_key(2)]).await, [Some(event(1)), None]);
    one.forget("a").await;
    disconnected(&one).await;
    server.restart();
    connected(&one).await;
    assert_eq!(one.read("n").await, None, "it has lost everything");
}

/// One stretch of the limit holds an outage's beginning and end.
#[tokio::test]
async fn through_an_outage_two_processes_admit_at_most_twice_the_limit() {
    let mut workers = JoinSet::new();
    let Some((mut server, [one, other])) = two(&mut workers).await else { return };
    let limit = Limit { most: 20, within: MINUTE };
    let mut n = 0;
    for ms in 0..10 {
        n += u32::from(one.admit("a", limit, at(ms)).await == Admission::Admitted);
    }
    assert_eq!(n, 10);
    server.kill();
    n += n_admitted(&one, limit, 20).await + n_admitted(&other, limit, 20).await;
    assert_eq!(n, 40, "each has its own twenty");
    disconnected(&one).await;
    disconnected(&other).await;
    server.restart();
    connected(&one).await;
    connected(&other).await;
    n += n_admitted(&one, limit, 30).await + n_admitted(&other, limit, 30).await;
    assert_eq!(n, 40, "they remember what Redis has forgotten");
    let later = 3 * 60_000;
    assert_eq!(n_admitted(&one, limit, later).await + n_admitted(&other, limit, later).await, 20, "exact again");
}

#[tokio::test]
async fn when_it_has_forgotten_everything_one_more_limit_is_admitted() {
    let mut workers = JoinSet::new();
    let Some((server, [one, other])) = two(&mut workers).await else { return };
    let limit = Limit { most: 20, within: MINUTE };
    one.set("n", 10, MINUTE).await;
    assert_eq!(n_admitted(&one, limit, 0).await + n_admitted(&other, limit, 0).await, 20);
    redis::cmd("FLUSHALL").exec_async(&mut server.client().await).await.unwrap();
    assert_eq!(n_admitted(&other, limit, 1).await + n_admitted(&one, limit, 1).await, 20);
    assert_eq!(one.count("n", 1).await, None);
    assert_eq!(one.read("n").await, None);
    assert!(one.is_connected() && other.is_connected());
}

#[tokio::test]
async fn a_server_that_hangs_is_waited_for_once() {
    let mut workers = JoinSet::new();
    let brief = RedisConfig::default().answers_within;
    let Some((server, [one, other])) = within(brief, &mut workers).await else { return };
    let limit = Limit { most: 100, within: MINUTE };
    one.set("n", 0, MINUTE).await;
    let mut subscription = one.subscribe("a");
    assert_eq!(subscription.next().await, Announced::Missed);
    server.stop();
    let mut n_waited = 0;
    for n in 0..2000 {
        let began = Instant::now();
        let _ = one.admit("a", limit, at(n)).await;
        one.count("n", 1).await;
        one.seen(&[dedup_key(1)]).await;
        one.remember(&[(dedup_key(2), event(2))], MINUTE);
        other.announce("b", String::new());
        n_waited += u32::from(began.elapsed() >= brief);
    }
    // Once, and as often as a busy machine says so.
    assert!(n_waited < 50, "waited {n_waited} times");
    assert_eq!(one.read("n").await, Some(2000));
    assert!(!one.is_connected());
    one.announce("a", "here".into());
    assert_eq!(subscription.next().await, Announced::Text("here".into()));
    server.go_on();
    connected(&one).await;
    connected(&other).await;
    let text = Announced::Text("there".into());
    until("announcements come again", async || {
        other.announce("a", "there".into());
        matches!(tokio::time::timeout(Duration::from_millis(50), subscription.next()).await, Ok(heard) if heard == text)
    })
    .await;
}

#[tokio::test]
async fn a_key_that_holds_something_else_does_no_harm() {
    let mut workers = JoinSet::new();
    let Some((server, [one, other])) = two(&mut workers).await else { return };
    let mut client = server.client().await;
    for (kind, name) in [("limit", "a"), ("count", "n")] {
        redis::cmd("LPUSH").arg(server.key(kind, name)).arg("x").exec_async(&mut client).await.unwrap();
    }
    let limit = Limit { most: 5, within: MINUTE };
    one.take_back("a", limit, at(0)).await;
    assert_eq!(n_admitted(&one, limit, 0).await + n_admitted(&other, limit, 0).await, 5, "the limit has replaced it");
    assert_eq!((one.read("n").await, one.count("n", 1).await), (None, None));
    one.set("n", 7, MINUTE).await;
    assert_eq!(other.count("n", 1).await, Some(8));
    redis::cmd("SET").arg(server.key("count", "n")).arg("many").exec_async(&mut client).await.unwrap();
    assert_eq!((other.read("n").await, other.count("n", 1).await), (None, None));

    one.remember(&[(dedup_key(1), event(1))], MINUTE);
    until("an event is known", async || other.seen(&[dedup_key(1)]).await == [Some(event(1))]).await;
    let names: Vec<Vec<u8>> = redis::cmd("KEYS").arg(server.key("dedup", "*")).query_async(&mut client).await.unwrap();
    assert_eq!(names.len(), 1);
    redis::cmd("SET").arg(&names[0]).arg("x").exec_async(&mut client).await.unwrap();
    assert_eq!(other.seen(&[dedup_key(1)]).await, [None]);
    assert!(one.is_connected() && other.is_connected(), "none of this is a reason to connect again");
}

#[tokio::test]
async fn a_subscription_outlives_its_server_and_says_that_it_missed_some() {
    let mut workers = JoinSet::new();
    let Some((mut server, [one, other])) = two(&mut workers).await else { return };
    let mut subscription = one.subscribe("a");
    assert_eq!(subscription.next().await, Announced::Missed);
    server.kill();
    disconnected(&one).await;
    disconnected(&other).await;
    one.announce("a", "1".into());
    other.announce("a", "nobody hears this".into());
    assert_eq!(subscription.next().await, Announced::Text("1".into()), "within the process");
    server.restart();
    connected(&one).await;
    connected(&other).await;
    assert_eq!(subscription.next().await, Announced::Missed);
    other.announce("a", "2".into());
    let mut heard = subscription.next().await;
    while heard == Announced::Missed {
        heard = subscription.next().await;
    }
    assert_eq!(heard, Announced::Text("2".into()));
}

/// The announcer's connection breaks, the subscriber's does not.
#[tokio::test]
async fn what_a_process_could_not_announce_is_missed_by_the_others() {
    let mut workers = JoinSet::new();
    let Some(server) = Server::start(PATIENT) else { return };
    let mut subscribers = JoinSet::new();
    let here = start(server.cache(), &mut subscribers);
    let mut subscription = here.subscribe("a");
    connected(&here).await;
    assert_eq!(subscription.next().await, Announced::Missed);
    let (there, worker) = server.cache();
    there.announce("a", "too early".into());
    workers.spawn(worker.run());
    assert_eq!(subscription.next().await, Announced::Missed);
    there.announce("a", "in time".into());
    assert_eq!(subscription.next().await, Announced::Text("in time".into()));
}

#[tokio::test]
async fn a_cache_that_never_finds_its_server_works() {
    let url = |scheme: &str, port: u16| format!("{scheme}://:secret@127.0.0.1:{port}/0");
    let deaf = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = deaf.local_addr().unwrap().port();
    let mut workers = JoinSet::new();
    for url in [url("redis", 1), url("rediss", 1), url("redis", port), url("rediss", port)] {
        let cache = start(Cache::redis(&url, RedisConfig::default()).unwrap(), &mut workers);
        let limit = Limit { most: 5, within: MINUTE };
        assert_eq!(n_admitted(&cache, limit, 0).await, 5);
        cache.set("n", 1, MINUTE).await;
        assert_eq!(cache.count("n", 1).await, Some(2));
        assert!(!cache.is_connected());
        assert!(!format!("{cache:?}").contains("secret"));
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(workers.len(), 4);
    assert!(workers.try_join_next().is_none(), "a worker has ended");
}
