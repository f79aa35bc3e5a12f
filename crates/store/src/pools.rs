//! Connections: one writer and some readers on SQLite, one pool on PostgreSQL.

use std::{io::ErrorKind, path::Path, str::FromStr, time::Duration};

use sqlx::{
    Connection, PgConnection, PgPool, SqliteConnection, SqlitePool,
    pool::PoolConnectionMetadata,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::time::timeout;

use crate::error::OpenError;

/// Unless the options say otherwise.
const ACQUIRE_WITHIN: Duration = Duration::from_secs(5);
/// PostgreSQL connections that were idle for longer are asked whether they live.
const ASK_AFTER_IDLE: Duration = Duration::from_secs(1);
/// The longest that one of them may take to say so.
const ALIVE_WITHIN: Duration = Duration::from_secs(1);
/// The same for one that is given back: a rollback may have to end first.
const RELEASED_WITHIN: Duration = Duration::from_secs(2);
const MAX_SQLITE_READERS: u32 = 4;

/// How the connections to PostgreSQL are; SQLite's are always the same.
#[derive(Clone, Copy, Debug)]
pub struct OpenOptions {
    /// At most so many at once; further callers wait. All processes together stay below the server's `max_connections`.
    pub n_connections: u32,
    /// How long a caller waits for a connection, also while the server refuses new ones, before the database counts as
    /// unavailable.
    pub acquire_within: Duration,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self { n_connections: 16, acquire_within: ACQUIRE_WITHIN }
    }
}

#[derive(Debug)]
pub(crate) enum Pools {
    Postgres(PgPool),
    /// SQLite has one writer at a time; giving it one connection makes waiting fair and BUSY impossible.
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
}

/// Runs statements in one transaction: `write_tx!(store, |tx| { … })`. The body stands once and is compiled for both
/// databases; `?` in it rolls back. No other await than the database's belongs in it.
///
/// It sees the rows of all tenants: what acts for one of them is [`write_of!`].
macro_rules! write_tx {
    ($store:expr, |$tx:ident| $body:expr) => {
        $crate::pools::transact!($store, $crate::transaction::BEGIN, |$tx| $body)
    };
}

/// Like [`write_tx!`], for one tenant: `write_of!(store, tenant, |tx| { … })`. On PostgreSQL no statement in it reaches a
/// row of another tenant, whatever it forgot to ask for.
macro_rules! write_of {
    ($store:expr, $tenant:expr, |$tx:ident| $body:expr) => {
        $crate::pools::transact!($store, $crate::transaction::begin_of($tenant), |$tx| $body)
    };
}

macro_rules! transact {
    ($store:expr, $begin:expr, |$tx:ident| $body:expr) => {
        match &*$store.pools {
            $crate::pools::Pools::Postgres(pool) => {
                let mut lent = $crate::transaction::Lent::from(pool).await?;
                let mut transaction = lent.begin($begin).await?;
                let $tx = &mut *transaction;
                let out = $body;
                transaction.commit().await?;
                out
            }
            $crate::pools::Pools::Sqlite { writer, .. } => {
                let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
                let $tx = &mut *transaction;
                let out = $body;
                transaction.commit().await?;
                out
            }
        }
    };
}

/// Runs statements on a connection for reading, outside of any transaction.
///
/// It sees the rows of all tenants: what acts for one of them is [`read_of!`].
macro_rules! read {
    ($store:expr, |$conn:ident| $body:expr) => {
        match &*$store.pools {
            $crate::pools::Pools::Postgres(pool) => {
                let mut connection = pool.acquire().await?;
                let $conn = &mut *connection;
                $body
            }
            $crate::pools::Pools::Sqlite { readers, .. } => {
                let mut connection = readers.acquire().await?;
                let $conn = &mut *connection;
                $body
            }
        }
    };
}

