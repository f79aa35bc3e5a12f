//! From the broker to those who take, and acknowledgements back.

use std::{convert::Infallible, sync::Arc, time::Duration};

use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use lapin::{
    Acker, Channel, Connection,
    message::Delivery,
    options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions},
    types::FieldTable,
};
use tokio::sync::mpsc;

use super::{
    Rabbit,
    connect::{self, Attempts, Ended, within},
    incoming::Message,
    message, topology,
};

const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// The two ends of what is to be acknowledged.
pub(super) struct Acks {
    sender: mpsc::UnboundedSender<Acker>,
    receiver: mpsc::UnboundedReceiver<Acker>,
}

impl Acks {
    /// Unbounded, and yet no longer than the broker lets messages be unacknowledged.
    pub(super) fn new() -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        Self { sender, receiver }
    }
}

/// Consumes from the moment that somebody takes until nobody does any more: who takes nothing must not keep hints from
/// the others. Dropping the connection gives back to the broker what was not acknowledged.
pub(super) async fn run(rabbit: &Rabbit, acks: Acks) -> Infallible {
    rabbit.wait_for_taker().await;
    tokio::select! {
        never = sessions(rabbit, acks) => match never {},
        () = rabbit.no_taker.cancelled() => {}
    }
    rabbit.set_consuming(false);
    std::future::pending().await
}

async fn sessions(rabbit: &Rabbit, mut acks: Acks) -> Infallible {
    let mut attempts = Attempts::new("consuming");
    loop {
        let Err(ended) = session(rabbit, &mut acks).await;
        rabbit.set_consuming(false);
        attempts.wait_after(&ended).await;
    }
}

async fn session(rabbit: &Rabbit, acks: &mut Acks) -> Result<Infallible, Ended> {
    let connection = connect::open(&rabbit.uri, "consuming").await?;
    within(ANSWERS_WITHIN, topology::declare(&connection, &rabbit.config.prefix)).await?;
    rabbit.incoming.forget_delivered();
    let mut deliveries = within(ANSWERS_WITHIN, subscribe(rabbit, &connection)).await?;
    rabbit.set_consuming(true);
    tracing::info!("taking hints from RabbitMQ");
    loop {
        tokio::select! {
            Some(acker) = acks.receiver.recv() => acknowledge(&acker).await?,
            delivery = deliveries.next() => match delivery.flatten() {
                Some(delivery) => receive(rabbit, delivery?, &acks.sender).await?,
                // One consumer was ended by the broker: its queue is gone, or its leader is.
                None => return Err(Ended::Gone),
            },
        }
    }
}

type Deliveries = BoxStream<'static, Option<lapin::Result<Delivery>>>;

/// A consumer for each queue; `None` from the stream means that one of them ended.
async fn subscribe(rabbit: &Rabbit, connection: &Connection) -> lapin::Result<Deliveries> {
    let channel = connection.create_channel().await?;
    // For each consumer, not for the channel: one queue's flood leaves room for the others.
    channel.basic_qos(rabbit.config.prefetch, BasicQosOptions { global: false }).await?;
    let mut consumers = Vec::with_capacity(topology::N_SHARDS);
    for shard in 0..topology::N_SHARDS {
        consumers.push(consume(&channel, &topology::name(&rabbit.config.prefix, shard)).await?);
    }
    Ok(stream::select_all(consumers).boxed())
}

async fn consume(channel: &Channel, queue: &str) -> lapin::Result<Deliveries> {
    let options = BasicConsumeOptions::default();
    let consumer = channel.basic_consume(queue.into(), "".into(), options, FieldTable::default()).await?;
    Ok(consumer.map(Some).chain(stream::once(std::future::ready(None))).boxed())
}

/// Keeps a message's hints for whoever takes them.
async fn receive(rabbit: &Rabbit, delivery: Delivery, acks: &mpsc::UnboundedSender<Acker>) -> Result<(), Ended> {
    match message::decode(&delivery.data) {
        Ok(hints) => {
            let message = Message::new(delivery.acker, hints.len(), acks.clone());
            rabbit.incoming.push(hints, &Arc::new(message));
            Ok(())
        }
        Err(reason) => {
            tracing::warn!(%reason, queue = %delivery.routing_key, "a message in the queue says nothing; it is taken away");
            acknowledge(&delivery.acker).await
        }
    }
}

async fn acknowledge(acker: &Acker) -> Result<(), Ended> {
    // False: the message came over an earlier connection, and comes again.
    within(ANSWERS_WITHIN, acker.ack(BasicAckOptions::default())).await.map(drop)
}
