//! A secret that a provider names by itself, while it makes sure of its URL.

use anyhook_domain::{AppId, TenantId};
use anyhook_rpc::tenants::v1::{LearnSecretRequest, LearnSecretResponse};
use anyhook_store::config::{AppChange, UpdateApp};

use super::source::{self, Wanted};
use crate::{Service, audit::Actor, check, problem::Problem};

/// How often an app may change between looking at it and writing.
const MAX_TRIES: usize = 3;

pub(crate) async fn learn_secret(
    service: &Service,
    request: &LearnSecretRequest,
) -> Result<LearnSecretResponse, Problem> {
    let app: AppId = check::id("app", &request.app_id)?;
    let tenant = service.store.tenant_of_app(app).await?.ok_or(Problem::NotFound("app"))?;
    if request.secret.trim().is_empty() {
        return Err(Problem::invalid("secret", "Give the secret that the provider named."));
    }
    for _ in 0..MAX_TRIES {
        if let Some(learned) = try_learn(service, (tenant, app), &request.secret).await? {
            return Ok(LearnSecretResponse { learned });
        }
    }
    Err(Problem::Busy)
}

/// `None` when the app changed meanwhile. INVARIANT: a secret that an app has is never displaced; anybody can make the
/// request that names one.
async fn try_learn(service: &Service, (tenant, app): (TenantId, AppId), secret: &str) -> Result<Option<bool>, Problem> {
    let row = service.store.app_by_id(tenant, app).await?.ok_or(Problem::NotFound("app"))?;
    if row.sealed_secret.is_some() {
        return Ok(Some(false));
    }
    let seen = source::seen(&row);
    let wanted = Wanted { source: None, config: None, secret: Some(secret.to_owned()) };
    let next = source::next(service, (tenant, app), &seen, &wanted).await?;
    let mut pending = service.changes.pending(tenant, Some(app));
    let subject = app.to_string();
    let records = [service.record(tenant, Actor::Provider, "app.secret_learned", &subject)];
    let change = AppChange { records: &records, ..AppChange::default() };
    if service.store.update_app((tenant, app), &seen, &next, &change, service.now()).await? != UpdateApp::Done {
        pending.nothing_changed();
        return Ok(None);
    }
    pending.name_routes(&service.store).await;
    Ok(Some(true))
}
