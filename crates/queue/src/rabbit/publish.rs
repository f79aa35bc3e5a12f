//! From the buffer to the broker: many hints a message, confirmed or given up.

use std::{convert::Infallible, pin::pin, time::Duration};

use anyhook_domain::delivery::Hint;
use futures::{StreamExt, stream::FuturesUnordered};
use lapin::{
    BasicProperties, Channel, Confirmation, Event,
    options::{BasicPublishOptions, ConfirmSelectOptions},
};

use super::{
    Rabbit,
    connect::{self, Attempts, Ended, within},
    message, topology,
};

const CONFIRMS_WITHIN: Duration = Duration::from_secs(5);
/// Messages that wait for the broker's word. While there are more, hints gather in the buffer.
const MOST_UNCONFIRMED: usize = 64;
/// Survives the broker's restart. What does not is lost even from a durable queue.
const PERSISTENT: u8 = 2;

/// What became of one message.
struct Published {
    hints: Vec<Hint>,
    result: Result<Confirmation, Ended>,
}

/// Publishes for ever.
pub(super) async fn run(rabbit: &Rabbit) -> Infallible {
    let mut attempts = Attempts::new("publishing");
    loop {
        let Err(ended) = session(rabbit).await;
        rabbit.outgoing.conclude_all();
        rabbit.set_publishing(false);
        attempts.wait_after(&ended).await;
        // Once more: some may have come between the look at the state and its change.
        rabbit.set_publishing(false);
    }
}

async fn session(rabbit: &Rabbit) -> Result<Infallible, Ended> {
    let connection = connect::open(&rabbit.uri, "publishing").await?;
    let mut events = pin!(connection.events_listener());
    within(CONFIRMS_WITHIN, topology::declare(&connection, &rabbit.config.prefix)).await?;
    let channel = within(CONFIRMS_WITHIN, connection.create_channel()).await?;
    within(CONFIRMS_WITHIN, channel.confirm_select(ConfirmSelectOptions::default())).await?;
    rabbit.set_publishing(true);
    tracing::info!(
        n_lost = rabbit.outgoing.take_lost(),
        "publishing to RabbitMQ; lost hints come back as overdue rows"
    );

    let mut is_blocked = false;
    let mut unconfirmed = FuturesUnordered::new();
    let mut gathered = pin!(rabbit.outgoing.gather());
    loop {
        tokio::select! {
            Some(published) = unconfirmed.next() => conclude(rabbit, published, is_blocked)?,
            event = events.next() => match event {
                Some(Event::ConnectionBlocked(reason)) => {
                    is_blocked = true;
                    tracing::warn!(reason, "RabbitMQ takes no messages");
                    rabbit.set_publishing(false);
                }
                Some(Event::ConnectionUnblocked) => {
                    is_blocked = false;
                    tracing::info!("RabbitMQ takes messages again");
                    rabbit.set_publishing(true);
                }
                Some(Event::Error(error)) => return Err(error.into()),
                Some(_) => {}
                None => return Err(Ended::Gone),
            },
            hints = &mut gathered, if !is_blocked && unconfirmed.len() < MOST_UNCONFIRMED => {
                unconfirmed.extend(messages(hints).map(|(shard, hints)| publish(rabbit, &channel, shard, hints)));
                gathered.set(rabbit.outgoing.gather());
            }
        }
    }
}

/// Sorts hints by shard and cuts them into messages.
fn messages(hints: Vec<Hint>) -> impl Iterator<Item = (usize, Vec<Hint>)> {
    let mut shards: [Vec<Hint>; topology::N_SHARDS] = Default::default();
    for hint in hints {
        shards[topology::shard(hint.destination_id)].push(hint);
    }
    let cut = |(shard, hints): (usize, Vec<Hint>)| {
        let cut: Vec<_> = hints.chunks(message::MOST_HINTS).map(|hints| (shard, hints.to_vec())).collect();
        cut
    };
    shards.into_iter().enumerate().flat_map(cut)
}

async fn publish(rabbit: &Rabbit, channel: &Channel, shard: usize, hints: Vec<Hint>) -> Published {
    let queue = topology::name(&rabbit.config.prefix, shard);
    // Without `mandatory`, a message to a queue that is gone is confirmed and gone, too.
    let options = BasicPublishOptions { mandatory: true, ..Default::default() };
    let properties = BasicProperties::default().with_delivery_mode(PERSISTENT);
    let body = message::encode(&hints);
    let result = within(CONFIRMS_WITHIN, async {
        channel.basic_publish("".into(), queue.as_str().into(), options, &body, properties).await?.await
    });
    Published { result: result.await, hints }
}

/// What was not confirmed is not published again, except to ourselves.
fn conclude(rabbit: &Rabbit, published: Published, is_blocked: bool) -> Result<(), Ended> {
    rabbit.outgoing.conclude(published.hints.len());
    let ended = match published.result {
        Ok(Confirmation::Ack(None) | Confirmation::NotRequested) => return Ok(()),
        // The broker is full: nothing that a new connection would mend.
        Ok(Confirmation::Nack(None)) => None,
        Ok(Confirmation::Ack(Some(_)) | Confirmation::Nack(Some(_))) => Some(Ended::NoQueue),
        Err(Ended::NoAnswer) if is_blocked => None,
        Err(ended) => Some(ended),
    };
    tracing::debug!(n = published.hints.len(), "RabbitMQ did not confirm these hints");
    rabbit.fall_back(published.hints);
    ended.map_or(Ok(()), Err)
}
