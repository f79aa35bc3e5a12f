//! A destination before it is stored.

use anyhook_domain::{
    AppId, DestinationId, TenantId,
    destination::{MAX_ATTEMPTS, SignatureMode, TIMEOUT_SECONDS},
    secret::Secret,
};
use anyhook_rpc::tenants::v1::{CreatedDestination, DestinationSettings};
use anyhook_store::config::{DestinationRow, OptionsChange};
use futures::future::join_all;

use super::{MAX_DESTINATIONS, options, read::destination_of, secret};
use crate::{Service, check, problem::Problem, random, vault::SecretsKey};

/// A new destination's row, and its secret in plain text for this one answer.
pub(super) struct Draft {
    pub(super) row: DestinationRow,
    secret: Secret,
}

impl Draft {
    /// Checks the settings, the address by asking DNS too.
    pub(super) async fn new(
        service: &Service,
        (tenant, app, id): (TenantId, AppId, DestinationId),
        key: &SecretsKey,
        settings: &DestinationSettings,
    ) -> Result<Self, Problem> {
        let wanted = check::settings(settings)?;
        let url = settings.url.as_deref().unwrap_or_default();
        let url = reachable(service, url).await?;
        let drawn = secret::draw(key, id);
        let headers = options::headers(service, (tenant, id), None, settings.headers.as_ref()).await?;
        let options = OptionsChange { headers, ..wanted.options }.into_options();
        let row = DestinationRow {
            id,
            tenant_id: tenant,
            app_id: app,
            url,
            is_paused: wanted.is_paused.unwrap_or(false),
            paused_reason: None,
            timeout_seconds: wanted.timeout_seconds.unwrap_or(TIMEOUT_SECONDS.0.into()),
            max_attempts: wanted.max_attempts.unwrap_or(MAX_ATTEMPTS.0.into()),
            signature_mode: wanted.signature_mode.unwrap_or(SignatureMode::Anyhook.as_str()).to_owned(),
            sealed_secret: drawn.sealed,
            key_version: key.version,
            secret_hint: drawn.hint,
            former_sealed_secret: None,
            former_key_version: None,
            former_until: None,
            created_at: service.now().unix_ms(),
            options,
        };
        Ok(Self { row, secret: drawn.secret })
    }

    pub(super) fn created(&self) -> CreatedDestination {
        created(self.row.clone(), &self.secret)
    }
}

pub(super) fn new_id(service: &Service) -> DestinationId {
    DestinationId::new(service.now(), random::bytes())
}

/// Lists are ordered by id, and ids of one instant are not: sorted, a list reads as it was written.
pub(super) fn new_ids(service: &Service, n_ids: usize) -> Vec<DestinationId> {
    let mut ids: Vec<_> = (0..n_ids).map(|_| new_id(service)).collect();
    ids.sort_unstable();
    ids
}

/// What is done for each item of a list, all at once, as each may ask DNS. The problem that is told is the first one
/// in the list's order.
pub(super) async fn of_each<T>(
    items: impl IntoIterator<Item = impl Future<Output = Result<T, Problem>>>,
) -> Result<Vec<T>, Problem> {
    let done = join_all(items).await.into_iter().enumerate();
    done.map(|(index, outcome)| outcome.map_err(|problem| problem.of_listed(index))).collect()
}

pub(super) fn created(row: DestinationRow, secret: &Secret) -> CreatedDestination {
    CreatedDestination { destination: Some(destination_of(row)), signing_secret: secret.expose().to_owned() }
}

/// The address as it will be called, if egress would reach it now.
pub(super) async fn reachable(service: &Service, url: &str) -> Result<String, Problem> {
    service.egress.check(url.trim()).await.map(String::from).map_err(Problem::refused)
}

/// Without asking DNS.
pub(super) fn normal_form(service: &Service, url: &str) -> Result<String, Problem> {
    service.egress.parse(url.trim()).map(String::from).map_err(Problem::refused)
}

pub(super) fn refuse_too_many(n_destinations: usize) -> Result<(), Problem> {
    if n_destinations > MAX_DESTINATIONS {
        return Err(too_many());
    }
    Ok(())
}

pub(super) fn too_many() -> Problem {
    Problem::TooMany(format!("An app has at most {MAX_DESTINATIONS} destinations. Delete one, or make another app."))
}
