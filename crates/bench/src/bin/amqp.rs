//! RabbitMQ limits: persistent publishes with confirms (a bounded number of
//! them outstanding), consume and acknowledge, or both at once.

use anyhook_bench::{body::Bodies, latency::Latency, now_us, runtime, size};
use anyhow::{Result, ensure};
use clap::{Parser, ValueEnum};
use futures::StreamExt;
use lapin::{
    BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, PublisherConfirm,
    options::{
        BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions,
        QueueDeclareOptions, QueueDeleteOptions,
    },
    types::{AMQPValue, FieldTable, LongString},
};
use serde_json::{Value, json};
use std::{collections::VecDeque, time::Instant};

#[derive(Parser)]
#[command(about = "RabbitMQ publish-with-confirm and consume-with-ack rates")]
struct Args {
    #[arg(long, default_value = "amqp://127.0.0.1:5672/%2f")]
    url: String,
    #[arg(long, default_value = "anyhook-bench")]
    queue: String,
    #[arg(long, value_enum, default_value_t = Kind::Classic)]
    kind: Kind,
    #[arg(long, value_enum, default_value_t = Phase::Each)]
    phase: Phase,
    /// Number of messages
    #[arg(long, short = 'n', default_value_t = 50_000)]
    count: u64,
    #[arg(long, short = 's', default_value = "1k", value_parser = size::parse)]
    size: usize,
    /// Unconfirmed publishes allowed at a time, per publisher
    #[arg(long, default_value_t = 500)]
    window: usize,
    /// Publishers, each with its own connection
    #[arg(long, default_value_t = 1)]
    publishers: u64,
    #[arg(long, default_value_t = 500)]
    prefetch: u16,
    /// Acknowledge this many deliveries at a time
    #[arg(long, default_value_t = 1)]
    ack_every: u64,
    #[arg(long, default_value_t = 1)]
    threads: usize,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Classic,
    Quorum,
}

#[derive(Clone, Copy, ValueEnum)]
enum Phase {
    /// Publish everything, then consume everything
    Each,
    /// Publish and consume at the same time
    Both,
}

async fn open(url: &str) -> Result<(Connection, Channel)> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    Ok((connection, channel))
}

async fn declare(args: &Args, channel: &Channel) -> Result<()> {
    channel.queue_delete(args.queue.as_str().into(), QueueDeleteOptions::default()).await?;
    let mut arguments = FieldTable::default();
    if let Kind::Quorum = args.kind {
        arguments.insert("x-queue-type".into(), AMQPValue::LongString(LongString::from("quorum")));
    }
    channel.queue_declare(args.queue.as_str().into(), QueueDeclareOptions::durable(), arguments).await?;
    Ok(())
}

async fn confirm(pending: &mut VecDeque<(Instant, PublisherConfirm)>, latency: &mut Latency) -> Result<()> {
    if let Some((sent, confirm)) = pending.pop_front() {
        ensure!(matches!(confirm.await?, Confirmation::Ack(None)), "the broker did not take a message");
        latency.record_us(sent.elapsed().as_micros() as u64);
    }
    Ok(())
}

async fn publish(args: &Args, share: u64) -> Result<Latency> {
    let (connection, channel) = open(&args.url).await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    let bodies = Bodies::new(args.size, now_us());
    let properties = BasicProperties::default().with_delivery_mode(2);
    let mut pending = VecDeque::with_capacity(args.window);
    let mut latency = Latency::default();
    for seq in 0..share {
        if pending.len() >= args.window {
            confirm(&mut pending, &mut latency).await?;
        }
        let sent = Instant::now();
        let promise = channel
            .basic_publish(
                "".into(),
                args.queue.as_str().into(),
                BasicPublishOptions::default(),
                &bodies.render(seq, now_us()),
                properties.clone(),
            )
            .await?;
        pending.push_back((sent, promise));
    }
    while !pending.is_empty() {
        confirm(&mut pending, &mut latency).await?;
    }
    connection.close(200, "done".into()).await?;
    Ok(latency)
}

async fn publish_all(args: &Args) -> Result<Value> {
    let start = Instant::now();
    let shares = (0..args.publishers).map(|i| (args.count + i) / args.publishers);
    let results = futures::future::try_join_all(shares.map(|share| publish(args, share))).await?;
    let elapsed = start.elapsed().as_secs_f64();
    Ok(json!({
        "elapsed_s": elapsed,
        "rate": args.count as f64 / elapsed,
        "confirm_ms": results.iter().map(Latency::summary_ms).collect::<Vec<_>>(),
    }))
}

async fn consume(args: &Args) -> Result<Value> {
    let (connection, channel) = open(&args.url).await?;
    channel.basic_qos(args.prefetch, BasicQosOptions::default()).await?;
    let mut consumer = channel
        .basic_consume(
            args.queue.as_str().into(),
            "bench".into(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        )
        .await?;
    let start = Instant::now();
    for taken in 1..=args.count {
        let Some(delivery) = consumer.next().await else { break };
        let delivery = delivery?;
        if taken % args.ack_every == 0 || taken == args.count {
            delivery.ack(BasicAckOptions { multiple: args.ack_every > 1 }).await?;
        }
    }
    let elapsed = start.elapsed().as_secs_f64();
    connection.close(200, "done".into()).await?;
    Ok(json!({"elapsed_s": elapsed, "rate": args.count as f64 / elapsed}))
}

async fn run(args: Args) -> Result<()> {
    let (connection, channel) = open(&args.url).await?;
    declare(&args, &channel).await?;
    let (published, consumed) = match args.phase {
        Phase::Each => (publish_all(&args).await?, consume(&args).await?),
        Phase::Both => tokio::try_join!(publish_all(&args), consume(&args))?,
    };
    channel.queue_delete(args.queue.as_str().into(), QueueDeleteOptions::default()).await?;
    connection.close(200, "done".into()).await?;
    println!(
        "{}",
        json!({
            "kind": match args.kind { Kind::Classic => "classic", Kind::Quorum => "quorum" },
            "phase": match args.phase { Phase::Each => "each", Phase::Both => "both" },
            "count": args.count, "size": args.size, "window": args.window, "publishers": args.publishers,
            "prefetch": args.prefetch, "ack_every": args.ack_every,
            "publish": published, "consume": consumed,
        })
    );
    Ok(())
}

fn main() -> Result<()> {
    let args = Args::parse();
    runtime(args.threads)?.block_on(run(args))
}
