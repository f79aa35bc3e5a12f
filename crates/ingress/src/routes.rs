//! What ingress knows of apps: cached, kept true by a stream of changes, used stale while the tenants service is away.

use std::{sync::Arc, time::Duration};

use anyhook_cache::{Fresh, Freshness};
use anyhook_domain::{
    AppId, DestinationId, TenantId,
    blind::Field,
    filter::Wants,
    seal::{Place, column},
    secret::Secret,
    source::{Config, Source},
};
use anyhook_rpc::{
    Keys, NoKey, Transport,
    tenants::v1::{self, LearnSecretRequest, ResolveRouteRequest, WatchChangesRequest, routing_client::RoutingClient},
};
use anyhook_store::Clock;
use tonic::Code;

/// Routes that are remembered.
const CAPACITY: usize = 100_000;
/// Between attempts to follow the changes.
const RECONNECT_AFTER: Duration = Duration::from_secs(1);

/// An app, as its inbound URL leads to it.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    pub(crate) tenant_id: TenantId,
    pub(crate) app_id: AppId,
    pub(crate) source: &'static Source,
    options: serde_json::Map<String, serde_json::Value>,
    sealed_secrets: Vec<v1::SealedSecret>,
    pub(crate) is_active: bool,
    pub(crate) is_paused: bool,
    pub(crate) destinations: Vec<Subscriber>,
    /// What its events are found by.
    pub(crate) indexed: Vec<Field>,
    /// What the tenant's plan takes; `None`: as many as come.
    pub(crate) events_per_month: Option<u64>,
    pub(crate) kept_for: Option<Duration>,
}

/// A destination, as far as a new event needs to know it.
#[derive(Clone, Debug)]
pub(crate) struct Subscriber {
    pub(crate) id: DestinationId,
    pub(crate) is_paused: bool,
    pub(crate) wants: Arc<Wants>,
}

/// The tenants service did not say, or said what this version does not understand: neither is an answer about the URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the tenants service gave no usable answer")]
pub(crate) struct NoAnswer;

impl From<NoKey> for NoAnswer {
    fn from(_: NoKey) -> Self {
        Self
    }
}

/// `tenant-slug/app-slug`.
type Path = String;

pub(crate) struct Routes {
    client: RoutingClient<Transport>,
    pub(crate) keys: Keys,
    routes: Fresh<Path, Route>,
    clock: Clock,
}

impl Routes {
    pub(crate) fn new(tenants: Transport, clock: Clock) -> Self {
        Self {
            client: RoutingClient::new(tenants.clone()),
            keys: Keys::new(tenants),
            routes: Fresh::new(CAPACITY, Freshness::default()),
            clock,
        }
    }

    /// The app behind a path; `None` when the tenants service knows that there is none.
    pub(crate) async fn resolve(&self, tenant_slug: &str, app_slug: &str) -> Result<Option<Route>, NoAnswer> {
        let path = format!("{tenant_slug}/{app_slug}");
        self.routes.get(&path, || self.ask(tenant_slug, app_slug)).await
    }

    /// Whether the tenants service answers, with whatever.
    pub(crate) async fn try_ask(&self) -> Result<(), NoAnswer> {
        self.ask("anyhook", "self-test").await.map(drop)
    }

    async fn ask(&self, tenant_slug: &str, app_slug: &str) -> Result<Option<Route>, NoAnswer> {
        let request = ResolveRouteRequest { tenant_slug: tenant_slug.to_owned(), app_slug: app_slug.to_owned() };
        match self.client.clone().resolve_route(request).await {
            Ok(answer) => route(answer.into_inner()).map(Some),
            Err(status) if status.code() == Code::NotFound => Ok(None),
            Err(status) => {
                tracing::warn!(code = ?status.code(), "a route could not be resolved");
                Err(NoAnswer)
            }
        }
    }

    /// What the source needs to verify one request: the secrets are plain for as long as the caller holds this.
    pub(crate) async fn source_config(&self, route: &Route) -> Result<Config, NoAnswer> {
        let mut secrets = Vec::with_capacity(route.sealed_secrets.len());
        for sealed in &route.sealed_secrets {
            secrets.extend(Config::secrets_of(&self.open(route.tenant_id, sealed).await?));
        }
        Ok(Config { secrets, options: route.options.clone() })
    }

