//! The tenants service: users, tenants, apps, destinations, secrets and keys over gRPC. Alone holds the master key.
//!
//! The services of the protocol are one value, [`Tenants`]. A handler reads its request, asks the store and
//! answers; what cannot be done is a [`problem::Problem`], whose text says what to do.

mod access;
mod accounts;
mod apps;
mod audit;
mod changes;
mod check;
mod keys;
mod passwords;
mod problem;
mod random;
mod relay;
mod reverify;
mod routing;
mod serve;
mod slugs;
mod team;
mod throttle;
mod vault;

use std::{sync::Arc, time::Duration};

use anyhook_cache::Cache;
use anyhook_domain::{Timestamp, plan::Plan, seal::Key};
use anyhook_egress::{Egress, Published};
pub use anyhook_rpc::MAX_MESSAGE_BYTES;
use anyhook_rpc::tenants::v1::{
    access_server::AccessServer, accounts_server::AccountsServer, apps_server::AppsServer, keys_server::KeysServer,
    routing_server::RoutingServer, team_server::TeamServer,
};
use anyhook_store::{Clock, Store, StoreError};
pub use serve::{Guard, ServeError, ServerTls};
use tonic::service::Routes;

use crate::{changes::Changes, passwords::Passwords, throttle::Throttle, vault::Vault};

#[derive(Clone, Debug)]
pub struct Config {
    /// What a new tenant may use.
    pub default_plan: Plan,
    /// How long a session lasts.
    pub session_for: Duration,
    pub master_key: Key,
    /// Passwords hashed at once; each takes 19 MiB.
    pub max_hashes: usize,
}

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(
        "the master key is not the one that this database was first used with: give the key file of that time \
         (ANYHOOK_MASTER_KEY_FILE), or another database; nothing stored here opens with another key"
    )]
    WrongMasterKey,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The service; cheap to clone.
#[derive(Clone)]
pub struct Tenants(Arc<Service>);

/// What all handlers share.
struct Service {
    store: Store,
    egress: Egress,
    /// What providers publish for those who verify.
    published: Published,
    clock: Clock,
    default_plan: Plan,
    session_for: Duration,
    vault: Vault,
    passwords: Passwords,
    throttle: Throttle,
    changes: Changes,
}

impl Tenants {
    /// Checks the master key against the database, whose schema must be up to date.
    ///
    /// # Errors
    /// [`StartError`] when the master key is another one, or the database does not answer.
    pub async fn start(
        store: Store,
        egress: Egress,
        cache: Cache,
        clock: Clock,
        config: Config,
    ) -> Result<Self, StartError> {
        let vault = Vault::open(store.clone(), config.master_key, clock.now()).await?;
        Ok(Self(Arc::new(Service {
            vault,
            passwords: Passwords::new(config.max_hashes),
            throttle: Throttle::new(cache),
            changes: Changes::default(),
            default_plan: config.default_plan,
            session_for: config.session_for,
            store,
            published: Published::new(egress.clone()),
            egress,
            clock,
        })))
    }

    /// All gRPC services, to be served on a socket or called in process.
    #[must_use]
    pub fn into_routes(self) -> Routes {
        let apps = AppsServer::new(self.clone())
            .max_decoding_message_size(MAX_MESSAGE_BYTES)
            .max_encoding_message_size(MAX_MESSAGE_BYTES);
        let keys = KeysServer::new(self.clone())
            .max_decoding_message_size(MAX_MESSAGE_BYTES)
            .max_encoding_message_size(MAX_MESSAGE_BYTES);
        Routes::new(AccountsServer::new(self.clone()))
            .add_service(AccessServer::new(self.clone()))
            .add_service(TeamServer::new(self.clone()))
            .add_service(apps)
            .add_service(RoutingServer::new(self))
            .add_service(keys)
            .prepare()
    }

    /// Deletes expired sessions and invitations, and signing secrets whose overlap is over; to be called every now and then. None of
    /// them works any more even if this is never called. Returns how many there were.
    ///
    /// # Errors
    /// [`StoreError`] from the database.
    pub async fn forget_expired(&self) -> Result<u64, StoreError> {
        self.0.store.forget_expired(self.0.clock.now()).await
    }

    /// Whether requests can be answered: asks the database.
    ///
    /// # Errors
    /// [`StoreError`] when it does not answer.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.0.store.has_master_key().await.map(drop)
    }

    /// Ends the streams of changes, for good: they would keep a server from shutting down.
    pub fn end_watches(&self) {
        self.0.changes.end();
    }
}

impl Service {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
