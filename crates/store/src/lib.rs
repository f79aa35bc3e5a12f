//! The event log and the configuration, durable, on PostgreSQL or SQLite.
//!
//! Every statement is written once and runs on both databases: `$n` binds, multi-row `VALUES`, no dialect. Rows come
//! back as plain structs; a lost race is a value, not an error.

mod batched;
mod clock;
pub mod config;
mod error;
pub mod log;
mod pools;
mod transaction;

use std::{path::Path, sync::Arc};

pub use clock::{Clock, Hand};
pub use error::{OpenError, StoreError};

use pools::Pools;

/// The durable store; cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    pools: Arc<Pools>,
}

impl Store {
    /// Opens the database that a URL names: `sqlite:/path/to/file` or `postgres://…`.
    ///
    /// # Errors
    /// [`OpenError`] when it cannot be reached, or is set up so that a committed event could be lost.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        Ok(Self { pools: Arc::new(pools::open(url).await?) })
    }

    /// Opens, or makes, the SQLite database in a file.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn open_file(path: &Path) -> Result<Self, OpenError> {
        Ok(Self { pools: Arc::new(pools::open_sqlite(path).await?) })
    }

    /// Brings the schema up to date.
    ///
    /// # Errors
    /// [`OpenError`] when a migration fails, or the database was migrated by a newer version.
    pub async fn migrate(&self) -> Result<(), OpenError> {
        pools::migrate(&self.pools).await
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
