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
mod mail;
mod networks;
mod once;
mod operated;
mod operator;
mod passwords;
mod plans;
mod problem;
mod quickstart;
mod random;
mod relay;
mod reverify;
mod routing;
mod serve;
mod slugs;
mod team;
mod terms;
mod throttle;
mod vault;

use std::{sync::Arc, time::Duration};

pub use accounts::openid::OpenId;
use anyhook_cache::Cache;
use anyhook_domain::{
    Timestamp,
    plan::{Plan, Plans},
    seal::Key,
};
use anyhook_egress::{Egress, EgressError, Published};
pub use anyhook_rpc::MAX_MESSAGE_BYTES;
use anyhook_rpc::tenants::v1::{
    access_server::AccessServer, accounts_server::AccountsServer, apps_server::AppsServer, keys_server::KeysServer,
    operator_server::OperatorServer, plans_server::PlansServer, quickstarts_server::QuickstartsServer,
    routing_server::RoutingServer, sign_in_server::SignInServer, team_server::TeamServer,
};
use anyhook_store::{Clock, Store, StoreError};
pub use mail::{BadSender, BadSmtp, Carrier, MailConfig, Sender};
pub use operator::{BadOperators, Operators};
pub use plans::UnknownPlan;
pub use quickstart::Quickstart;
pub use serve::{Guard, ServeError, ServerTls};
use tonic::service::Routes;

use crate::{
    accounts::openid::Issuer, changes::Changes, mail::PostOffice, passwords::Passwords, throttle::Throttle,
    vault::Vault,
};

#[derive(Clone, Debug)]
pub struct Config {
    /// What tenants may use, and what a new one may.
    pub plans: Plans,
    /// Tenants without an account.
    pub quickstart: Quickstart,
    pub operators: Operators,
    /// Through whom people may sign in.
    pub openid: Option<OpenId>,
    /// How ingress is called from here for test events, without a slash at the end; `None`: as providers call it.
    pub ingress_url: Option<String>,
    /// How long a session lasts.
    pub session_for: Duration,
    pub master_key: Key,
    pub mail: MailConfig,
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
    Plan(#[from] UnknownPlan),
    #[error(transparent)]
    Client(#[from] EgressError),
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
    /// For what the operator set up.
    operated: Egress,
    ingress_url: Option<String>,
    clock: Clock,
    plans: Plans,
    quickstart: quickstart::Admission,
    operators: Operators,
    issuer: Option<Issuer>,
    session_for: Duration,
    vault: Vault,
    passwords: Passwords,
    throttle: Throttle,
    changes: Changes,
    mail: PostOffice,
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
        plans::check(&store, &config.plans).await?;
        let operated = operated::client()?;
        Ok(Self(Arc::new(Service {
            vault,
            passwords: Passwords::new(config.max_hashes),
            quickstart: quickstart::Admission::new(config.quickstart, cache.clone()),
            throttle: Throttle::new(cache),
            changes: Changes::default(),
            mail: PostOffice::new(config.mail),
            plans: config.plans,
            operators: config.operators,
            issuer: config.openid.map(|it| Issuer::new(it, operated.clone(), clock.clone())),
            operated,
            ingress_url: config.ingress_url,
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
            .add_service(SignInServer::new(self.clone()))
            .add_service(PlansServer::new(self.clone()))
            .add_service(QuickstartsServer::new(self.clone()))
            .add_service(OperatorServer::new(self.clone()))
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

    /// A tenant's plan, by the name that its row has. One that is not known any more is the default one: receiving does
    /// not stop for that.
    fn plan_of(&self, name: &str) -> &Plan {
        self.plans.named(name).unwrap_or_else(|| self.plans.default_plan())
    }
}
