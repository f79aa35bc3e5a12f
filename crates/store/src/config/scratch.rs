//! PostgreSQL databases that live as long as one test. Here because only this crate speaks to databases.

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, postgres::PgConnectOptions};

use crate::StoreError;

/// A database made for one test; [`ScratchDatabase::remove`] takes it away again.
#[derive(Debug)]
pub struct ScratchDatabase {
    server: PgConnectOptions,
    name: String,
    url: String,
}

impl ScratchDatabase {
    /// Makes an empty database on the server that `server_url` (`postgres://…/database`) names.
    ///
    /// # Errors
    /// [`StoreError`] when the server cannot be reached or may not make databases.
    pub async fn create(server_url: &str) -> Result<Self, StoreError> {
        let name = format!("anyhook_test_{:032x}", rand::random::<u128>());
        let server: PgConnectOptions = server_url.parse()?;
        execute(&server, format!("-- create_scratch\nCREATE DATABASE {name}")).await?;
        let url = with_database(server_url, &name);
        Ok(Self { server, name, url })
    }

    /// What [`crate::Store::open`] takes.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Takes the database away, whoever is still connected.
    ///
    /// # Errors
    /// [`StoreError`] when the server cannot be reached.
    pub async fn remove(self) -> Result<(), StoreError> {
        execute(&self.server, format!("-- drop_scratch\nDROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)).await
    }
}

/// Safe: the statements are made of texts from this file and hexadecimal digits.
async fn execute(server: &PgConnectOptions, statement: String) -> Result<(), StoreError> {
    let mut connection = PgConnection::connect_with(server).await?;
    connection.execute(AssertSqlSafe(statement)).await?;
    Ok(connection.close().await?)
}

/// The URL with another database; its query string, where a socket's folder may stand, is kept.
fn with_database(url: &str, name: &str) -> String {
    let (address, query) = url.split_once('?').map_or((url, None), |(address, query)| (address, Some(query)));
    let from = address.find("://").map_or(0, |at| at + 3);
    let server = address[from..].find('/').map_or(address, |at| &address[..from + at]);
    query.map_or_else(|| format!("{server}/{name}"), |query| format!("{server}/{name}?{query}"))
}

#[cfg(test)]
mod tests {
    use super::with_database;

    #[test]
    fn the_database_of_a_url_is_replaced() {
        assert_eq!(with_database("postgres://u:p@h:5/postgres", "x"), "postgres://u:p@h:5/x");
        assert_eq!(with_database("postgres://h", "x"), "postgres://h/x");
        assert_eq!(with_database("postgres:///db?host=/tmp/s", "x"), "postgres:///x?host=/tmp/s");
    }
}
