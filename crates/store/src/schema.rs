//! Whether the schema is the one that this version was made for.

use sqlx::{Executor, migrate::Migrator};

use crate::{OpenError, Store, StoreError, pools::Pools};

static POSTGRES: Migrator = sqlx::migrate!("../../migrations/postgres");
static SQLITE: Migrator = sqlx::migrate!("../../migrations/sqlite");

/// How far a database was migrated, compared with what this version knows; by the migrations' numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    Current,
    /// The database was never migrated.
    Missing,
    /// Wait until it is migrated.
    Behind {
        applied: i64,
        wanted: i64,
    },
    /// A newer version migrated it, as it does before it takes over: this version can go on.
    Ahead {
        applied: i64,
        wanted: i64,
    },
}

impl Store {
    /// Brings the schema up to date.
    ///
    /// # Errors
    /// [`OpenError`] when a migration fails, or the database was migrated by a newer version.
    pub async fn migrate(&self) -> Result<(), OpenError> {
        match &*self.pools {
            Pools::Postgres(pool) => {
                // Its own: what is made of a large table may take long. A lock is waited for no longer than by others,
                // who would queue up behind it.
                let mut connection = pool.acquire().await.map_err(OpenError::Unreachable)?.detach();
                let patience = "-- migrate patience\nSET statement_timeout = 0";
                connection.execute(patience).await.map_err(OpenError::Unreachable)?;
                POSTGRES.run(&mut connection).await
            }
            Pools::Sqlite { writer, .. } => SQLITE.run(writer).await,
        }
        .map_err(OpenError::Migration)
    }

    /// How far the database was migrated.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn schema(&self) -> Result<Schema, StoreError> {
        const APPLIED: &str = "-- schema\nSELECT max(version) FROM _sqlx_migrations WHERE success";
        let (applied, known) = match &*self.pools {
            Pools::Postgres(pool) => {
                let there = "-- schema there\nSELECT to_regclass('_sqlx_migrations') IS NOT NULL";
                let is_there: bool = sqlx::query_scalar(there).fetch_one(pool).await?;
                (if is_there { sqlx::query_scalar(APPLIED).fetch_one(pool).await? } else { None }, &POSTGRES)
            }
            // The writer, because readers cannot open a file that has nothing in it.
            Pools::Sqlite { writer, .. } => {
                let there = "-- schema there\nSELECT count(*) > 0 FROM sqlite_master WHERE name = '_sqlx_migrations'";
                let is_there: bool = sqlx::query_scalar(there).fetch_one(writer).await?;
                (if is_there { sqlx::query_scalar(APPLIED).fetch_one(writer).await? } else { None }, &SQLITE)
            }
        };
        Ok(compare(applied, known.iter().map(|migration| migration.version).max().unwrap_or(0)))
    }
}

fn compare(applied: Option<i64>, wanted: i64) -> Schema {
    match applied {
        None => Schema::Missing,
        Some(applied) if applied < wanted => Schema::Behind { applied, wanted },
        Some(applied) if applied > wanted => Schema::Ahead { applied, wanted },
        Some(_) => Schema::Current,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_databases_are_as_far() {
        let versions = |migrator: &Migrator| migrator.iter().map(|it| it.version).collect::<Vec<_>>();
        assert_eq!(versions(&POSTGRES), versions(&SQLITE));
    }

    #[test]
    fn a_schema_is_compared_with_the_wanted_one() {
        assert_eq!(compare(None, 2), Schema::Missing);
        assert_eq!(compare(Some(1), 2), Schema::Behind { applied: 1, wanted: 2 });
        assert_eq!(compare(Some(2), 2), Schema::Current);
        assert_eq!(compare(Some(3), 2), Schema::Ahead { applied: 3, wanted: 2 });
    }

    #[tokio::test]
    async fn a_database_is_missing_behind_then_current() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_file(&folder.path().join("log.db")).await.unwrap();
        assert_eq!(store.schema().await.unwrap(), Schema::Missing);
        let Pools::Sqlite { writer, .. } = &*store.pools else { panic!("it is SQLite") };
        SQLITE.run_to(1, writer).await.unwrap();
        assert!(matches!(store.schema().await.unwrap(), Schema::Behind { applied: 1, .. }));
        store.migrate().await.unwrap();
        assert_eq!(store.schema().await.unwrap(), Schema::Current);
    }
}
