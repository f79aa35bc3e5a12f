//! What delivery knows of destinations: cached, kept true by a stream of changes, used stale while the tenants service
//! is away.

use std::{sync::Arc, time::Duration};

use anyhook_cache::{Fresh, Freshness};
use anyhook_domain::{
    DestinationId, Headers, TenantId, Timestamp,
    delivery::HeldReason,
    destination::{Limits, SignatureMode},
    retry::Delays,
    seal::{Place, column},
    secret::Secret,
};
use anyhook_rpc::{
    Keys, NoKey, Transport,
    tenants::v1::{
        self, GetDestinationRequest, PauseDestinationRequest, WatchChangesRequest, routing_client::RoutingClient,
    },
};
use anyhook_store::Clock;
use tokio::sync::Notify;
use tonic::Code;

/// Destinations that are remembered.
const CAPACITY: usize = 100_000;
/// Between attempts to follow the changes.
const RECONNECT_AFTER: Duration = Duration::from_secs(1);

/// Where deliveries go, and how.
#[derive(Clone, Debug)]
pub(crate) struct Destination {
    pub(crate) id: DestinationId,
    pub(crate) tenant_id: TenantId,
    pub(crate) url: String,
    /// Why nothing is sent there now.
    pub(crate) held: Option<HeldReason>,
    /// What the tenant's plan takes; `None`: as many as come.
    pub(crate) events_per_month: Option<u64>,
    pub(crate) limits: Limits,
    pub(crate) signature_mode: SignatureMode,
    sealed_secrets: Vec<v1::SigningSecret>,
    sealed_headers: Option<v1::SealedSecret>,
}

/// The tenants service did not say, or said what this version does not understand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the tenants service gave no usable answer")]
pub(crate) struct NoAnswer;

impl From<NoKey> for NoAnswer {
    fn from(_: NoKey) -> Self {
        Self
    }
}

pub(crate) struct Destinations {
    client: RoutingClient<Transport>,
    pub(crate) keys: Keys,
    known: Fresh<DestinationId, Arc<Destination>>,
    changed: Arc<Notify>,
}

impl Destinations {
    pub(crate) fn new(tenants: Transport, changed: Arc<Notify>) -> Self {
        Self {
            client: RoutingClient::new(tenants.clone()),
            keys: Keys::new(tenants),
            known: Fresh::new(CAPACITY, Freshness::default()),
            changed,
        }
    }

    /// A destination; `None` when it was deleted.
    pub(crate) async fn get(&self, id: DestinationId) -> Result<Option<Arc<Destination>>, NoAnswer> {
        self.known.get(&id, || self.ask(id)).await
    }

    /// Whether the tenants service answers, with whatever.
    pub(crate) async fn try_ask(&self, id: DestinationId) -> Result<(), NoAnswer> {
        self.ask(id).await.map(drop)
    }

    async fn ask(&self, id: DestinationId) -> Result<Option<Arc<Destination>>, NoAnswer> {
        let request = GetDestinationRequest { destination_id: id.to_string() };
        match self.client.clone().get_destination(request).await {
            Ok(answer) => destination(answer.into_inner()).map(|it| Some(Arc::new(it))).ok_or(NoAnswer),
            Err(status) if status.code() == Code::NotFound => Ok(None),
            Err(status) => {
                tracing::warn!(code = ?status.code(), destination.id = %id, "a destination could not be looked up");
                Err(NoAnswer)
            }
        }
    }

