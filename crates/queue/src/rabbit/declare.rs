//! Durable queues, declared anew with every connection: a broker that forgot everything is set up again.

use lapin::{
    Channel, Connection, ErrorKind,
    options::QueueDeclareOptions,
    protocol::{AMQPErrorKind, AMQPSoftError},
    types::{AMQPValue, FieldTable, LongString},
};

/// Which arguments a queue that is there may have otherwise.
#[derive(Clone, Copy)]
pub(crate) enum Tolerated {
    All,
    /// This one, with others it would not keep what it must.
    Only(&'static str),
}

/// Declares queues that share their arguments. One that is there with others is used as it is, where that is tolerated.
pub(crate) async fn declare(
    connection: &Connection,
    names: impl Iterator<Item = String>,
    arguments: &FieldTable,
    tolerated: Tolerated,
) -> lapin::Result<()> {
    let mut channel = connection.create_channel().await?;
    for name in names {
        if let Err(error) = declare_one(&channel, &name, QueueDeclareOptions::durable(), arguments).await {
            if !is_tolerated(&error, tolerated) {
                return Err(error);
            }
            // The refusal has closed the channel.
            channel = connection.create_channel().await?;
            tracing::warn!(queue = name, %error, "the queue is there with other arguments; it is used as it is");
            let options = QueueDeclareOptions { passive: true, ..Default::default() };
            declare_one(&channel, &name, options, arguments).await?;
        }
    }
    channel.close(200, "declared".into()).await
}

async fn declare_one(
    channel: &Channel,
    name: &str,
    options: QueueDeclareOptions,
    arguments: &FieldTable,
) -> lapin::Result<()> {
    channel.queue_declare(name.into(), options, arguments.clone()).await.map(drop)
}

/// The broker names the first argument that differs.
fn is_tolerated(error: &lapin::Error, tolerated: Tolerated) -> bool {
    let ErrorKind::ProtocolError(refusal) = error.kind() else { return false };
    let is_other_arguments = *refusal.kind() == AMQPErrorKind::Soft(AMQPSoftError::PRECONDITIONFAILED);
    is_other_arguments
        && match tolerated {
            Tolerated::All => true,
            Tolerated::Only(argument) => refusal.get_message().as_str().contains(&format!("'{argument}'")),
        }
}

/// A text among a queue's arguments.
pub(crate) fn text(text: &str) -> AMQPValue {
    AMQPValue::LongString(LongString::from(text))
}
