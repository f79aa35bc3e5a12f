//! The spool: in memory, and over RabbitMQ where there is one.

use std::{
    collections::HashSet,
    ops::Range,
    time::{Duration, Instant},
};

use anyhook_queue::{NotSpooled, Spool, SpoolConfig, SpoolWorker, SpooledBatch};
use bytes::Bytes;
use futures::{StreamExt, stream};
use tokio::{task::JoinSet, time::timeout};

use crate::broker::{Broker, SOON, until};

const QUEUE: &str = "spool";

fn config(broker: &Broker) -> SpoolConfig {
    // Everything here shares a machine: a put may take longer than in life.
    SpoolConfig { prefix: broker.prefix.clone(), put_within: Duration::from_secs(5), ..SpoolConfig::default() }
}

fn process(broker: &Broker, config: SpoolConfig) -> (Spool, SpoolWorker) {
    Spool::rabbitmq(&broker.url(), config).unwrap()
}

/// A process's view of the spool, ready.
async fn spool(broker: &mut Broker, config: SpoolConfig) -> Spool {
    let (spool, worker) = process(broker, config);
    broker.workers.spawn(worker.run());
    ready(&spool).await;
    spool
}

async fn ready(spool: &Spool) {
    until("the spool is ready", || spool.is_ready()).await;
}

async fn end(mut broker: Broker) {
    broker.workers.shutdown().await;
    broker.delete(QUEUE).await;
}

/// A number, and as much behind it as there would be in life: mostly little, now and then more than one frame.
fn message(n: usize) -> Bytes {
    let n_bytes = match n % 100 {
        0 => 400_000,
        1..10 => 20_000,
        _ => n % 500,
    };
    let mut bytes = n.to_be_bytes().to_vec();
    bytes.resize(8 + n_bytes, n as u8);
    bytes.into()
}

fn number(message: &Bytes) -> usize {
    let n = usize::from_be_bytes(message[..8].try_into().unwrap());
    assert!(*message == self::message(n), "message {n} came as it was put");
    n
}

fn numbers(batch: &SpooledBatch) -> Vec<usize> {
    batch.messages.iter().map(number).collect()
}

/// Puts them in order, many at a time.
async fn put_all(spool: &Spool, range: Range<usize>) {
    let puts = stream::iter(range).map(|n| async move { (n, spool.put(message(n)).await) });
    let mut puts = puts.buffered(64);
    while let Some((n, put)) = puts.next().await {
        assert_eq!(put, Ok(()), "message {n}");
    }
}

async fn take(spool: &Spool, most: usize) -> SpooledBatch {
    timeout(SOON, spool.take(most)).await.expect("messages come soon")
}

async fn take_all(spool: &Spool, n: usize) -> Vec<usize> {
    let mut taken = Vec::new();
    while taken.len() < n {
        let batch = take(spool, 64).await;
        taken.extend(numbers(&batch));
        batch.receipt.settle();
    }
    taken
}

async fn nothing_comes(spool: &Spool) {
    assert!(timeout(Duration::from_millis(500), spool.take(1)).await.is_err(), "nothing is left");
}

#[tokio::test]
async fn without_a_spool_nothing_is_taken_or_given() {
    let spool = Spool::none();
    assert!(!spool.is_ready());
    assert_eq!(spool.put(message(0)).await, Err(NotSpooled::Off));
    nothing_comes(&spool).await;
}

