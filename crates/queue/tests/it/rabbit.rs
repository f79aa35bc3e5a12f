//! The queue over RabbitMQ, where there is one: `ANYHOOK_TEST_AMQP_URL`.

use std::{
    collections::HashSet,
    future::poll_fn,
    ops::Range,
    pin::pin,
    task::Poll,
    time::{Duration, Instant},
};

use anyhook_domain::{DeliveryId, DestinationId, delivery::Hint};
use anyhook_queue::{InvalidUrl, Queue, Taken, rabbit::Config};
use tokio::time::timeout;
use uuid::Uuid;

use crate::broker::{Broker, SOON, until};

/// A process's view of the queue.
fn queue(broker: &mut Broker) -> Queue {
    let config = Config { prefix: broker.prefix.clone(), capacity: 100, prefetch: 2 };
    let (queue, worker) = Queue::rabbitmq(&broker.url(), config).unwrap();
    broker.workers.spawn(worker.run());
    queue
}

async fn delete_queues(broker: &Broker) {
    for shard in 0..16 {
        broker.delete(&shard.to_string()).await;
    }
}

async fn end(mut broker: Broker) {
    broker.workers.shutdown().await;
    delete_queues(&broker).await;
}

fn hint(n: u128) -> Hint {
    let destination_id = DestinationId(Uuid::from_u128(n % 16));
    Hint { delivery_id: DeliveryId(Uuid::from_u128(n)), destination_id, attempts: 7 }
}

fn hints(range: Range<u128>) -> Vec<Hint> {
    range.map(hint).collect()
}

/// Makes the queue one that is taken from.
async fn look(queue: &Queue) {
    let mut take = pin!(queue.take(1));
    poll_fn(|context| {
        assert!(take.as_mut().poll(context).is_pending());
        Poll::Ready(())
    })
    .await;
}

async fn connected(queue: &Queue) {
    until("a connection", || queue.is_connected()).await;
}

async fn take(queue: &Queue) -> Taken {
    timeout(SOON, queue.take(64)).await.expect("hints come soon")
}

/// Takes and settles until all of these came, in whatever order and however often.
async fn take_all(queue: &Queue, expected: Vec<Hint>) {
    let mut missing: HashSet<_> = expected.into_iter().collect();
    while !missing.is_empty() {
        let taken = take(queue).await;
        missing.retain(|hint| !taken.hints.contains(hint));
        taken.receipt.settle();
    }
}

/// Whether, after a cut, the broker delivers something again; it is settled then.
async fn comes_again(broker: &Broker, queue: &Queue) -> bool {
    broker.proxy.cut();
    until("the cut is noticed", || !queue.is_connected()).await;
    broker.proxy.open();
    connected(queue).await;
    let mut comes = false;
    while let Ok(taken) = timeout(Duration::from_millis(300), queue.take(64)).await {
        taken.receipt.settle();
        comes = true;
    }
    comes
}

#[tokio::test]
async fn what_one_process_publishes_another_takes_once() {
    let Some(mut broker) = Broker::start(true).await else { return };
    let (here, there) = (queue(&mut broker), queue(&mut broker));
    look(&there).await;
    connected(&here).await;
    connected(&there).await;
    here.publish(hints(0..100));
    let mut taken = Vec::new();
    while taken.len() < 100 {
        let some = take(&there).await;
        assert!(some.hints.len() <= 64 && there.depth() >= some.hints.len());
        taken.extend(some.hints);
        some.receipt.settle();
    }
    taken.sort_by_key(|hint| hint.delivery_id);
    assert_eq!(taken, hints(0..100));
    assert_eq!((here.depth(), there.depth()), (0, 0));
    // An acknowledgement may be cut off as well, but not for ever.
    let mut n_rounds = 0;
    while comes_again(&broker, &there).await {
        n_rounds += 1;
        assert!(n_rounds < 5, "what was settled does not come again");
    }
    end(broker).await;
}

#[tokio::test]
async fn garbage_is_taken_away_and_hinders_nothing() {
    let Some(mut broker) = Broker::start(true).await else { return };
    let queue = queue(&mut broker);
    look(&queue).await;
    connected(&queue).await;
    for body in [&b""[..], b"\x02later", b"\x01short", b"{}"] {
        broker.publish_raw("3", body).await;
    }
    queue.publish(vec![hint(3)]);
    take_all(&queue, vec![hint(3)]).await;
    end(broker).await;
}

#[tokio::test]
async fn a_broker_that_forgot_everything_is_set_up_again() {
    let Some(mut broker) = Broker::start(true).await else { return };
    let (here, there) = (queue(&mut broker), queue(&mut broker));
    look(&there).await;
    connected(&here).await;
    connected(&there).await;
    broker.proxy.cut();
    until("the cut is noticed", || !here.is_connected() && !there.is_connected()).await;
    delete_queues(&broker).await;
    broker.proxy.open();
    connected(&here).await;
    connected(&there).await;
    here.publish(hints(0..50));
    take_all(&there, hints(0..50)).await;
    end(broker).await;
}

#[tokio::test]
async fn queues_that_vanish_under_both_ends_are_declared_again() {
    let Some(mut broker) = Broker::start(true).await else { return };
    let (here, there) = (queue(&mut broker), queue(&mut broker));
    look(&there).await;
    connected(&here).await;
    connected(&there).await;
    delete_queues(&broker).await;
    // Some of these are returned and lost; the hints after them are not.
    let began = Instant::now();
    loop {
        assert!(began.elapsed() < SOON, "hints flow again");
        here.publish(hints(0..16));
        let Ok(taken) = timeout(Duration::from_millis(500), there.take(64)).await else { continue };
        taken.receipt.settle();
        break;
    }
    connected(&here).await;
    connected(&there).await;
    here.publish(hints(100..116));
    take_all(&there, hints(100..116)).await;
    end(broker).await;
}

