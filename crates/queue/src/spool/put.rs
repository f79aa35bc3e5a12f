//! Messages on their way to the broker. The connection is kept at all times: in an emergency, nobody waits for it.

use std::{convert::Infallible, pin::pin, task::Poll, time::Duration};

use bytes::Bytes;
use futures::{FutureExt, StreamExt, stream::FuturesUnordered};
use lapin::{
    BasicProperties, Channel, Confirmation, Connection, Event,
    options::{BasicPublishOptions, ConfirmSelectOptions},
};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use super::{NotSpooled, SpoolConfig, remote::Remote};
use crate::rabbit::connect::{self, Attempts, Ended, within};

const ANSWERS_WITHIN: Duration = Duration::from_secs(5);
/// A connection on which a message is unconfirmed for so long is of no use any more.
const CONFIRMS_WITHIN: Duration = Duration::from_secs(10);
/// Survives the broker's restart.
const PERSISTENT: u8 = 2;
/// What is on its way is counted in pieces of so many bytes, each message as one more: small ones cost something, too.
const PIECE_BYTES: usize = 1024;

/// Whether messages are taken now.
#[derive(Debug)]
pub(super) enum Intake {
    Open(mpsc::UnboundedSender<Entry>),
    Closed(NotSpooled),
}

/// A message, and who waits for it to be confirmed.
#[derive(Debug)]
pub(super) struct Entry {
    message: Bytes,
    answer: oneshot::Sender<Result<(), NotSpooled>>,
    /// Held until the broker has answered, whether or not somebody still waits.
    _room: OwnedSemaphorePermit,
}

/// What became of one message.
struct Published {
    entry: Entry,
    result: Result<Confirmation, Ended>,
}

/// Pieces that may be on their way; any message that is not too large fits alone.
pub(super) fn room(config: &SpoolConfig) -> usize {
    config.max_unconfirmed_bytes.max(config.max_message_bytes) / PIECE_BYTES + 1
}

impl Remote {
    pub(super) async fn put(&self, message: Bytes) -> Result<(), NotSpooled> {
        let n_bytes = message.len();
        if n_bytes > self.config.max_message_bytes {
            return Err(NotSpooled::TooLarge { n_bytes });
        }
        let mut intake = self.intake.subscribe();
        let open = intake.borrow_and_update().entrance()?;
        let n_pieces = u32::try_from(n_bytes / PIECE_BYTES + 1).map_err(|_| NotSpooled::TooLarge { n_bytes })?;
        let room = self.room.clone().try_acquire_many_owned(n_pieces).map_err(|_| NotSpooled::Overloaded)?;
        let (answer, answered) = oneshot::channel();
        open.send(Entry { message, answer, _room: room }).map_err(|_| NotSpooled::NotConnected)?;
        tokio::select! {
            biased;
            answer = answered => answer.unwrap_or(Err(NotSpooled::NotConnected)),
            _ = intake.changed() => Err(intake.borrow().entrance().err().unwrap_or(NotSpooled::Unconfirmed)),
            () = tokio::time::sleep(self.config.put_within) => Err(NotSpooled::Unconfirmed),
        }
    }
}

impl Intake {
    fn entrance(&self) -> Result<mpsc::UnboundedSender<Entry>, NotSpooled> {
        match self {
            Self::Open(entrance) => Ok(entrance.clone()),
            Self::Closed(why) => Err(*why),
        }
    }
}

/// Keeps the connection for ever.
pub(super) async fn run(spool: &Remote) -> Infallible {
    let mut attempts = Attempts::new("spooling");
    loop {
        let Err(ended) = session(spool).await;
        attempts.wait_after(&ended).await;
    }
}

/// Tells those who put when their connection ends, in whatever way.
struct Closing<'a>(&'a Remote);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.intake.send_replace(Intake::Closed(NotSpooled::NotConnected));
    }
}

