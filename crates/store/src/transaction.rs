//! Beginning a transaction on PostgreSQL, for all tenants or for one.

use anyhook_domain::TenantId;
use sqlx::{AssertSqlSafe, Connection, PgPool, Postgres, SqlSafeStr, Transaction, pool::PoolConnection};

/// For all tenants.
pub(crate) const BEGIN: &str = "-- begin\nBEGIN";

/// For one tenant: row security hides what is another's. In one round trip, and `LOCAL`, so that it ends with the
/// transaction: the connection's next user may serve all tenants.
pub(crate) fn begin_of(TenantId(tenant): TenantId) -> AssertSqlSafe<String> {
    // Safe: a UUID is made of hexadecimal digits. `SET` takes no binds.
    AssertSqlSafe(format!("-- begin of tenant\nBEGIN; SET LOCAL anyhook.tenant = '{tenant}'"))
}

/// The same for looking only.
pub(crate) fn look_of(TenantId(tenant): TenantId) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!("-- look of tenant\nBEGIN READ ONLY; SET LOCAL anyhook.tenant = '{tenant}'"))
}

/// A connection that a transaction begins on. INVARIANT: one whose caller went away while the server answered is closed.
/// The server may have a transaction open, with a tenant set, of which sqlx does not know yet.
pub(crate) struct Lent {
    connection: PoolConnection<Postgres>,
    is_begun: bool,
}

impl Lent {
    pub(crate) async fn from(pool: &PgPool) -> Result<Self, sqlx::Error> {
        Ok(Self { connection: pool.acquire().await?, is_begun: false })
    }

    pub(crate) async fn begin(&mut self, statement: impl SqlSafeStr) -> Result<Transaction<'_, Postgres>, sqlx::Error> {
        let transaction = self.connection.begin_with(statement).await?;
        self.is_begun = true;
        Ok(transaction)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if !self.is_begun {
            self.connection.close_on_drop();
        }
    }
}