/// Like [`read!`], for one tenant: `read_of!(store, tenant, |conn| { … })`. On PostgreSQL no statement in it sees a row of
/// another tenant, whatever it forgot to ask for.
macro_rules! read_of {
    ($store:expr, $tenant:expr, |$conn:ident| $body:expr) => {
        match &*$store.pools {
            $crate::pools::Pools::Postgres(pool) => {
                let mut lent = $crate::transaction::Lent::from(pool).await?;
                // Never committed: the pool rolls back while it takes the connection back, and nobody waits for that.
                let mut transaction = lent.begin($crate::transaction::look_of($tenant)).await?;
                let $conn = &mut *transaction;
                $body
            }
            $crate::pools::Pools::Sqlite { readers, .. } => {
                let mut connection = readers.acquire().await?;
                let $conn = &mut *connection;
                $body
            }
        }
    };
}

pub(crate) use {read, read_of, transact, write_of, write_tx};

impl Pools {
    pub(crate) async fn close(&self) {
        match self {
            Self::Postgres(pool) => pool.close().await,
            Self::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
        }
    }
}

pub(crate) async fn open(url: &str, options: OpenOptions) -> Result<Pools, OpenError> {
    if let Some(path) = url.strip_prefix("sqlite:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        return open_sqlite(Path::new(path)).await;
    }
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return open_postgres(url, options).await;
    }
    // The URL may hold a password; its scheme is enough to see the mistake.
    Err(OpenError::UnknownUrl(url.split(':').next().unwrap_or_default().to_owned()))
}

pub(crate) async fn open_sqlite(path: &Path) -> Result<Pools, OpenError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // INVARIANT: FULL. With NORMAL a power cut takes acknowledged events with it.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(ACQUIRE_WITHIN)
        .statement_cache_capacity(256)
        .pragma("cache_size", "-16384")
        .pragma("temp_store", "memory");
    let writer = SqlitePoolOptions::new()
        .test_before_acquire(false)
        .before_acquire(|connection, _| Box::pin(is_between_transactions(connection)))
        .max_connections(1)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(ACQUIRE_WITHIN)
        .connect_with(options.clone())
        .await
        .map_err(OpenError::Unreachable)?;
    let readers = SqlitePoolOptions::new()
        .test_before_acquire(false)
        .max_connections(MAX_SQLITE_READERS)
        .acquire_timeout(ACQUIRE_WITHIN)
        .connect_lazy_with(options.read_only(true).create_if_missing(false));
    Ok(Pools::Sqlite { writer, readers })
}

/// A COMMIT that failed (the disk was full) leaves sqlx believing in a transaction that SQLite has rolled back, and every
/// later one fails: such a connection is replaced.
async fn is_between_transactions(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    if connection.is_in_transaction() {
        // A rollback may be under way.
        connection.ping().await?;
    }
    Ok(!connection.is_in_transaction())
}

/// A connection that was idle may have died unnoticed; asking each time would cost a round trip. One that does not answer
/// makes room for a new one.
async fn is_alive(
    connection: &mut PgConnection,
    meta: PoolConnectionMetadata,
    within: Duration,
) -> Result<bool, sqlx::Error> {
    if meta.idle_for > ASK_AFTER_IDLE {
        answers(connection, within).await?;
    }
    Ok(true)
}

async fn answers(connection: &mut PgConnection, within: Duration) -> Result<(), sqlx::Error> {
    timeout(within, connection.ping()).await.map_err(|_| sqlx::Error::Io(ErrorKind::TimedOut.into()))?
}