    /// The secrets that sign for a destination now, newest first: plain for as long as the caller holds them.
    pub(crate) async fn signing_secrets(
        &self,
        destination: &Destination,
        now: Timestamp,
    ) -> Result<Vec<Secret>, NoAnswer> {
        let mut secrets = Vec::with_capacity(destination.sealed_secrets.len());
        // INVARIANT: a secret past its time never signs, also when it is served from a stale cache.
        let live = destination.sealed_secrets.iter().filter(|it| it.until.is_none_or(|until| now.unix_ms() < until));
        for sealed in live.filter_map(|it| it.secret.as_ref()) {
            let key = self.keys.version(destination.tenant_id, sealed.key_version).await?;
            let place =
                Place { tenant: destination.tenant_id, row: destination.id.0, column: column::DESTINATION_SECRET };
            let plain = key.for_secrets().open(&place, &sealed.sealed).map_err(|error| {
                tracing::error!(%error, destination.id = %destination.id, "a signing secret cannot be opened");
                NoAnswer
            })?;
            secrets.push(Secret::new(String::from_utf8(plain).map_err(|_| NoAnswer)?));
        }
        // Nothing is ever sent unsigned.
        if secrets.is_empty() { Err(NoAnswer) } else { Ok(secrets) }
    }

    /// The headers that a destination has added: plain for as long as the caller holds them.
    pub(crate) async fn added_headers(&self, destination: &Destination) -> Result<Headers, NoAnswer> {
        let Some(sealed) = &destination.sealed_headers else { return Ok(Headers::default()) };
        let key = self.keys.version(destination.tenant_id, sealed.key_version).await?;
        let place = Place { tenant: destination.tenant_id, row: destination.id.0, column: column::DESTINATION_HEADERS };
        let plain = key.for_secrets().open(&place, &sealed.sealed).map_err(|error| {
            tracing::error!(%error, destination.id = %destination.id, "a destination's headers cannot be opened");
            NoAnswer
        })?;
        let pairs: Vec<(String, String)> = serde_json::from_slice(&plain).map_err(|_| NoAnswer)?;
        Ok(pairs.into_iter().collect())
    }

    /// Pauses a destination whose handler asked for nothing more.
    pub(crate) async fn pause(&self, id: DestinationId, reason: &str) {
        let request = PauseDestinationRequest { destination_id: id.to_string(), reason: reason.to_owned() };
        if let Err(status) = self.client.clone().pause_destination(request).await {
            // The next answer of this kind asks for it again.
            tracing::warn!(code = ?status.code(), destination.id = %id, "a destination could not be paused");
        }
        self.known.outdate(&id);
    }

    /// Outdates what changed, for ever. Whenever the stream was cut, everything may have changed.
    pub(crate) async fn follow_changes(&self, clock: &Clock) {
        loop {
            if let Ok(answer) = self.client.clone().watch_changes(WatchChangesRequest {}).await {
                self.known.outdate_all();
                self.changed.notify_one();
                let mut changes = answer.into_inner();
                while let Ok(Some(change)) = changes.message().await {
                    self.apply(&change);
                }
            }
            clock.sleep(RECONNECT_AFTER).await;
        }
    }

    fn apply(&self, change: &v1::Change) {
        match change.destination_id.as_deref().map(str::parse) {
            Some(Ok(id)) => self.known.outdate(&id),
            // The app or the tenant changed, and with it each of its destinations.
            _ => self.known.outdate_all(),
        }
        self.changed.notify_one();
    }
}

fn destination(route: v1::DestinationRoute) -> Option<Destination> {
    let held = match (route.is_app_paused, route.is_paused) {
        (true, _) => Some(HeldReason::AppPaused),
        (false, true) => Some(HeldReason::DestinationPaused),
        (false, false) => None,
    };
    let delays = match route.retry_policy.as_str() {
        "" => Delays::default(),
        text => Delays::parse(text).ok()?,
    };
    let limits = Limits::new(route.timeout_seconds, route.max_attempts).ok()?.with_delays(delays);
    Some(Destination {
        id: route.id.parse().ok()?,
        tenant_id: route.tenant_id.parse().ok()?,
        url: route.url,
        held,
        events_per_month: route.events_per_month,
        limits: limits.bounded(route.rate_limit_per_second, route.max_concurrency).ok()?,
        signature_mode: SignatureMode::parse(&route.signature_mode)?,
        sealed_secrets: route.secrets,
        sealed_headers: route.headers,
    })
}
