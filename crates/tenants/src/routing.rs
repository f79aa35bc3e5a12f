//! What ingress and delivery need to know, and the stream that keeps their caches fresh.

use std::pin::Pin;

use anyhook_domain::{
    DestinationId, Timestamp,
    plan::Plan,
    seal::column::{APP_SECRET, DESTINATION_HEADERS, DESTINATION_SECRET},
    slug::Slug,
};
use anyhook_rpc::tenants::v1::{
    Change, DestinationRoute, GetDestinationRequest, LearnSecretRequest, LearnSecretResponse, PauseDestinationRequest,
    PauseDestinationResponse, ResolveRouteRequest, Route, RouteDestination, SealedSecret, SigningSecret,
    WatchChangesRequest, routing_server::Routing,
};
use anyhook_store::config::{DestinationRow, RouteRow, RoutedDestination};
use tokio_stream::{Stream, StreamExt, wrappers::BroadcastStream};
use tonic::{Request, Response, Status};

use crate::{
    Service, Tenants,
    apps::{learn, options, replay_url},
    audit::Actor,
    check,
    mail::Errand,
    plans,
    problem::{Problem, answer},
    terms,
};

const MAX_REASON_CHARS: usize = 300;

#[tonic::async_trait]
impl Routing for Tenants {
    type WatchChangesStream = Pin<Box<dyn Stream<Item = Result<Change, Status>> + Send>>;

    async fn resolve_route(&self, request: Request<ResolveRouteRequest>) -> Result<Response<Route>, Status> {
        answer(resolve_route(&self.0, &request.into_inner()).await)
    }

    async fn get_destination(
        &self,
        request: Request<GetDestinationRequest>,
    ) -> Result<Response<DestinationRoute>, Status> {
        answer(get_destination(&self.0, &request.into_inner()).await)
    }

    async fn pause_destination(
        &self,
        request: Request<PauseDestinationRequest>,
    ) -> Result<Response<PauseDestinationResponse>, Status> {
        answer(pause_destination(&self.0, &request.into_inner()).await)
    }

    async fn learn_secret(
        &self,
        request: Request<LearnSecretRequest>,
    ) -> Result<Response<LearnSecretResponse>, Status> {
        answer(learn::learn_secret(&self.0, &request.into_inner()).await)
    }

    async fn watch_changes(
        &self,
        _: Request<WatchChangesRequest>,
    ) -> Result<Response<Self::WatchChangesStream>, Status> {
        let changes = BroadcastStream::new(self.0.changes.watch());
        // After an error tonic ends the stream: who lagged comes again and forgets what it cached.
        Ok(Response::new(Box::pin(changes.map(|change| change.map_err(|_| Problem::Busy.into())))))
    }
}

async fn resolve_route(service: &Service, request: &ResolveRouteRequest) -> Result<Route, Problem> {
    let tenant: Slug = check::id("app", &request.tenant_slug)?;
    let app: Slug = check::id("app", &request.app_slug)?;
    let (row, destinations) = service.store.resolve_route(&tenant, &app).await?.ok_or(Problem::NotFound("app"))?;
    let plan = service.plan_of(&row.plan);
    let destinations = destinations.into_iter().map(|destination| RouteDestination {
        id: destination.id.to_string(),
        is_paused: destination.is_paused,
        event_types: options::event_types(destination.event_types.as_deref()),
        filter: destination.filter,
    });
    Ok(Route {
        destinations: destinations.collect(),
        secrets: app_secret(&row).into_iter().collect(),
        kept_for_ms: plans::kept_for_ms(plan),
        events_per_month: plan.events_per_month,
        tenant_id: row.tenant_id.to_string(),
        app_id: row.app_id.to_string(),
        source: row.source,
        source_config: row.source_config,
        is_active: row.is_active,
        is_paused: row.is_paused,
        indexed_fields: terms::listed(&row.indexed_fields),
    })
}

fn app_secret(row: &RouteRow) -> Option<SealedSecret> {
    let sealed = row.sealed_secret.clone()?;
    Some(sealed_secret(&row.app_id.to_string(), APP_SECRET, row.key_version, sealed))
}

