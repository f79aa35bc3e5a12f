//! A PostgreSQL database of a scenario.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
};

use anyhow::{Context, Result};
use futures::future::{Either, select};
use ring::rand::{SecureRandom, SystemRandom};
use serde::Serialize;
use tokio_postgres::{Client, NoTls};
use url::Url;

use crate::runtime;

static N_MADE: AtomicUsize = AtomicUsize::new(0);

/// What PostgreSQL's figures depend on.
const SETTINGS: &[&str] = &[
    "autovacuum",
    "checkpoint_timeout",
    "commit_delay",
    "fsync",
    "full_page_writes",
    "max_wal_size",
    "server_version",
    "shared_buffers",
    "shared_preload_libraries",
    "synchronous_commit",
    "wal_compression",
    "wal_level",
    "wal_sync_method",
];

/// Statements that are reported.
const N_STATEMENTS: i64 = 30;

/// An empty database and a role that owns it and nothing else, as an operator has it; both are taken away when dropped,
/// whoever is still connected.
pub struct Database {
    server: Url,
    /// Of the database and of its role.
    name: String,
    /// As the server's role, which may look at everything.
    inspector: Url,
    /// As the database's own role.
    url: Url,
    counts_statements: bool,
}

/// What PostgreSQL's `pg_stat_statements` says of a statement.
#[derive(Debug, Serialize)]
pub struct Statement {
    /// The first line.
    pub name: String,
    pub n_calls: i64,
    pub n_rows: i64,
    pub executing_ms: f64,
    pub planning_ms: f64,
    pub wal_kib: f64,
}

impl Database {
    /// Makes one on the server of this URL.
    ///
    /// # Errors
    /// When the server cannot be reached without TLS, or its role may not make databases and roles.
    pub async fn create(server: &Url) -> Result<Self> {
        let name = format!("anyhook_bench_{}_{}", std::process::id(), N_MADE.fetch_add(1, Ordering::Relaxed));
        let password = random_password()?;
        execute(server, &format!("CREATE ROLE {name} LOGIN PASSWORD '{password}'")).await?;
        let (mut inspector, mut url) = (server.clone(), server.clone());
        inspector.set_path(&name);
        url.set_path(&name);
        let is_set = url.set_username(&name).and_then(|()| url.set_password(Some(&password)));
        is_set.ok().context("the address of PostgreSQL has no host")?;
        let mut database = Self { server: server.clone(), name, inspector, url, counts_statements: false };
        execute(server, &format!("CREATE DATABASE {0} OWNER {0}", database.name)).await?;
        let libraries = settings(server).await?.remove("shared_preload_libraries").unwrap_or_default();
        if libraries.contains("pg_stat_statements") {
            execute(&database.inspector, "CREATE EXTENSION pg_stat_statements").await?;
            database.counts_statements = true;
        }
        Ok(database)
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// Size of its files, without the write-ahead log.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn bytes(&self) -> Result<u64> {
        let query = async |client: Client| {
            let row = client.query_one("SELECT pg_database_size(current_database())", &[]).await?;
            Ok(u64::try_from(row.get::<_, i64>(0))?)
        };
        connected(&self.inspector, query).await
    }

    /// Forgets the statements so far, where they are counted.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn forget_statements(&self) -> Result<()> {
        if self.counts_statements {
            execute(&self.inspector, "SELECT pg_stat_statements_reset()").await?;
        }
        Ok(())
    }

    /// Those that took longest; none where they are not counted.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn statements(&self) -> Result<Vec<Statement>> {
        if !self.counts_statements {
            return Ok(Vec::new());
        }
        // One name has a text for each number of rows.
        let text = "SELECT split_part(query, chr(10), 1), sum(calls)::int8, sum(rows)::int8, sum(total_exec_time), \
                    sum(total_plan_time), sum(wal_bytes)::float8 FROM pg_stat_statements \
                    WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) \
                    AND query NOT LIKE '%pg_stat_statements%' GROUP BY 1 ORDER BY 4 DESC LIMIT $1";
        let query = async |client: Client| {
            let rows = client.query(text, &[&N_STATEMENTS]).await?;
            let statement = |row: &tokio_postgres::Row| Statement {
                name: row.get(0),
                n_calls: row.get(1),
                n_rows: row.get(2),
                executing_ms: row.get(3),
                planning_ms: row.get(4),
                wal_kib: row.get::<_, f64>(5) / 1024.0,
            };
            Ok(rows.iter().map(statement).collect())
        };
        connected(&self.inspector, query).await
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // On a thread of its own: the one that drops has a runtime already, and must not go on before.
        let removed = std::thread::spawn(move || runtime(1)?.block_on(remove(&server, &name))).join();
        if !matches!(removed, Ok(Ok(()))) {
            eprintln!("the database and the role {} could not be taken away; drop them", self.name);
        }
    }
}

/// The settings that the figures depend on.
///
/// # Errors
/// When the server cannot be reached without TLS.
pub async fn settings(url: &Url) -> Result<BTreeMap<String, String>> {
    let query = async |client: Client| {
        let text = "SELECT name, current_setting(name) FROM pg_settings WHERE name = ANY($1)";
        let rows = client.query(text, &[&SETTINGS]).await?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    };
    connected(url, query).await
}

async fn remove(server: &Url, name: &str) -> Result<()> {
    execute(server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
    execute(server, &format!("DROP ROLE IF EXISTS {name}")).await
}

fn random_password() -> Result<String> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).ok().context("the system has random numbers")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

async fn execute(url: &Url, statement: &str) -> Result<()> {
    connected(url, async |client: Client| Ok(client.batch_execute(statement).await?)).await
}

/// The error does not name the URL: a password may be in it.
async fn connected<T>(url: &Url, work: impl AsyncFnOnce(Client) -> Result<T>) -> Result<T> {
    let connecting = tokio_postgres::connect(url.as_str(), NoTls).await;
    let (client, connection) = connecting.context("PostgreSQL cannot be reached")?;
    match select(Box::pin(work(client)), Box::pin(connection)).await {
        Either::Left((done, _)) => done,
        // The client is gone, so the connection ends: its answers are there.
        Either::Right((_, work)) => work.await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_database_is_made_and_goes_when_it_is_dropped() {
        #[expect(clippy::disallowed_methods, reason = "the server is named by whoever runs the tests")]
        let Ok(server) = std::env::var("ANYHOOK_TEST_POSTGRES_URL") else { return };
        let server: Url = server.parse().unwrap();
        let database = Database::create(&server).await.unwrap();
        assert!(database.bytes().await.unwrap() > 0);
        database.forget_statements().await.unwrap();
        let n_statements = database.statements().await.unwrap().len();
        assert!(database.counts_statements || n_statements == 0);
        let (inspector, url) = (database.inspector.clone(), database.url.clone());
        assert_eq!(settings(&url).await.unwrap()["fsync"], "on");
        execute(&url, "CREATE TABLE its_own (id int)").await.unwrap();
        assert!(execute(&url, "CREATE ROLE another").await.is_err(), "it owns the database and nothing else");
        drop(database);
        for gone in [inspector, url] {
            assert!(settings(&gone).await.is_err());
        }
    }
}
