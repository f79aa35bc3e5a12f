//! What every service does first.

use std::time::Duration;

use anyhook_cache::{Cache, RedisConfig};
use anyhook_queue::{Queue, Spool, SpoolConfig, rabbit};
use anyhook_store::{OpenError, Schema, Store};
use anyhow::{Context, Result, bail};
use tokio::{task::JoinHandle, time::Instant};

use crate::{
    config::{Broker, Database, Redis, Service},
    lifecycle::Lifecycle,
    listen::raise_file_limit,
    roles::Process,
    telemetry::{self, Telemetry},
};

/// The database and its schema may come a while after the service: they are started together.
const STARTS_WITHIN: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// What a spooled event may take besides its body: head, metadata, deliveries.
const BESIDE_THE_BODY: usize = 2 << 20;
/// The longest message of RabbitMQ 4, unless it was set.
const RABBITMQ_TAKES: usize = 16 << 20;
const AMQP_URL: &str = "ANYHOOK_AMQP_URL (--amqp-url)";

/// A service on its way up.
pub(super) struct Opened {
    pub(super) store: Store,
    pub(super) lifecycle: Lifecycle,
    pub(super) process: Process,
    signals: JoinHandle<std::io::Result<()>>,
    /// Flushed when dropped.
    _telemetry: Telemetry,
}

/// # Errors
/// A sentence that says what kept the service from starting.
pub(super) async fn open(name: &'static str, service: &Service) -> Result<Opened> {
    let telemetry = telemetry::start(&service.telemetry, name)?;
    raise_file_limit();
    let lifecycle = Lifecycle::default();
    #[expect(clippy::disallowed_methods, reason = "ends with the process")]
    let signals = tokio::spawn(lifecycle.clone().follow_signals(service.stopping));
    let store = tokio::select! {
        store = open_store(&service.database) => store?,
        () = lifecycle.soft.cancelled() => bail!("stopped before the database was there"),
    };
    let process = Process::new(lifecycle.clone());
    Ok(Opened { store, lifecycle, process, signals, _telemetry: telemetry })
}

impl Opened {
    /// Runs until a signal, and closes what was opened.
    ///
    /// # Errors
    /// When a part of the process dies.
    pub(super) async fn run(self, queue: Option<&Queue>) -> Result<()> {
        self.process.run(queue).await?;
        self.signals.abort();
        self.store.close().await;
        tracing::info!("stopped");
        Ok(())
    }
}

/// Hints over RabbitMQ, whose connections the process keeps.
pub(super) fn open_queue(broker: &Broker, process: &mut Process) -> Result<Queue> {
    let config = rabbit::Config { prefix: format!("{}.hints", broker.prefix), ..rabbit::Config::default() };
    let (queue, worker) = Queue::rabbitmq(&broker.url, config).context(AMQP_URL)?;
    process.keep("connection to RabbitMQ", async {
        worker.run().await;
    });
    Ok(queue)
}

/// What the processes count together, over Redis, likewise; without it each counts for itself.
pub(super) fn open_cache(redis: Option<&Redis>, process: &mut Process) -> Result<Cache> {
    let Some(Redis { url, prefix }) = redis else { return Ok(Cache::local()) };
    let config = RedisConfig { prefix: prefix.clone(), ..RedisConfig::default() };
    let (cache, worker) = Cache::redis(url, config).context("ANYHOOK_REDIS_URL (--redis-url)")?;
    process.keep("connection to Redis", async {
        worker.run().await;
    });
    Ok(cache)
}

/// The spool over RabbitMQ, likewise.
pub(super) fn open_spool(broker: &Broker, max_body_bytes: usize, process: &mut Process) -> Result<Spool> {
    let max_message_bytes = max_body_bytes + BESIDE_THE_BODY;
    if max_message_bytes > RABBITMQ_TAKES {
        tracing::warn!(
            max_message_bytes,
            "events with the longest bodies fit into the spool only if RabbitMQ's max_message_size is as large"
        );
    }
    let config = SpoolConfig { prefix: broker.prefix.clone(), max_message_bytes, ..SpoolConfig::default() };
    let (spool, worker) = Spool::rabbitmq(&broker.url, config).context(AMQP_URL)?;
    process.keep("spool", async {
        worker.run().await;
    });
    Ok(spool)
}

/// Waits for the database, then for the migration job.
async fn open_store(database: &Database) -> Result<Store> {
    let until = Instant::now() + STARTS_WITHIN;
    let url = database.url.as_deref().expect("it was checked that there is one");
    let store = loop {
        match Store::open_with(url, database.options()).await {
            Ok(store) => break store,
            Err(error @ OpenError::Unreachable(_)) if Instant::now() < until => {
                tracing::warn!(error = format!("{:#}", anyhow::Error::from(error)), "waiting for the database");
                tokio::time::sleep(LOOK_EVERY).await;
            }
            Err(error) => return Err(error).context("ANYHOOK_DATABASE_URL (--database-url)"),
        }
    };
    loop {
        match store.schema().await? {
            Schema::Current => return Ok(store),
            Schema::Ahead { applied, wanted } => {
                tracing::warn!(applied, wanted, "the schema is a newer version's; going on, as during an upgrade");
                return Ok(store);
            }
            Schema::Missing | Schema::Behind { .. } if Instant::now() < until => {
                tracing::warn!("waiting for `anyhook migrate`: the schema is not up to date");
                tokio::time::sleep(LOOK_EVERY).await;
            }
            Schema::Missing => {
                bail!("the database has no tables: run `anyhook migrate` with the same ANYHOOK_DATABASE_URL")
            }
            Schema::Behind { applied, wanted } => bail!(
                "the schema is at version {applied}, but this version needs {wanted}: run this version's `anyhook migrate`"
            ),
        }
    }
}
