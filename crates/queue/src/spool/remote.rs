//! The spool in RabbitMQ: one quorum queue, a connection for each direction.

use std::{
    convert::Infallible,
    fmt,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use lapin::{
    Connection,
    types::{AMQPValue, FieldTable},
    uri::AMQPUri,
};
use tokio::{
    sync::{Semaphore, watch},
    time::Instant,
};

use super::{
    NotSpooled, SpoolConfig, SpooledBatch, drain,
    put::{self, Intake},
    waiting::Waiting,
};
use crate::{
    InvalidUrl,
    rabbit::{
        connect,
        declare::{self, Tolerated, text},
    },
};

/// Never reached, and yet a number that all versions take: 4.0 drops after 20 deliveries where nothing is said, and those
/// before it refuse -1.
const DELIVERY_LIMIT: i32 = i32::MAX;
/// How long a queue that was full is thought to be.
const FULL_FOR: Duration = Duration::from_secs(1);

/// A spool in RabbitMQ.
pub struct Remote {
    pub(super) uri: AMQPUri,
    pub(super) config: SpoolConfig,
    pub(super) intake: watch::Sender<Intake>,
    /// For what is on its way to the broker.
    pub(super) room: Arc<Semaphore>,
    pub(super) waiting: Arc<Waiting>,
    full_at: Mutex<Option<Instant>>,
}

/// Keeps the connections; nothing reaches the broker or comes from it unless this runs.
#[must_use = "without its worker the spool reaches no broker"]
pub struct SpoolWorker {
    spool: Arc<Remote>,
}

impl SpoolWorker {
    /// Runs for ever; run it until shutdown. Dropping the future closes the connections: puts that are on their way fail,
    /// and what was taken and not settled is delivered again, here or to another process.
    pub async fn run(self) {
        let (_, _): (Infallible, Infallible) = tokio::join!(put::run(&self.spool), drain::run(&self.spool));
    }
}

impl Remote {
    pub(super) fn new(url: &str, config: SpoolConfig) -> Result<(Arc<Self>, SpoolWorker), InvalidUrl> {
        let spool = Arc::new(Self {
            uri: connect::parse(url)?,
            intake: watch::Sender::new(Intake::Closed(NotSpooled::NotConnected)),
            room: Arc::new(Semaphore::new(put::room(&config))),
            waiting: Arc::new(Waiting::new(config.batch_bytes)),
            full_at: Mutex::default(),
            config,
        });
        let worker = SpoolWorker { spool: Arc::clone(&spool) };
        Ok((spool, worker))
    }

    pub(super) async fn take(&self, most: usize) -> SpooledBatch {
        self.waiting.take(most).await
    }

    pub(super) fn is_ready(&self) -> bool {
        let is_full = self.full_at().is_some_and(|at| at.elapsed() < FULL_FOR);
        matches!(*self.intake.borrow(), Intake::Open(_)) && self.room.available_permits() > 0 && !is_full
    }

    pub(super) fn set_full(&self) {
        *self.full_at() = Some(Instant::now());
    }

    fn full_at(&self) -> MutexGuard<'_, Option<Instant>> {
        self.full_at.lock().expect("no holder of this lock panics")
    }

    pub(super) fn queue(&self) -> String {
        format!("{}.spool", self.config.prefix)
    }

    pub(super) async fn declare(&self, connection: &Connection) -> lapin::Result<()> {
        // Another type, overflow or limit of deliveries would lose events.
        let tolerated = Tolerated::Only("x-max-length-bytes");
        declare::declare(connection, std::iter::once(self.queue()), &arguments(&self.config), tolerated).await
    }
}

fn arguments(config: &SpoolConfig) -> FieldTable {
    let max_bytes = i64::try_from(config.max_bytes).unwrap_or(i64::MAX);
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), text("quorum"));
    arguments.insert("x-delivery-limit".into(), AMQPValue::LongInt(DELIVERY_LIMIT));
    // Any number of processes may offer to drain; in order, one does.
    arguments.insert("x-single-active-consumer".into(), AMQPValue::Boolean(true));
    arguments.insert("x-max-length-bytes".into(), AMQPValue::LongLongInt(max_bytes));
    arguments.insert("x-overflow".into(), text("reject-publish"));
    arguments
}

/// Without the address: it may hold a password.
impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote")
            .field("config", &self.config)
            .field("is_ready", &self.is_ready())
            .field("n_held", &self.waiting.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SpoolWorker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SpoolWorker").field(&self.spool).finish()
    }
}