#[tokio::test]
async fn a_publisher_alone_declares_a_queue_that_vanished() {
    let Some(mut broker) = Broker::start(true).await else { return };
    let queue = queue(&mut broker);
    connected(&queue).await;
    delete_queues(&broker).await;
    let began = Instant::now();
    while broker.n_ready("0").await.is_none_or(|n| n == 0) {
        assert!(began.elapsed() < SOON, "the returned message tells that the queue is gone");
        queue.publish(vec![hint(0)]);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(broker.n_ready("15").await, Some(0));
    end(broker).await;
}

#[tokio::test]
async fn what_was_taken_and_not_settled_comes_again() {
    let Some(mut broker) = Broker::start(true).await else { return };
    let (here, there) = (queue(&mut broker), queue(&mut broker));
    look(&there).await;
    connected(&here).await;
    connected(&there).await;
    here.publish(vec![hint(0), hint(16)]);
    let first = take(&there).await;
    assert_eq!(first.hints.len(), 2);
    broker.proxy.cut();
    until("the cut is noticed", || !there.is_connected()).await;
    // Too late for that connection; the broker delivers the message again.
    first.receipt.settle();
    broker.proxy.open();
    take_all(&there, vec![hint(0), hint(16)]).await;
    end(broker).await;
}

#[tokio::test]
async fn one_shards_flood_leaves_room_for_the_others() {
    let Some(mut broker) = Broker::start(true).await else { return };
    let (here, there) = (queue(&mut broker), queue(&mut broker));
    connected(&here).await;
    for n in 0..40 {
        here.publish(vec![hint(16 * n)]);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    here.publish(vec![hint(5)]);
    look(&there).await;
    connected(&there).await;
    // Two messages of the flood, which nobody settles, and yet the other hint comes.
    let mut receipts = Vec::new();
    loop {
        let taken = take(&there).await;
        receipts.push(taken.receipt);
        if taken.hints.contains(&hint(5)) {
            break;
        }
    }
    assert!(broker.n_ready("0").await > Some(0), "the flood stays at the broker");
    end(broker).await;
}

#[tokio::test]
async fn while_the_broker_is_away_publishing_waits_for_nothing_and_is_bounded() {
    let Some(mut broker) = Broker::start(false).await else { return };
    let (here, there) = (queue(&mut broker), queue(&mut broker));
    let began = Instant::now();
    for n in 0..100 {
        here.publish(hints(n * 100..(n + 1) * 100));
    }
    assert!(began.elapsed() < Duration::from_millis(500));
    assert_eq!(here.depth(), 100);
    assert!(!here.is_connected());
    broker.proxy.open();
    look(&there).await;
    // The newest were kept.
    take_all(&there, hints(9_900..10_000)).await;
    end(broker).await;
}

#[tokio::test]
async fn while_the_broker_is_away_a_process_wakes_itself() {
    let Some(mut broker) = Broker::start(false).await else { return };
    let queue = queue(&mut broker);
    queue.publish(hints(0..10));
    look(&queue).await;
    queue.publish(hints(10..20));
    take_all(&queue, hints(0..20)).await;
    queue.publish(hints(0..1_000));
    assert_eq!(queue.depth(), 100);
    broker.proxy.open();
    connected(&queue).await;
    end(broker).await;
}

#[tokio::test]
async fn nothing_shows_the_password() {
    let (queue, worker) = Queue::rabbitmq("amqp://anyhook:hunter2@127.0.0.1:1", Config::default()).unwrap();
    assert!(!format!("{queue:?} {worker:?}").contains("hunter2"));
    assert_eq!(Queue::rabbitmq("http://anyhook:hunter2@host", Config::default()).err(), Some(InvalidUrl));
}

#[tokio::test]
async fn what_was_flushed_is_at_the_broker() {
    let Some(mut broker) = Broker::start(true).await else { return };
    let (here, there) = (queue(&mut broker), queue(&mut broker));
    connected(&here).await;
    here.publish(hints(0..100));
    assert!(here.flush(SOON).await);
    assert_eq!(here.depth(), 0);
    let mut n_messages = 0;
    for shard in 0..16 {
        n_messages += broker.n_ready(&shard.to_string()).await.unwrap();
    }
    assert!(n_messages >= 16);
    take_all(&there, hints(0..100)).await;
    end(broker).await;
}

#[tokio::test]
async fn a_flush_waits_for_confirmations_and_not_for_ever() {
    let Some(mut broker) = Broker::start(true).await else { return };
    let queue = queue(&mut broker);
    connected(&queue).await;
    broker.proxy.freeze(true);
    queue.publish(hints(0..100));
    until("all hints are on their way", || queue.depth() == 0).await;
    assert!(!queue.flush(Duration::from_millis(200)).await, "nothing is confirmed");
    broker.proxy.freeze(false);
    assert!(queue.flush(SOON).await);
    broker.proxy.cut();
    until("the cut is noticed", || !queue.is_connected()).await;
    queue.publish(hints(0..100));
    assert!(!queue.flush(Duration::from_millis(200)).await, "there is no broker");
    end(broker).await;
}
