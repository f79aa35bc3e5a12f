//! The service over its generated clients, in process, on SQLite and on PostgreSQL.
//!
//! PostgreSQL is tested where `ANYHOOK_TEST_POSTGRES_URL` names a server that may make databases.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access;
mod accounts;
mod apps;
mod destinations;
mod invitations;
mod keys;
mod mail;
mod nameserver;
mod once;
mod operator;
mod quickstart;
mod routing;
mod second_factor;
mod sources;
mod team;
mod tenants;
mod watch;
mod world;

/// Runs each function as one test per database.
macro_rules! on_each_database {
    ($($name:ident)+) => {$(
        mod $name {
            #[tokio::test]
            async fn sqlite() {
                super::$name(&mut crate::world::World::on_sqlite().await).await;
            }

            #[tokio::test]
            async fn postgres() {
                if let Some(mut world) = crate::world::World::on_postgres().await {
                    super::$name(&mut world).await;
                    world.remove().await;
                }
            }
        }
    )+};
}
pub(crate) use on_each_database;
