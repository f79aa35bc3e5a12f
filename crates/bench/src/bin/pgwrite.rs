//! PostgreSQL write limits: rows per second into a log-like table, by rows per
//! transaction and number of connections.

#![expect(clippy::disallowed_methods, reason = "a program of its own: it spawns its connections")]

use anyhook_bench::{body::Bodies, latency::Latency, now_us, runtime, size};
use anyhow::Result;
use bytes::Bytes;
use clap::{Parser, ValueEnum};
use futures::SinkExt;
use serde_json::json;
use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio_postgres::{Client, NoTls, Statement};

#[derive(Parser)]
#[command(about = "PostgreSQL insert rates by batch size")]
struct Args {
    #[arg(long, default_value = "host=127.0.0.1 port=5432 user=postgres dbname=postgres")]
    dsn: String,
    #[arg(long, value_enum, default_value_t = Method::Unnest)]
    method: Method,
    /// Rows per transaction
    #[arg(long, default_value_t = 1)]
    batch: usize,
    #[arg(long, short = 'c', default_value_t = 1)]
    connections: usize,
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    #[arg(long, short = 's', default_value = "1k", value_parser = size::parse)]
    size: usize,
    #[arg(long, default_value_t = 1)]
    threads: usize,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Method {
    /// One INSERT ... SELECT FROM unnest($1, $2), prepared, in its own transaction
    Unnest,
    /// COPY ... FROM STDIN BINARY, in its own transaction
    Copy,
}

async fn connect(dsn: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(dsn, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

const COPY: &str = "COPY bench_log (id, payload) FROM STDIN BINARY";

async fn prepare(client: &Client, method: Method) -> Result<Statement> {
    Ok(match method {
        Method::Unnest => {
            client
                .prepare("INSERT INTO bench_log (id, payload) SELECT * FROM unnest($1::bigint[], $2::bytea[])")
                .await?
        }
        Method::Copy => client.prepare(COPY).await?,
    })
}

/// The binary COPY stream of one batch.
fn copy_stream(ids: &[i64], payloads: &[Vec<u8>]) -> Bytes {
    let mut out = Vec::with_capacity(payloads.iter().map(|p| p.len() + 22).sum::<usize>() + 32);
    out.extend_from_slice(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0");
    for (id, payload) in ids.iter().zip(payloads) {
        out.extend_from_slice(&2i16.to_be_bytes());
        out.extend_from_slice(&8i32.to_be_bytes());
        out.extend_from_slice(&id.to_be_bytes());
        out.extend_from_slice(&(payload.len() as i32).to_be_bytes());
        out.extend_from_slice(payload);
    }
    out.extend_from_slice(&(-1i16).to_be_bytes());
    out.into()
}

async fn write(args: Arc<Args>, next_id: Arc<AtomicI64>, deadline: Instant) -> Result<(u64, Latency)> {
    let client = connect(&args.dsn).await?;
    let statement = prepare(&client, args.method).await?;
    let bodies = Bodies::new(args.size, now_us());
    let mut latency = Latency::default();
    let mut rows = 0;
    while Instant::now() < deadline {
        let first = next_id.fetch_add(args.batch as i64, Ordering::Relaxed);
        let ids: Vec<i64> = (first..first + args.batch as i64).collect();
        let payloads: Vec<Vec<u8>> = ids.iter().map(|id| bodies.render(*id as u64, now_us())).collect();
        let start = Instant::now();
        match args.method {
            Method::Unnest => {
                client.execute(&statement, &[&ids, &payloads]).await?;
            }
            Method::Copy => {
                let mut sink = pin!(client.copy_in(&statement).await?);
                sink.send(copy_stream(&ids, &payloads)).await?;
                sink.finish().await?;
            }
        }
        latency.record_us(start.elapsed().as_micros() as u64);
        rows += args.batch as u64;
    }
    Ok((rows, latency))
}

async fn run(args: Args) -> Result<()> {
    let client = connect(&args.dsn).await?;
    client
        .batch_execute(
            "DROP TABLE IF EXISTS bench_log;
             CREATE TABLE bench_log (id bigint PRIMARY KEY, created_at timestamptz NOT NULL DEFAULT now(), payload bytea NOT NULL);
             CHECKPOINT",
        )
        .await?;
    let args = Arc::new(args);
    let next_id = Arc::new(AtomicI64::new(0));
    let start = Instant::now();
    let deadline = start + Duration::from_secs(args.seconds);
    let tasks: Vec<_> =
        (0..args.connections).map(|_| tokio::spawn(write(args.clone(), next_id.clone(), deadline))).collect();
    let mut rows = 0;
    let mut latencies = Vec::new();
    for task in tasks {
        let (written, latency) = task.await??;
        rows += written;
        latencies.push(latency.summary_ms());
    }
    let elapsed = start.elapsed().as_secs_f64();
    client.batch_execute("DROP TABLE bench_log").await?;
    println!(
        "{}",
        json!({
            "method": format!("{:?}", args.method).to_lowercase(),
            "batch": args.batch, "connections": args.connections, "size": args.size,
            "rows_per_s": rows as f64 / elapsed,
            "tx_per_s": rows as f64 / args.batch as f64 / elapsed,
            "tx_ms_of_first_connection": latencies.first(),
        })
    );
    Ok(())
}

fn main() -> Result<()> {
    let args = Args::parse();
    runtime(args.threads)?.block_on(run(args))
}
