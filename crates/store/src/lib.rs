//! The event log and the configuration, durable, on PostgreSQL or SQLite.
//!
//! Every statement is written once and runs on both databases: `$n` binds, multi-row `VALUES`, no dialect. Rows come
//! back as plain structs; a lost race is a value, not an error.

mod announce;
mod batched;
mod clock;
pub mod config;
mod error;
mod in_time;
pub mod log;
mod pools;
mod schema;
mod transaction;

use std::{path::Path, sync::Arc};

use tokio::sync::broadcast;

pub use announce::{Announced, Announcements, MOST_ANNOUNCED_BYTES};
pub use clock::{Clock, Hand};
pub use error::{OpenError, StoreError};
pub use in_time::in_time;
pub use pools::OpenOptions;
pub use schema::Schema;

use pools::Pools;

/// The durable store; cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    pools: Arc<Pools>,
    /// To listeners in this process, on SQLite.
    announced: broadcast::Sender<Arc<str>>,
}

impl Store {
    /// Opens the database that a URL names: `sqlite:/path/to/file` or `postgres://…`.
    ///
    /// # Errors
    /// [`OpenError`] when it cannot be reached, or is set up so that a committed event could be lost.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        Self::open_with(url, OpenOptions::default()).await
    }

    /// Like [`Store::open`], with other connections.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn open_with(url: &str, options: OpenOptions) -> Result<Self, OpenError> {
        Ok(Self::over(pools::open(url, options).await?))
    }

    /// Opens, or makes, the SQLite database in a file.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn open_file(path: &Path) -> Result<Self, OpenError> {
        Ok(Self::over(pools::open_sqlite(path).await?))
    }

    fn over(pools: Pools) -> Self {
        Self { pools: Arc::new(pools), announced: announce::within_process() }
    }

    /// Whether the database was ever used with a master key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn has_master_key(&self) -> Result<bool, StoreError> {
        let n_keys: i64 = pools::read!(self, |conn| {
            sqlx::query_scalar("-- has master key\nSELECT count(*) FROM master_keys").fetch_one(conn).await?
        });
        Ok(n_keys > 0)
    }

    /// What SQLite's `synchronous` is set to (2 is FULL); `None` on PostgreSQL, whose settings [`Store::open`] checks.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn synchronous(&self) -> Result<Option<i64>, StoreError> {
        let Pools::Sqlite { writer, .. } = &*self.pools else { return Ok(None) };
        Ok(Some(sqlx::query_scalar("PRAGMA synchronous").fetch_one(writer).await?))
    }

    /// Finishes what runs and closes the connections.
    pub async fn close(&self) {
        self.pools.close().await;
    }
}