pub(crate) fn sealed_secret(row_id: &str, column: &str, key_version: i64, sealed: Vec<u8>) -> SealedSecret {
    SealedSecret {
        row_id: row_id.to_owned(),
        column: column.to_owned(),
        key_version: check::small(key_version),
        sealed: sealed.into(),
    }
}

async fn get_destination(service: &Service, request: &GetDestinationRequest) -> Result<DestinationRoute, Problem> {
    let id: DestinationId = check::id("destination", &request.destination_id)?;
    let Some(routed) = service.store.destination_route(id).await? else { return replay_url::route(service, id).await };
    let plan = service.plan_of(&routed.plan);
    Ok(destination_route(routed, plan, service.now()))
}

fn destination_route(routed: RoutedDestination, plan: &Plan, now: Timestamp) -> DestinationRoute {
    let row = routed.destination;
    DestinationRoute {
        id: row.id.to_string(),
        tenant_id: row.tenant_id.to_string(),
        app_id: row.app_id.to_string(),
        is_paused: row.is_paused,
        is_app_paused: routed.is_app_paused,
        timeout_seconds: check::small(row.timeout_seconds),
        max_attempts: check::small(row.max_attempts),
        secrets: signing_secrets(&row, now),
        headers: sealed_headers(&row),
        signature_mode: row.signature_mode,
        events_per_month: plan.events_per_month,
        retry_policy: row.options.retry_policy.unwrap_or_default(),
        rate_limit_per_second: row.options.rate_limit_per_second.map(check::small),
        max_concurrency: row.options.max_concurrency.map(check::small),
        url: row.url,
    }
}

fn sealed_headers(row: &DestinationRow) -> Option<SealedSecret> {
    let (sealed, version) = (row.options.sealed_headers.clone()?, row.options.headers_key_version?);
    Some(sealed_secret(&row.id.to_string(), DESTINATION_HEADERS, version, sealed))
}

/// INVARIANT: a former secret is not handed out once its time is over.
fn signing_secrets(row: &DestinationRow, now: Timestamp) -> Vec<SigningSecret> {
    let id = row.id.to_string();
    let sealed = |version, bytes: &[u8]| Some(sealed_secret(&id, DESTINATION_SECRET, version, bytes.to_vec()));
    let mut secrets = vec![SigningSecret { secret: sealed(row.key_version, &row.sealed_secret), until: None }];
    if let (Some(bytes), Some(version), Some(until)) =
        (&row.former_sealed_secret, row.former_key_version, row.former_until)
        && until > now.unix_ms()
    {
        secrets.push(SigningSecret { secret: sealed(version, bytes), until: Some(until) });
    }
    secrets
}

/// Asks first whose it is, as that has to be known before the change is made.
async fn pause_destination(
    service: &Service,
    request: &PauseDestinationRequest,
) -> Result<PauseDestinationResponse, Problem> {
    let id: DestinationId = check::id("destination", &request.destination_id)?;
    let Some(routed) = service.store.destination_route(id).await? else {
        replay_url::end(service, id).await?;
        return Ok(PauseDestinationResponse {});
    };
    let (tenant, app) = (routed.destination.tenant_id, routed.destination.app_id);
    let reason = one_line(&request.reason);
    let errand = Errand::destination_paused(tenant, id, &routed.destination.url, &reason);
    let mut pending = service.changes.pending(tenant, Some(app));
    pending.destination = Some(id);
    let subject = id.to_string();
    let records = [service.record(tenant, Actor::Handler, "destination.paused", &subject)];
    if !service.store.pause_destination(id, &reason, &service.errand(errand), &records).await? {
        pending.nothing_changed();
        return Ok(PauseDestinationResponse {});
    }
    service.mail.wake();
    pending.name_routes(&service.store).await;
    Ok(PauseDestinationResponse {})
}

/// A reason that comes from outside, as far as it can be shown.
fn one_line(reason: &str) -> String {
    let shown = reason.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_REASON_CHARS);
    shown.collect::<String>().trim().to_owned()
}