async fn open_postgres(url: &str, options: OpenOptions) -> Result<Pools, OpenError> {
    let connect = PgConnectOptions::from_str(url)
        .map_err(OpenError::Unreachable)?
        .application_name("anyhook")
        .statement_cache_capacity(256)
        .options([
            ("statement_timeout", "10s"),
            // A plan that is kept was made while its table was small, and reads all of it for as long as the connection
            // lives: planning each time costs a tenth of what that does. Every statement of the log has an index.
            ("plan_cache_mode", "force_custom_plan"),
            ("enable_seqscan", "off"),
            // What lists read is in memory mostly: an app's own index is better than all events by time.
            ("random_page_cost", "1.1"),
            ("lock_timeout", "5s"),
            ("idle_in_transaction_session_timeout", "10s"),
            // A client that vanished without a word keeps its locks no longer than this.
            ("tcp_keepalives_idle", "15"),
            ("tcp_keepalives_interval", "5"),
            ("tcp_keepalives_count", "3"),
            ("tcp_user_timeout", "30s"),
        ]);
    let within = ALIVE_WITHIN.min(options.acquire_within / 4);
    let pool = PgPoolOptions::new()
        .test_before_acquire(false)
        .before_acquire(move |connection, meta| Box::pin(is_alive(connection, meta, within)))
        // A connection is asked whenever it is given back, for as long as it takes: one that died without a word would
        // keep its place for a quarter of an hour.
        .after_release(move |connection, _| {
            Box::pin(async move { answers(connection, RELEASED_WITHIN).await.map(|()| true) })
        })
        .max_connections(options.n_connections)
        .acquire_timeout(options.acquire_within)
        .connect_with(connect)
        .await
        .map_err(OpenError::Unreachable)?;
    refuse_unsafe(&pool).await?;
    if bypasses_row_security(&pool).await? {
        tracing::warn!(
            "the PostgreSQL role is a superuser or has BYPASSRLS, so that row security does not keep tenants apart; let \
             AnyHook's database belong to a role of its own (CREATE ROLE anyhook LOGIN PASSWORD '…') and use that one"
        );
    }
    Ok(Pools::Postgres(pool))
}

async fn bypasses_row_security(pool: &PgPool) -> Result<bool, OpenError> {
    sqlx::query_scalar(
        "-- bypasses row security\nSELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user",
    )
    .fetch_one(pool)
    .await
    .map_err(OpenError::Unreachable)
}

/// An acknowledgement is a promise: refuses a server that may forget what it committed.
async fn refuse_unsafe(pool: &PgPool) -> Result<(), OpenError> {
    for (setting, unsafe_values, wanted) in
        [("fsync", &["off"][..], "on"), ("full_page_writes", &["off"], "on"), ("synchronous_commit", &["off"], "on")]
    {
        let value: String = sqlx::query_scalar("-- setting\nSELECT current_setting($1)")
            .bind(setting)
            .fetch_one(pool)
            .await
            .map_err(OpenError::Unreachable)?;
        if unsafe_values.contains(&value.as_str()) {
            return Err(OpenError::Unsafe { setting, value, wanted });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_disk_leaves_nothing_behind_once_there_is_room() {
        let folder = tempfile::tempdir().unwrap();
        let pools = open_sqlite(&folder.path().join("full.db")).await.unwrap();
        let Pools::Sqlite { writer, .. } = &pools else { panic!("it is SQLite") };
        sqlx::query("CREATE TABLE filler (bytes BLOB)").execute(writer).await.unwrap();
        sqlx::query("PRAGMA max_page_count = 40").execute(writer).await.unwrap();
        let fill = async || -> Result<(), crate::StoreError> {
            let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
            sqlx::query("-- fill\nINSERT INTO filler VALUES ($1)")
                .bind(vec![0u8; 50_000])
                .execute(&mut *transaction)
                .await?;
            Ok(transaction.commit().await?)
        };
        let mut n_written = 0;
        let error = loop {
            match fill().await {
                Ok(()) => n_written += 1,
                Err(error) => break error,
            }
            assert!(n_written < 10, "the disk never fills up");
        };
        assert!(matches!(error, crate::StoreError::Unavailable(_)), "{error}");
        sqlx::query("PRAGMA max_page_count = 100000").execute(writer).await.unwrap();
        fill().await.unwrap();
        pools.close().await;
    }
}
