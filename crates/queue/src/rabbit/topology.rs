//! The broker's queues: declared anew with every connection, so that a broker that forgot everything is set up again.

use anyhook_domain::DestinationId;
use lapin::{
    Channel, Connection, ErrorKind,
    options::QueueDeclareOptions,
    protocol::{AMQPErrorKind, AMQPSoftError},
    types::{AMQPValue, FieldTable, LongString},
};

/// Queues that share the destinations. One number for all versions: whoever publishes and whoever takes must agree.
pub(super) const N_SHARDS: usize = 16;
/// Deliveries of one message before the broker drops it. Said here because the brokers' defaults differ: none before 4.0.
const DELIVERY_LIMIT: i32 = 20;
const MAX_MESSAGES: i32 = 10_000;
const MAX_BYTES: i32 = 16 * 1024 * 1024;

/// The shard of a destination. The low bits of our identifiers are random.
pub(super) fn shard(destination: DestinationId) -> usize {
    usize::from(destination.0.as_bytes()[15]) % N_SHARDS
}

pub(super) fn name(prefix: &str, shard: usize) -> String {
    format!("{prefix}.{shard}")
}

/// Declares all queues.
pub(super) async fn declare(connection: &Connection, prefix: &str) -> lapin::Result<()> {
    let mut channel = connection.create_channel().await?;
    for shard in 0..N_SHARDS {
        let name = name(prefix, shard);
        if let Err(error) = declare_one(&channel, &name, QueueDeclareOptions::durable()).await {
            if !is_other_arguments(&error) {
                return Err(error);
            }
            // The refusal has closed the channel.
            channel = connection.create_channel().await?;
            tracing::warn!(queue = name, %error, "the queue is there with other arguments; it is used as it is");
            declare_one(&channel, &name, QueueDeclareOptions { passive: true, ..Default::default() }).await?;
        }
    }
    channel.close(200, "declared".into()).await
}

async fn declare_one(channel: &Channel, name: &str, options: QueueDeclareOptions) -> lapin::Result<()> {
    channel.queue_declare(name.into(), options, arguments()).await.map(drop)
}

fn arguments() -> FieldTable {
    let text = |text: &str| AMQPValue::LongString(LongString::from(text));
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), text("quorum"));
    arguments.insert("x-delivery-limit".into(), AMQPValue::LongInt(DELIVERY_LIMIT));
    arguments.insert("x-max-length".into(), AMQPValue::LongInt(MAX_MESSAGES));
    arguments.insert("x-max-length-bytes".into(), AMQPValue::LongInt(MAX_BYTES));
    // Not `reject-publish`: the hint that has waited longest is the one whose row the sweep has found by now, and nobody
    // would do anything about a refusal.
    arguments.insert("x-overflow".into(), text("drop-head"));
    arguments
}

fn is_other_arguments(error: &lapin::Error) -> bool {
    matches!(error.kind(), ErrorKind::ProtocolError(error)
        if *error.kind() == AMQPErrorKind::Soft(AMQPSoftError::PRECONDITIONFAILED))
}