    /// Gives an app the secret that its provider names; whether it is the app's now: not, if the app had one.
    pub(crate) async fn learn(
        &self,
        (tenant_slug, app_slug): (&str, &str),
        app: AppId,
        secret: &Secret,
    ) -> Result<bool, NoAnswer> {
        let request = LearnSecretRequest { app_id: app.to_string(), secret: secret.expose().to_owned() };
        let answer = self.client.clone().learn_secret(request).await.map_err(|status| {
            tracing::warn!(code = ?status.code(), app.id = %app, "an app's secret could not be kept");
            NoAnswer
        })?;
        let is_learned = answer.into_inner().learned;
        if is_learned {
            // The next request is signed with it, and may come before the change is told.
            self.routes.outdate(&format!("{tenant_slug}/{app_slug}"));
        }
        Ok(is_learned)
    }

    async fn open(&self, tenant: TenantId, sealed: &v1::SealedSecret) -> Result<Secret, NoAnswer> {
        let row = sealed.row_id.parse::<AppId>().map_err(|_| NoAnswer)?;
        let place = Place { tenant, row: row.0, column: column::APP_SECRET };
        let key = self.keys.version(tenant, sealed.key_version).await?;
        let plain = key.for_secrets().open(&place, &sealed.sealed).map_err(|error| {
            tracing::error!(%error, app.id = %row, "an app's secret cannot be opened");
            NoAnswer
        })?;
        String::from_utf8(plain).map(Secret::new).map_err(|_| NoAnswer)
    }

    /// Outdates what changed, for ever. Whenever the stream was cut, everything may have changed.
    pub(crate) async fn follow_changes(&self) {
        loop {
            if let Ok(answer) = self.client.clone().watch_changes(WatchChangesRequest {}).await {
                self.routes.outdate_all();
                let mut changes = answer.into_inner();
                while let Ok(Some(change)) = changes.message().await {
                    self.apply(&change);
                }
            }
            self.clock.sleep(RECONNECT_AFTER).await;
        }
    }

    fn apply(&self, change: &v1::Change) {
        // A change whose routes could not be told.
        if change.routes.is_empty() {
            self.routes.outdate_all();
        }
        for path in &change.routes {
            self.routes.outdate(path);
        }
    }
}

/// What it wants and this version does not understand keeps nothing from it: a handler passes over an event that it does
/// not want, and nobody finds one that never came.
fn subscriber(it: &v1::RouteDestination) -> Option<Subscriber> {
    let wants = Wants::read(&it.event_types, it.filter.as_deref()).unwrap_or_else(|error| {
        let (field, id) = (error.field, &it.id);
        tracing::error!(field, destination.id = id, "a stored filter cannot be read: its destination gets all events");
        Wants::default()
    });
    Some(Subscriber { id: it.id.parse().ok()?, is_paused: it.is_paused, wants: Arc::new(wants) })
}

fn route(route: v1::Route) -> Result<Route, NoAnswer> {
    let destinations = route.destinations.iter().map(subscriber).collect::<Option<Vec<_>>>();
    Ok(Route {
        tenant_id: route.tenant_id.parse().map_err(|_| NoAnswer)?,
        app_id: route.app_id.parse().map_err(|_| NoAnswer)?,
        // An unknown source fails closed: what cannot be verified is not accepted as something else.
        source: Source::named(&route.source).ok_or(NoAnswer)?,
        options: serde_json::from_str(&route.source_config).map_err(|_| NoAnswer)?,
        sealed_secrets: route.secrets,
        is_active: route.is_active,
        is_paused: route.is_paused,
        destinations: destinations.ok_or(NoAnswer)?,
        // One that this version does not understand is none: receiving does not stop for that.
        indexed: route.indexed_fields.iter().filter_map(|field| Field::parse(field).ok()).collect(),
        events_per_month: route.events_per_month,
        kept_for: route.kept_for_ms.map(|ms| Duration::from_millis(u64::try_from(ms).unwrap_or(0))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_cannot_be_read_keeps_nothing_away() {
        let id = DestinationId(uuid::Uuid::from_u128(1)).to_string();
        let of = |filter: &str| v1::RouteDestination {
            id: id.clone(),
            event_types: vec!["invoice.*".to_owned()],
            filter: Some(filter.to_owned()),
            ..v1::RouteDestination::default()
        };
        let unreadable = of(r#"{"body":{"a":{"$newer":1}}}"#);
        let readable = of(r#"{"body":{"a":1}}"#);
        let answer = v1::Route {
            tenant_id: TenantId(uuid::Uuid::from_u128(2)).to_string(),
            app_id: AppId(uuid::Uuid::from_u128(3)).to_string(),
            source: "generic".to_owned(),
            source_config: "{}".to_owned(),
            destinations: vec![unreadable, readable],
            ..v1::Route::default()
        };
        let destinations = route(answer).unwrap().destinations;
        assert_eq!(destinations.iter().map(|it| it.wants.is_everything()).collect::<Vec<_>>(), [true, false]);
    }
}
