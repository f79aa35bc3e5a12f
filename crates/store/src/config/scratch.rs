//! PostgreSQL databases that live as long as one test. Here because only this crate speaks to databases.

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, postgres::PgConnectOptions};

use crate::StoreError;

/// A database made for one test, and a role that owns it and nothing else: row security holds for it, as it does not for
/// the server's superuser. [`ScratchDatabase::remove`] takes both away again.
#[derive(Debug)]
pub struct ScratchDatabase {
    server: PgConnectOptions,
    /// Of the database and of the role.
    name: String,
    url: String,
}

impl ScratchDatabase {
    /// Makes an empty database on the server that `server_url` (`postgres://…/database`) names.
    ///
    /// # Errors
    /// [`StoreError`] when the server cannot be reached or may not make databases and roles.
    pub async fn create(server_url: &str) -> Result<Self, StoreError> {
        let name = format!("anyhook_test_{:032x}", rand::random::<u128>());
        let password = format!("{:032x}", rand::random::<u128>());
        let server: PgConnectOptions = server_url.parse()?;
        execute(&server, format!("-- create_scratch_role\nCREATE ROLE {name} LOGIN PASSWORD '{password}'")).await?;
        let url = as_role(server_url, &name, &password);
        let scratch = Self { server, name, url };
        let create = format!("-- create_scratch\nCREATE DATABASE {} OWNER {}", scratch.name, scratch.name);
        execute(&scratch.server, create).await?;
        Ok(scratch)
    }

    /// What [`crate::Store::open`] takes.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Takes the database and its role away, whoever is still connected.
    ///
    /// # Errors
    /// [`StoreError`] when the server cannot be reached.
    pub async fn remove(self) -> Result<(), StoreError> {
        execute(&self.server, format!("-- drop_scratch\nDROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)).await?;
        execute(&self.server, format!("-- drop_scratch_role\nDROP ROLE IF EXISTS {}", self.name)).await
    }
}

/// Safe: the statements are made of texts from this file and hexadecimal digits.
async fn execute(server: &PgConnectOptions, statement: String) -> Result<(), StoreError> {
    let mut connection = PgConnection::connect_with(server).await?;
    connection.execute(AssertSqlSafe(statement)).await?;
    Ok(connection.close().await?)
}

/// The URL with another role, and its database of the same name; the query string, where a socket's folder may stand, is
/// kept.
fn as_role(url: &str, name: &str, password: &str) -> String {
    let (address, query) = url.split_once('?').map_or((url, None), |(address, query)| (address, Some(query)));
    let server = address.split_once("://").map_or(address, |(_, server)| server);
    let server = server.split('/').next().unwrap_or_default();
    let host = server.rsplit_once('@').map_or(server, |(_, host)| host);
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("postgres://{name}:{password}@{host}/{name}{query}")
}

#[cfg(test)]
mod tests {
    use super::as_role;

    #[test]
    fn role_and_database_of_a_url_are_replaced() {
        assert_eq!(as_role("postgres://u:p@h:5/postgres", "x", "y"), "postgres://x:y@h:5/x");
        assert_eq!(as_role("postgresql://h", "x", "y"), "postgres://x:y@h/x");
        assert_eq!(as_role("postgres:///db?host=/tmp/s", "x", "y"), "postgres://x:y@/x?host=/tmp/s");
    }
}
