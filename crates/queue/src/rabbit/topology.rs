//! The broker's queues for hints.

use anyhook_domain::DestinationId;
use lapin::{
    Connection,
    types::{AMQPValue, FieldTable},
};

use super::declare::{self, Tolerated, text};

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
    declare::declare(connection, (0..N_SHARDS).map(|shard| name(prefix, shard)), &arguments(), Tolerated::All).await
}

fn arguments() -> FieldTable {
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