#[tokio::test]
async fn a_local_spool_keeps_order_is_bounded_and_refuses_when_told() {
    let spool = Spool::local(3);
    for n in 0..3 {
        spool.put(message(n)).await.unwrap();
    }
    assert_eq!(spool.put(message(3)).await, Err(NotSpooled::Full));
    let batch = take(&spool, 2).await;
    assert_eq!(numbers(&batch), [0, 1]);
    assert!(!spool.is_ready(), "what is out counts, too");
    nothing_comes(&spool).await;
    batch.receipt.give_back();
    let batch = take(&spool, 1).await;
    assert_eq!(numbers(&batch), [0]);
    batch.receipt.settle();
    drop(take(&spool, 1).await);
    assert_eq!(take_all(&spool, 2).await, [1, 2]);
    let Spool::Local(local) = &spool else { unreachable!("it was made so") };
    local.refuse(true);
    assert_eq!((spool.put(message(4)).await, spool.is_ready()), (Err(NotSpooled::NotConnected), false));
    local.refuse(false);
    assert_eq!((spool.put(message(4)).await, spool.is_ready()), (Ok(()), true));
}

#[tokio::test]
async fn order_is_kept_and_everything_comes_once() {
    let Some(mut broker) = Broker::start(true).await else { return };
    let config = config(&broker);
    let (here, there) = (spool(&mut broker, config.clone()).await, spool(&mut broker, config).await);
    put_all(&here, 0..5_000).await;
    assert_eq!(take_all(&there, 5_000).await, Vec::from_iter(0..5_000));
    nothing_comes(&there).await;
    end(broker).await;
}

#[tokio::test]
async fn messages_come_while_others_are_put_and_batches_are_bounded() {
    let Some(mut broker) = Broker::start(true).await else { return };
    let config = SpoolConfig { batch_bytes: 30_000, ..config(&broker) };
    let spool = spool(&mut broker, config).await;
    let take_all = async {
        let mut taken = Vec::new();
        while taken.len() < 500 {
            let batch = take(&spool, 3).await;
            let n_bytes: usize = batch.messages.iter().map(Bytes::len).sum();
            assert!(batch.messages.len() <= 3 && (n_bytes <= 30_000 || batch.messages.len() == 1));
            taken.extend(numbers(&batch));
            batch.receipt.settle();
        }
        taken
    };
    let ((), taken) = tokio::join!(put_all(&spool, 0..500), take_all);
    assert_eq!(taken, Vec::from_iter(0..500));
    end(broker).await;
}

#[tokio::test]
async fn what_is_given_back_comes_first_and_in_order() {
    let Some(mut broker) = Broker::start(true).await else { return };
    let config = config(&broker);
    let spool = spool(&mut broker, config).await;
    put_all(&spool, 0..60).await;
    for _ in 0..30 {
        let batch = take(&spool, 5).await;
        assert_eq!(numbers(&batch), Vec::from_iter(0..batch.messages.len()));
        batch.receipt.give_back();
    }
    assert_eq!(take_all(&spool, 60).await, Vec::from_iter(0..60));
    nothing_comes(&spool).await;
    end(broker).await;
}

