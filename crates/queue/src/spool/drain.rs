//! From the broker to those who take. There is a connection only while somebody does: a broker takes back what is held
//! for long, and what one process holds no other gets.

use std::{convert::Infallible, pin::pin, time::Duration};

use futures::{FutureExt, StreamExt, stream::ReadyChunks};
use lapin::{
    Channel, Connection, Consumer,
    message::Delivery,
    options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions},
    types::FieldTable,
};

use super::{
    remote::Remote,
    waiting::{Message, Settled, Waiting},
};
use crate::rabbit::connect::{self, Attempts, Ended, within};

const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// Drains for ever.
pub(super) async fn run(spool: &Remote) -> Infallible {
    let mut attempts = Attempts::new("draining the spool");
    loop {
        spool.waiting.wait_for_taker().await;
        if let Err(ended) = session(spool).await {
            attempts.wait_after(&ended).await;
        }
    }
}

/// A connection that is closed, and what came over it forgotten, in whatever way it ends.
struct Session<'a> {
    connection: Connection,
    waiting: &'a Waiting,
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        self.waiting.forget();
        // Handed over at the first poll; nobody waits for the broker's answer.
        let _ = self.connection.close(200, "nobody takes".into()).now_or_never();
    }
}

/// Until nobody takes any more.
async fn session(spool: &Remote) -> Result<(), Ended> {
    let connection = connect::open(&spool.uri, "draining the spool").await?;
    let (channel, mut deliveries) = within(ANSWERS_WITHIN, subscribe(spool, &connection)).await?;
    // INVARIANT: dropped before the consumer. One that is cancelled alone, as lapin does then, keeps what it holds for a
    // moment, in which the next process gets what comes after that.
    let session = Session { connection, waiting: &spool.waiting };
    let mut idle = pin!(session.waiting.wait_for_none());
    loop {
        tokio::select! {
            settled = session.waiting.settled() => {
                for Settled { tag, and_before } in settled {
                    within(ANSWERS_WITHIN, channel.basic_ack(tag, BasicAckOptions { multiple: and_before })).await?;
                }
            }
            delivered = deliveries.next() => receive(session.waiting, delivered.ok_or(Ended::Gone)?)?,
            () = &mut idle => return Ok(()),
        }
    }
}

async fn subscribe(spool: &Remote, connection: &Connection) -> lapin::Result<(Channel, ReadyChunks<Consumer>)> {
    spool.declare(connection).await?;
    let channel = connection.create_channel().await?;
    let prefetch = spool.config.prefetch.max(1);
    channel.basic_qos(prefetch, BasicQosOptions { global: false }).await?;
    let (options, arguments) = (BasicConsumeOptions::default(), FieldTable::default());
    let consumer = channel.basic_consume(spool.queue().into(), "".into(), options, arguments).await?;
    Ok((channel, consumer.ready_chunks(prefetch.into())))
}

fn receive(waiting: &Waiting, deliveries: Vec<lapin::Result<Delivery>>) -> Result<(), Ended> {
    let message =
        |delivery: Delivery| Message { tag: delivery.delivery_tag, body: delivery.data.into_boxed_slice().into() };
    waiting.push(deliveries.into_iter().map(|delivery| delivery.map(message)).collect::<lapin::Result<_>>()?);
    Ok(())
}
