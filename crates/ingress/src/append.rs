//! Group commit: concurrent requests share a transaction, and so its wait for the disk.

use std::{sync::Arc, time::Duration};

use anyhook_cache::Cache;
use anyhook_queue::{Queue, Spool};
use anyhook_store::{
    Store, StoreError, in_time,
    log::{Appended, NewEvent},
};
use tokio::{
    sync::{Mutex, mpsc, oneshot},
    time::{Instant, timeout, timeout_at},
};

use crate::{Deps, away::Away, hints, receive::Memory, rejection::Rejection, repeats::Repeats, spooled};

/// Events that wait for a transaction; beyond it senders are asked to come back.
const MOST_WAITING: usize = 4_096;
/// Events in one transaction.
const MOST_IN_BATCH: usize = 256;
/// Bytes of bodies in one transaction.
const MOST_BYTES_IN_BATCH: usize = 8 * 1024 * 1024;

struct Waiting {
    event: NewEvent,
    answer: oneshot::Sender<Option<Appended>>,
    /// The event is in memory until it is stored, however long its sender waits for that.
    memory: Memory,
}

/// Hands events to the workers; cheap to clone.
#[derive(Clone)]
pub(crate) struct Appender {
    queue: mpsc::Sender<Waiting>,
}

/// Appends what waits, batch by batch; ends when every appender is gone.
pub struct AppendWorker {
    /// Only one worker at a time gathers a batch; the others write theirs meanwhile.
    waiting: Arc<Mutex<mpsc::Receiver<Waiting>>>,
    store: Store,
    repeats: Repeats,
    queue: Queue,
    cache: Cache,
    spool: Spool,
    away: Away,
    /// What the log may take when there is a spool.
    log_within: Duration,
}

pub(crate) fn start(deps: &Deps, away: &Away, repeats: &Repeats) -> (Appender, Vec<AppendWorker>) {
    let (queue, waiting) = mpsc::channel(MOST_WAITING);
    let waiting = Arc::new(Mutex::new(waiting));
    let worker = |_| AppendWorker {
        waiting: waiting.clone(),
        store: deps.store.clone(),
        repeats: repeats.clone(),
        queue: deps.queue.clone(),
        cache: deps.cache.clone(),
        spool: deps.spool.clone(),
        away: away.clone(),
        log_within: deps.config.log_within,
    };
    let workers = (0..deps.config.n_append_workers.max(1)).map(worker).collect();
    (Appender { queue }, workers)
}

impl Appender {
    /// Waits until the event is durable. A sender that is told to come back may find its event stored all the same:
    /// then its next try is a duplicate.
    pub(crate) async fn append(
        &self,
        event: NewEvent,
        memory: Memory,
        deadline: Instant,
    ) -> Result<Appended, Rejection> {
        let (answer, appended) = oneshot::channel();
        self.queue.try_send(Waiting { event, answer, memory }).map_err(|_| Rejection::Unavailable)?;
        match timeout_at(deadline, appended).await {
            Ok(Ok(Some(appended))) => Ok(appended),
            _ => Err(Rejection::Unavailable),
        }
    }
}

impl AppendWorker {
    /// Runs until the last request is answered.
    pub async fn run(self) {
        let mut batch = Vec::new();
        while self.waiting.lock().await.recv_many(&mut batch, MOST_IN_BATCH).await > 0 {
            while !batch.is_empty() {
                let rest = batch.split_off(n_that_fit(&batch));
                self.append(std::mem::replace(&mut batch, rest)).await;
            }
        }
    }

    async fn append(&self, batch: Vec<Waiting>) {
        let (events, answers): (Vec<_>, Vec<_>) =
            batch.into_iter().map(|it| (it.event, (it.answer, it.memory))).unzip();
        let (known, new) = self.repeats.part(events).await;
        let appended = known.merge(self.make_durable(&new).await);
        for ((answer, _memory), appended) in answers.into_iter().zip(appended) {
            // A sender that has gone needs no answer; its event is stored.
            let _ = answer.send(appended);
        }
        self.repeats.count(&known);
    }

    /// What became of each event; `None`: neither the log nor the spool has it for certain.
    async fn make_durable(&self, events: &[NewEvent]) -> Vec<Option<Appended>> {
        if events.is_empty() {
            return Vec::new();
        }
        if matches!(self.spool, Spool::None) {
            let logged = in_time(async { Ok(self.log(events).await) }).await.ok().flatten();
            return logged.unwrap_or_else(|| vec![None; events.len()]);
        }
        if !self.away.is_away() {
            // Given up after a while, it may be committed all the same: draining the spool then finds the event there.
            if let Ok(Some(appended)) = timeout(self.log_within, self.log(events)).await {
                return appended;
            }
            self.away.set(true);
        }
        self.spool(events).await
    }

    /// `None`: the log is away. What is stored of them by then is stored again without harm.
    async fn log(&self, events: &[NewEvent]) -> Option<Vec<Option<Appended>>> {
        let appended = match self.store.append(events).await {
            Ok(appended) => appended.into_iter().map(Some).collect(),
            Err(StoreError::Broken(error)) if self.store.try_append().await.is_ok() => {
                tracing::warn!(%error, "a batch was refused; its events are stored one by one");
                self.log_singly(events).await?
            }
            // Also when nothing at all can be stored, whatever is said: a changed password, a missing table.
            Err(error) => {
                tracing::error!(%error, n_events = events.len(), "events could not be stored");
                return None;
            }
        };
        hints::tell(&self.queue, &self.cache, events, &appended);
        self.repeats.remember(events, &appended);
        Some(appended)
    }

    /// One event that the database refuses must not cost its neighbours their place.
    async fn log_singly(&self, events: &[NewEvent]) -> Option<Vec<Option<Appended>>> {
        let mut all = Vec::with_capacity(events.len());
        for event in events {
            let appended = self.store.append(std::slice::from_ref(event)).await;
            if let Err(error) = &appended {
                tracing::error!(%error, event.id = %event.id, "an event could not be stored");
            }
            if matches!(appended, Err(StoreError::Unavailable(_))) {
                return None;
            }
            all.push(appended.ok().and_then(|appended| appended.first().copied()));
        }
        Some(all)
    }

    async fn spool(&self, events: &[NewEvent]) -> Vec<Option<Appended>> {
        let puts = events.iter().map(async |event| {
            let put = self.spool.put(spooled::encode(event)).await;
            if let Err(error) = &put {
                tracing::error!(%error, event.id = %event.id, "an event could not be spooled");
            }
            put.ok().map(|()| Appended::Stored)
        });
        futures::future::join_all(puts).await
    }
}

/// How many of those that wait go into one transaction: at least one, and no more bytes than are written in a moment.
fn n_that_fit(batch: &[Waiting]) -> usize {
    let mut n_bytes = 0;
    let fits = |it: &&Waiting| {
        n_bytes += it.event.sealed_body.len();
        n_bytes <= MOST_BYTES_IN_BATCH
    };
    batch.iter().take_while(fits).count().max(1)
}