#[tokio::test]
async fn while_nobody_takes_the_broker_has_everything_and_counts_no_deliveries_to_a_limit() {
    let Some(mut broker) = Broker::start(true).await else { return };
    let config = config(&broker);
    let (here, there) = (spool(&mut broker, config.clone()).await, spool(&mut broker, config).await);
    put_all(&here, 0..40).await;
    // More often than the broker's own limit of 20.
    for round in 0..23 {
        let (worker, spool) = (JoinSet::new(), process(&broker, self::config(&broker)));
        let (spool, mut worker) = start(spool, worker);
        let batch = take(&spool, 64).await;
        assert_eq!(number(&batch.messages[0]), 0, "round {round}");
        worker.shutdown().await;
        drop(batch);
    }
    let batch = take(&here, 1).await;
    assert_eq!(numbers(&batch), [0]);
    batch.receipt.give_back();
    let began = Instant::now();
    while broker.n_ready(QUEUE).await != Some(40) {
        assert!(began.elapsed() < SOON, "what nobody takes goes back to the broker");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(take_all(&there, 40).await, Vec::from_iter(0..40));
    end(broker).await;
}

fn start((spool, worker): (Spool, SpoolWorker), mut workers: JoinSet<()>) -> (Spool, JoinSet<()>) {
    workers.spawn(worker.run());
    (spool, workers)
}

#[tokio::test]
async fn of_two_takers_one_drains_and_the_other_takes_over() {
    let Some(mut broker) = Broker::start(true).await else { return };
    let config = config(&broker);
    let there = spool(&mut broker, config.clone()).await;
    let (here, mut worker) = start(process(&broker, config), JoinSet::new());
    ready(&here).await;
    put_all(&here, 0..200).await;
    let mut committed = Vec::new();
    for _ in 0..5 {
        let batch = take(&here, 10).await;
        committed.extend(numbers(&batch));
        batch.receipt.settle();
    }
    let held = take(&here, 10).await;
    nothing_comes(&there).await;
    worker.shutdown().await;
    let rest = take_all(&there, 200 - committed.len()).await;
    // An acknowledgement may have been lost with the worker: then those messages come twice, and before all others.
    let missing = (0..200).find(|n| !committed.contains(n)).unwrap();
    assert_eq!(committed, Vec::from_iter(0..missing));
    assert_eq!(number(&held.messages[0]), missing);
    assert!(rest[0] <= missing, "{} instead of {missing}", rest[0]);
    let more = take_all(&there, 200 - rest[0] - rest.len()).await;
    assert_eq!([rest.clone(), more].concat(), Vec::from_iter(rest[0]..200));
    nothing_comes(&there).await;
    end(broker).await;
}

#[tokio::test]
async fn a_queue_that_vanished_is_declared_again() {
    let Some(mut broker) = Broker::start(true).await else { return };
    let config = config(&broker);
    let spool = spool(&mut broker, config).await;
    put_all(&spool, 0..10).await;
    assert_eq!(take_all(&spool, 10).await, Vec::from_iter(0..10));
    broker.delete(QUEUE).await;
    let refused = spool.put(message(10)).await.expect_err("a message to no queue is returned");
    assert!(matches!(refused, NotSpooled::NoQueue | NotSpooled::NotConnected), "{refused:?}");
    until("the spool is ready again", || spool.is_ready()).await;
    put_all(&spool, 11..20).await;
    assert_eq!(take_all(&spool, 9).await, Vec::from_iter(11..20));
    end(broker).await;
}

/// Puts all the time, while something happens; those that were confirmed.
async fn confirmed_during(spool: &Spool, happening: impl Future<Output = ()>) -> HashSet<usize> {
    let mut confirmed = HashSet::new();
    let puts = stream::iter(0_usize..).map(|n| async move {
        let put = spool.put(message(n)).await;
        // Where there is no connection, the refusal comes at once.
        tokio::time::sleep(Duration::from_micros(200)).await;
        put.ok().map(|()| n)
    });
    let mut puts = Box::pin(puts.buffered(32).take_until(Box::pin(happening)));
    while let Some(put) = puts.next().await {
        confirmed.extend(put);
    }
    confirmed
}

/// Takes until all of these came.
async fn drain(spool: &Spool, mut missing: HashSet<usize>) {
    while !missing.is_empty() {
        let batch = take(spool, 64).await;
        numbers(&batch).iter().for_each(|n| _ = missing.remove(n));
        batch.receipt.settle();
    }
}

#[tokio::test]
async fn what_was_confirmed_survives_cut_connections() {
    let Some(mut broker) = Broker::start(true).await else { return };
    let config = config(&broker);
    let spool = spool(&mut broker, config).await;
    let cuts = async {
        for _ in 0..5 {
            tokio::time::sleep(Duration::from_millis(300)).await;
            broker.proxy.cut();
            until("the cut is noticed", || !spool.is_ready()).await;
            broker.proxy.open();
            ready(&spool).await;
        }
    };
    let confirmed = confirmed_during(&spool, cuts).await;
    assert!(confirmed.len() > 100, "{} were confirmed", confirmed.len());
    // Among what comes is what nobody heard to be confirmed.
    drain(&spool, confirmed).await;
    end(broker).await;
}

#[tokio::test]
async fn what_was_taken_and_is_cut_off_comes_again() {
    let Some(mut broker) = Broker::start(true).await else { return };
    let config = config(&broker);
    let spool = spool(&mut broker, config).await;
    put_all(&spool, 0..20).await;
    let batch = take(&spool, 5).await;
    assert_eq!(number(&batch.messages[0]), 0);
    broker.proxy.cut();
    until("the cut is noticed", || !spool.is_ready()).await;
    broker.proxy.open();
    ready(&spool).await;
    // Too late: the broker was never told.
    batch.receipt.settle();
    let taken = take_all(&spool, 20).await;
    assert_eq!(taken, Vec::from_iter(0..20));
    end(broker).await;
}

#[tokio::test]
async fn a_full_spool_refuses_and_drops_nothing() {
    let Some(mut broker) = Broker::start(true).await else { return };
    let config = SpoolConfig { max_bytes: 300_000, ..config(&broker) };
    let spool = spool(&mut broker, config).await;
    let body = Bytes::from(vec![7; 10_000]);
    let mut n_put = 0;
    let refused = loop {
        match spool.put(body.clone()).await {
            Ok(()) => n_put += 1,
            Err(refused) => break refused,
        }
        assert!(n_put < 200, "the limit is about 30");
    };
    assert_eq!((refused, spool.is_ready()), (NotSpooled::Full, false));
    assert!(n_put >= 30);
    let mut n_taken = 0;
    while n_taken < n_put {
        let batch = take(&spool, 64).await;
        n_taken += batch.messages.len();
        batch.receipt.settle();
    }
    ready(&spool).await;
    let began = Instant::now();
    while spool.put(body.clone()).await.is_err() {
        assert!(began.elapsed() < SOON, "there is room again");
    }
    end(broker).await;
}

#[tokio::test]
async fn what_is_too_much_is_refused_at_once_and_the_largest_passes() {
    let Some(mut broker) = Broker::start(true).await else { return };
    let config = SpoolConfig { max_unconfirmed_bytes: 0, put_within: SOON, ..config(&broker) };
    let spool = spool(&mut broker, config.clone()).await;
    let largest = Bytes::from(vec![1; config.max_message_bytes]);
    let too_large = Bytes::from(vec![1; config.max_message_bytes + 1]);
    assert_eq!(spool.put(too_large).await, Err(NotSpooled::TooLarge { n_bytes: config.max_message_bytes + 1 }));
    let (first, second) = tokio::join!(spool.put(largest.clone()), spool.put(largest.clone()));
    assert_eq!((first, second), (Ok(()), Err(NotSpooled::Overloaded)));
    let batch = take(&spool, 2).await;
    assert!(batch.messages == [largest]);
    batch.receipt.settle();
    end(broker).await;
}

#[tokio::test]
async fn a_broker_that_says_nothing_is_waited_for_no_longer_than_agreed() {
    let Some(mut broker) = Broker::start(true).await else { return };
    let config = SpoolConfig { put_within: Duration::from_millis(300), ..config(&broker) };
    let spool = spool(&mut broker, config).await;
    broker.proxy.freeze(true);
    let began = Instant::now();
    assert_eq!(spool.put(message(0)).await, Err(NotSpooled::Unconfirmed));
    assert!((300..2_000).contains(&began.elapsed().as_millis()));
    broker.proxy.freeze(false);
    let began = Instant::now();
    while spool.put(message(1)).await.is_err() {
        assert!(began.elapsed() < SOON, "it goes on when the broker does");
    }
    // The message that nobody heard of was there all the same.
    drain(&spool, HashSet::from([0, 1])).await;
    end(broker).await;
}

#[tokio::test]
async fn without_a_broker_put_refuses_at_once() {
    let Some(broker) = Broker::start(false).await else { return };
    let (spool, worker) = process(&broker, config(&broker));
    let mut workers = JoinSet::new();
    workers.spawn(worker.run());
    let began = Instant::now();
    assert_eq!((spool.put(message(0)).await, spool.is_ready()), (Err(NotSpooled::NotConnected), false));
    assert!(began.elapsed() < Duration::from_millis(200));
    nothing_comes(&spool).await;
}

#[tokio::test]
async fn nothing_shows_the_password() {
    let (spool, worker) = Spool::rabbitmq("amqp://anyhook:hunter2@127.0.0.1:1", SpoolConfig::default()).unwrap();
    assert!(!format!("{spool:?} {worker:?}").contains("hunter2"));
    assert!(Spool::rabbitmq("http://anyhook:hunter2@host", SpoolConfig::default()).is_err());
}

#[tokio::test]
#[ignore = "blocks the whole broker: ANYHOOK_TEST_RABBITMQCTL names a program that calls its rabbitmqctl"]
async fn a_broker_short_of_memory_refuses_in_time_and_takes_again_later() {
    let Some(mut broker) = Broker::start(true).await else { return };
    let config = SpoolConfig { put_within: Duration::from_millis(500), ..config(&broker) };
    let spool = spool(&mut broker, config).await;
    put_all(&spool, 0..10).await;
    rabbitmqctl(&["set_vm_memory_high_watermark", "0.000001"]);
    let began = Instant::now();
    let refused = spool.put(message(10)).await.expect_err("the broker is blocked");
    assert!(matches!(refused, NotSpooled::Blocked | NotSpooled::Unconfirmed), "{refused:?}");
    assert!(began.elapsed() < Duration::from_secs(1));
    until("that is known", || !spool.is_ready()).await;
    let began = Instant::now();
    assert_eq!(spool.put(message(11)).await, Err(NotSpooled::Blocked));
    assert!(began.elapsed() < Duration::from_millis(100));
    // Draining goes on meanwhile.
    assert_eq!(take_all(&spool, 10).await, Vec::from_iter(0..10));
    rabbitmqctl(&["set_vm_memory_high_watermark", "0.4"]);
    ready(&spool).await;
    put_all(&spool, 12..20).await;
    drain(&spool, HashSet::from_iter(12..20)).await;
    end(broker).await;
}

fn rabbitmqctl(arguments: &[&str]) {
    #[expect(clippy::disallowed_methods, reason = "where the test finds its broker's tool")]
    let program = std::env::var("ANYHOOK_TEST_RABBITMQCTL").expect("ANYHOOK_TEST_RABBITMQCTL is set for this test");
    assert!(std::process::Command::new(program).args(arguments).status().unwrap().success());
}

#[tokio::test]
#[ignore = "measures: prints how long a put takes, and how fast the spool is drained"]
async fn figures() {
    let Some(mut broker) = Broker::start(true).await else { return };
    let config = config(&broker);
    let spool = spool(&mut broker, config).await;
    let body = Bytes::from(vec![7; 20_000]);
    let mut ticks = tokio::time::interval(Duration::from_millis(2));
    let mut puts = JoinSet::new();
    for _ in 0..5_000 {
        ticks.tick().await;
        let (spool, body) = (spool.clone(), body.clone());
        puts.spawn(async move {
            let began = Instant::now();
            spool.put(body).await.unwrap();
            began.elapsed()
        });
    }
    let mut took = puts.join_all().await;
    took.sort();
    println!("put of 20 KB, 500/s: p50 {:?}, p99 {:?}, most {:?}", took[2_500], took[4_950], took[4_999]);
    let (began, mut n_taken, mut n_batches) = (Instant::now(), 0, 0);
    while n_taken < 5_000 {
        let batch = take(&spool, 64).await;
        n_taken += batch.messages.len();
        n_batches += 1;
        // As long as a commit takes.
        tokio::time::sleep(Duration::from_millis(5)).await;
        batch.receipt.settle();
    }
    println!("drained {n_taken} in {n_batches} batches of 5 ms each: {:?}", began.elapsed());
    end(broker).await;
}
