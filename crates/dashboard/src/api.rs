//! What every handler works with.

use std::{sync::Arc, time::Duration};

use anyhook_cache::Cache;
use anyhook_domain::{DeliveryId, Timestamp};
use anyhook_queue::Queue;
use anyhook_rpc::{
    MAX_MESSAGE_BYTES, Transport,
    tenants::v1::{
        access_client::AccessClient, accounts_client::AccountsClient, apps_client::AppsClient, keys_client::KeysClient,
        operator_client::OperatorClient, plans_client::PlansClient, quickstarts_client::QuickstartsClient,
        routing_client::RoutingClient, sign_in_client::SignInClient, team_client::TeamClient,
    },
};
use anyhook_store::{Store, log::ReplayTimes};
use tokio::{sync::Mutex, time::Instant};
use tokio_util::sync::CancellationToken;
use tonic::{Response, Status};

use crate::{Config, Deps, body::Bodies, endpoints::Answers, problem::Problem, streams::Streams};

/// How long the tenants service may take for an answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// The services behind the API; cheap to clone.
#[derive(Clone)]
pub(crate) struct Api(Arc<Shared>);

struct Shared {
    deps: Deps,
    ready_at: Mutex<Option<Instant>>,
    bodies: Bodies,
    streams: Streams,
    answers: Answers,
}

impl Api {
    pub(crate) fn new(deps: Deps) -> Self {
        Self(Arc::new(Shared {
            deps,
            ready_at: Mutex::default(),
            bodies: Bodies::default(),
            streams: Streams::default(),
            answers: Answers::default(),
        }))
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.deps.store
    }

    pub(crate) fn queue(&self) -> &Queue {
        &self.0.deps.queue
    }

    pub(crate) fn cache(&self) -> &Cache {
        &self.0.deps.cache
    }

    pub(crate) fn ending(&self) -> &CancellationToken {
        &self.0.deps.ending
    }

    pub(crate) fn streams(&self) -> &Streams {
        &self.0.streams
    }

    pub(crate) fn answers(&self) -> &Answers {
        &self.0.answers
    }

    pub(crate) fn config(&self) -> &Config {
        &self.0.deps.config
    }

    pub(crate) fn bodies(&self) -> &Bodies {
        &self.0.bodies
    }

    /// When requests could last be answered.
    pub(crate) fn ready_at(&self) -> &Mutex<Option<Instant>> {
        &self.0.ready_at
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.deps.clock.now()
    }

    pub(crate) fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send + use<> {
        self.0.deps.clock.sleep(duration)
    }

    pub(crate) fn accounts(&self) -> AccountsClient<Transport> {
        AccountsClient::new(self.0.deps.tenants.clone())
    }

    pub(crate) fn access(&self) -> AccessClient<Transport> {
        AccessClient::new(self.0.deps.tenants.clone())
    }

    pub(crate) fn team(&self) -> TeamClient<Transport> {
        TeamClient::new(self.0.deps.tenants.clone())
    }

    pub(crate) fn plans(&self) -> PlansClient<Transport> {
        PlansClient::new(self.0.deps.tenants.clone())
    }

    pub(crate) fn quickstarts(&self) -> QuickstartsClient<Transport> {
        QuickstartsClient::new(self.0.deps.tenants.clone())
    }

    pub(crate) fn operator(&self) -> OperatorClient<Transport> {
        OperatorClient::new(self.0.deps.tenants.clone())
    }

    pub(crate) fn sign_in(&self) -> SignInClient<Transport> {
        SignInClient::new(self.0.deps.tenants.clone())
    }

    pub(crate) fn apps(&self) -> AppsClient<Transport> {
        let client = AppsClient::new(self.0.deps.tenants.clone());
        client.max_decoding_message_size(MAX_MESSAGE_BYTES).max_encoding_message_size(MAX_MESSAGE_BYTES)
    }

    pub(crate) fn keys(&self) -> KeysClient<Transport> {
        let client = KeysClient::new(self.0.deps.tenants.clone());
        client.max_decoding_message_size(MAX_MESSAGE_BYTES).max_encoding_message_size(MAX_MESSAGE_BYTES)
    }

    pub(crate) fn routing(&self) -> RoutingClient<Transport> {
        RoutingClient::new(self.0.deps.tenants.clone())
    }

    pub(crate) fn replay_times(&self) -> ReplayTimes {
        let now = self.now();
        ReplayTimes { now, due_at: now + self.config().replay_grace }
    }
}

/// Waits for an answer of the tenants service, but not for ever.
pub(crate) async fn ask<T>(call: impl Future<Output = Result<Response<T>, Status>>) -> Result<T, Problem> {
    match tokio::time::timeout(ANSWER_WITHIN, call).await {
        Ok(answer) => Ok(answer?.into_inner()),
        Err(_) => Err(Problem::unavailable("the tenants service did not answer in time")),
    }
}

pub(crate) fn new_delivery_id(now: Timestamp) -> DeliveryId {
    DeliveryId::new(now, rand::random())
}
