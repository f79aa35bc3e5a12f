//! Announcements: short texts from any process to all that use the same database, which may be lost.
//!
//! On PostgreSQL they are notifications. On SQLite, which one process uses, they stay within the process.

use std::{sync::Arc, time::Duration};

use anyhook_domain::Backoff;
use sqlx::{
    PgPool,
    postgres::{PgListener, PgPoolOptions},
};
use tokio::{
    sync::broadcast::{self, error::RecvError},
    time::{sleep, timeout},
};

use crate::{Store, StoreError, pools::Pools};

/// The longest text, in bytes: PostgreSQL takes no longer ones.
pub const MOST_ANNOUNCED_BYTES: usize = 7_999;
const CHANNEL: &str = "anyhook";
/// How many a listener within the process may lag behind before it is told that it missed some.
const MOST_WAITING: usize = 256;
/// A silent connection may be a dead one: after so long it is asked, and has to answer within a shorter time.
const ASK_AFTER: Duration = Duration::from_secs(15);
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);
const SHORTEST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// What a listener hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Announced {
    Text(String),
    /// Some may have been missed, as after each connection, also the first: whatever they would have outdated is.
    Missed,
}

/// The announcements from now on; made by [`Store::announcements`].
#[derive(Debug)]
pub struct Announcements(Source);

#[derive(Debug)]
enum Source {
    Postgres { pool: PgPool, listener: Option<PgListener>, backoff: Backoff },
    Process(broadcast::Receiver<Arc<str>>),
}

pub(crate) fn within_process() -> broadcast::Sender<Arc<str>> {
    broadcast::channel(MOST_WAITING).0
}

impl Store {
    /// Tells a text of at most [`MOST_ANNOUNCED_BYTES`] bytes to everybody who listens now. No secret belongs in it.
    ///
    /// # Errors
    /// [`StoreError`]: then nobody hears it; also when it is too long.
    pub async fn announce(&self, text: &str) -> Result<(), StoreError> {
        if text.len() > MOST_ANNOUNCED_BYTES {
            let reason = format!("an announcement has {} bytes and may have {MOST_ANNOUNCED_BYTES}", text.len());
            return Err(StoreError::Broken(sqlx::Error::Encode(reason.into())));
        }
        let Pools::Postgres(pool) = &*self.pools else {
            // That nobody listens is no error.
            let _ = self.announced.send(text.into());
            return Ok(());
        };
        sqlx::query("-- announce\nSELECT pg_notify($1, $2)").bind(CHANNEL).bind(text).execute(pool).await?;
        Ok(())
    }

    /// Listens, on a connection of its own, which is opened with the first [`Announcements::next`].
    #[must_use]
    pub fn announcements(&self) -> Announcements {
        Announcements(match &*self.pools {
            Pools::Postgres(pool) => Source::Postgres {
                pool: pool.clone(),
                listener: None,
                backoff: Backoff::new(SHORTEST_WAIT, LONGEST_WAIT),
            },
            Pools::Sqlite { .. } => Source::Process(self.announced.subscribe()),
        })
    }
}

impl Announcements {
    /// Waits for the next one, for ever if need be: a lost connection is opened again and again. May be given up at any
    /// time without losing any.
    pub async fn next(&mut self) -> Announced {
        match &mut self.0 {
            Source::Postgres { pool, listener, backoff } => loop {
                let Some(connected) = listener else {
                    *listener = Some(reconnect(pool, backoff).await);
                    return Announced::Missed;
                };
                match hear(connected).await {
                    Some(text) => return Announced::Text(text),
                    None => *listener = None,
                }
            },
            Source::Process(receiver) => match receiver.recv().await {
                Ok(text) => Announced::Text(text.as_ref().to_owned()),
                Err(RecvError::Lagged(_)) => Announced::Missed,
                // The store is gone: nobody can announce anything.
                Err(RecvError::Closed) => std::future::pending().await,
            },
        }
    }
}

/// Tries for ever; waits grow, and stay as they are when somebody gives up waiting and comes back.
async fn reconnect(pool: &PgPool, backoff: &mut Backoff) -> PgListener {
    loop {
        match connect(pool).await {
            Ok(listener) => {
                backoff.reset();
                return listener;
            }
            Err(error) => tracing::warn!(%error, "listening for announcements failed; it is tried again"),
        }
        sleep(backoff.wait(rand::random())).await;
    }
}

/// A pool for each connection: a dead one, which the pool waits for, then keeps no later one waiting.
async fn connect(pool: &PgPool) -> Result<PgListener, sqlx::Error> {
    let own = PgPoolOptions::new()
        .max_connections(1)
        .max_lifetime(None)
        .idle_timeout(None)
        .acquire_timeout(ANSWERS_WITHIN)
        .connect_lazy_with((*pool.connect_options()).clone());
    let mut listener = PgListener::connect_with(&own).await?;
    listener.eager_reconnect(false);
    listener.ignore_pool_close_event(true);
    timeout(ANSWERS_WITHIN, listener.listen(CHANNEL)).await.map_err(|_| sqlx::Error::PoolTimedOut)??;
    Ok(listener)
}

/// The next text; `None` once the connection is lost.
async fn hear(listener: &mut PgListener) -> Option<String> {
    loop {
        match timeout(ASK_AFTER, listener.try_recv()).await {
            Ok(Ok(notification)) => return notification.map(|notification| notification.payload().to_owned()),
            Ok(Err(error)) => {
                tracing::warn!(%error, "the connection for announcements was lost");
                return None;
            }
            Err(_) => {
                let question = sqlx::query("-- listener alive\nSELECT 1").execute(&mut *listener);
                timeout(ANSWERS_WITHIN, question).await.ok()?.ok()?;
            }
        }
    }
}