async fn session(spool: &Remote) -> Result<Infallible, Ended> {
    let connection = connect::open(&spool.uri, "spooling").await?;
    let mut events = pin!(connection.events_listener());
    let channel = within(ANSWERS_WITHIN, prepare(spool, &connection)).await?;
    let queue = spool.queue();
    let (entrance, mut entries) = mpsc::unbounded_channel();
    let _closing = Closing(spool);
    spool.intake.send_replace(Intake::Open(entrance.clone()));
    tracing::info!(queue, "the spool takes messages");

    let mut is_blocked = false;
    let mut unconfirmed = FuturesUnordered::new();
    loop {
        tokio::select! {
            Some(first) = unconfirmed.next() => {
                let mut published = vec![first];
                while let Some(Some(more)) = unconfirmed.next().now_or_never() {
                    published.push(more);
                }
                conclude(spool, published, is_blocked)?;
            }
            event = events.next() => match event {
                Some(Event::ConnectionBlocked(reason)) => {
                    is_blocked = true;
                    tracing::warn!(reason, "RabbitMQ takes no messages: the spool refuses them");
                    spool.intake.send_replace(Intake::Closed(NotSpooled::Blocked));
                }
                Some(Event::ConnectionUnblocked) => {
                    is_blocked = false;
                    tracing::info!("RabbitMQ takes messages again: the spool does, too");
                    spool.intake.send_replace(Intake::Open(entrance.clone()));
                }
                Some(Event::Error(error)) => return Err(error.into()),
                Some(_) => {}
                None => return Err(Ended::Gone),
            },
            Some(entry) = entries.recv(), if !is_blocked => if !entry.answer.is_closed() {
                let mut publishing = Box::pin(publish(&channel, &queue, entry));
                // It is handed over at its first poll: the order of the messages is that of these.
                match futures::poll!(publishing.as_mut()) {
                    Poll::Ready(published) => conclude(spool, vec![published], is_blocked)?,
                    Poll::Pending => unconfirmed.push(publishing),
                }
            },
        }
    }
}

async fn prepare(spool: &Remote, connection: &Connection) -> lapin::Result<Channel> {
    spool.declare(connection).await?;
    let channel = connection.create_channel().await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    Ok(channel)
}

async fn publish(channel: &Channel, queue: &str, entry: Entry) -> Published {
    // Without `mandatory`, a message to a queue that is gone is confirmed and gone, too.
    let options = BasicPublishOptions { mandatory: true, ..Default::default() };
    let properties = BasicProperties::default().with_delivery_mode(PERSISTENT);
    let result = within(CONFIRMS_WITHIN, async {
        channel.basic_publish("".into(), queue.into(), options, &entry.message, properties).await?.await
    });
    Published { result: result.await, entry }
}

/// Answers those who wait for these messages, unless the connection is to be given up: then all who wait are told that.
fn conclude(spool: &Remote, published: Vec<Published>, is_blocked: bool) -> Result<(), Ended> {
    // INVARIANT: nothing is answered once a message was returned. lapin hands a returned message to the next confirmation
    // that comes, which need not be its own; its own comes no earlier.
    if published.iter().any(Published::is_returned) {
        spool.intake.send_replace(Intake::Closed(NotSpooled::NoQueue));
        return Err(Ended::NoQueue);
    }
    for Published { entry, result } in published {
        let answer = match result {
            Ok(Confirmation::Ack(_)) => Ok(()),
            Ok(Confirmation::Nack(_)) => {
                spool.set_full();
                Err(NotSpooled::Full)
            }
            Ok(Confirmation::NotRequested) => Err(NotSpooled::Unconfirmed),
            Err(Ended::NoAnswer) if is_blocked => Err(NotSpooled::Unconfirmed),
            Err(ended) => return Err(ended),
        };
        // Nobody may be waiting any more.
        let _ = entry.answer.send(answer);
    }
    Ok(())
}

impl Published {
    fn is_returned(&self) -> bool {
        matches!(self.result, Ok(Confirmation::Ack(Some(_)) | Confirmation::Nack(Some(_))))
    }
}
