//! What every handler works with.

use std::{sync::Arc, time::Duration};

use anyhook_domain::{DeliveryId, Timestamp};
use anyhook_queue::Queue;
use anyhook_rpc::{
    Transport,
    tenants::v1::{
        accounts_client::AccountsClient, apps_client::AppsClient, keys_client::KeysClient,
        routing_client::RoutingClient,
    },
};
use anyhook_store::{Store, log::ReplayTimes};
use tonic::{Response, Status};

use crate::{Config, Deps, problem::Problem};

/// How long the tenants service may take for an answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// An opened event: a body of any size that the ingress can be set to take, and the answers to its attempts.
const MAX_OPENED_BYTES: usize = 256 * 1024 * 1024;

/// The services behind the API; cheap to clone.
#[derive(Clone)]
pub(crate) struct Api(Arc<Deps>);

impl Api {
    pub(crate) fn new(deps: Deps) -> Self {
        Self(Arc::new(deps))
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn queue(&self) -> &Queue {
        &self.0.queue
    }

    pub(crate) fn config(&self) -> &Config {
        &self.0.config
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub(crate) fn accounts(&self) -> AccountsClient<Transport> {
        AccountsClient::new(self.0.tenants.clone())
    }

    pub(crate) fn apps(&self) -> AppsClient<Transport> {
        AppsClient::new(self.0.tenants.clone())
    }

    pub(crate) fn keys(&self) -> KeysClient<Transport> {
        let client = KeysClient::new(self.0.tenants.clone());
        client.max_decoding_message_size(MAX_OPENED_BYTES).max_encoding_message_size(MAX_OPENED_BYTES)
    }

    pub(crate) fn routing(&self) -> RoutingClient<Transport> {
        RoutingClient::new(self.0.tenants.clone())
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
