//! A new API key.

use std::time::Duration;

use anyhook_domain::{ApiKeyId, AppId, TenantId, Timestamp, access::Scope, api_key};
use anyhook_rpc::tenants::v1::{ApiKey, CreateApiKeyRequest, CreatedApiKey};
use anyhook_store::config::{CreateApiKey, NewApiKey};

use crate::{Service, apps, audit::Actor, check, keys, once::Keyed, problem::Problem, random};

const MAX_KEYS: i64 = 200;
const MAX_APPS_OF_KEY: usize = 100;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) async fn create_api_key(service: &Service, request: &CreateApiKeyRequest) -> Result<CreatedApiKey, Problem> {
    let tenant = check::tenant(&request.tenant_id)?;
    let actor = keys::actor(request.actor.as_ref())?;
    let keyed = Keyed::new(tenant, request.idempotency_key.as_deref(), "create_api_key", request)?;
    if let Some(before) = keyed.answered(service).await? {
        return Ok(before);
    }
    let name = check::name("name", &request.name)?;
    let says = || format!("Give a scope: one of {}.", Scope::words());
    let scope = Scope::parse(&request.scope).ok_or_else(|| Problem::invalid("scope", says()))?;
    let in_days = request.expires_in_days.map(|days| service.now() + DAY * days);
    let expires_at = in_days.or(request.expires_at.map(Timestamp::from_unix_ms));
    if expires_at.is_some_and(|at| at <= service.now()) {
        return Err(Problem::invalid("expiresAt", "This instant is past: give one that is to come."));
    }
    refuse_more(service, tenant, actor, expires_at).await?;
    let apps = match &request.apps {
        Some(names) => Some(reached(service, tenant, &names.items).await?),
        None => None,
    };
    let secret = api_key::generate(random::api_key_digits());
    let stored = api_key::parse(secret.expose()).ok_or(Problem::Internal("a new key has the form of keys"))?;
    let (ids, slugs): (Vec<AppId>, Vec<String>) = apps.iter().flatten().cloned().unzip();
    let id = ApiKeyId::new(service.now(), random::bytes());
    let apps = request.apps.is_some().then_some(&ids[..]);
    let new = NewApiKey { id, tenant, name: &name, stored: &stored, scope, expires_at, apps };
    let subject = id.to_string();
    let record = service.record(tenant, actor, "api_key.created", &subject);
    let made = ApiKey {
        id: subject.clone(),
        name: name.clone(),
        scope: scope.as_str().to_owned(),
        is_limited: new.apps.is_some(),
        apps: slugs,
        last4: stored.last4.clone(),
        created_at: record.at.unix_ms(),
        expires_at: expires_at.map(Timestamp::unix_ms),
        last_used_at: None,
    };
    let made = CreatedApiKey { api_key: Some(made), secret: secret.expose().to_owned() };
    let remembered = keyed.remember(service, &made).await?;
    let once = remembered.as_ref().map(|it| it.once());
    match service.store.create_api_key(&new, MAX_KEYS, &record, once.as_ref()).await? {
        CreateApiKey::Made => Ok(made),
        CreateApiKey::Repeat => keyed.answered_meanwhile(service).await,
        CreateApiKey::NoTenant => Err(Problem::NotFound("tenant")),
        CreateApiKey::NoApp => Err(Problem::NotFound("app")),
        CreateApiKey::TooMany => Err(Problem::TooMany(format!("There are {MAX_KEYS} API keys already. Revoke one."))),
    }
}

/// The apps, each once, with their slugs.
async fn reached(service: &Service, tenant: TenantId, names: &[String]) -> Result<Vec<(AppId, String)>, Problem> {
    if names.is_empty() || names.len() > MAX_APPS_OF_KEY {
        let says = format!("Name 1 to {MAX_APPS_OF_KEY} apps; leave apps out for a key that reaches all.");
        return Err(Problem::invalid("apps", says));
    }
    let mut reached: Vec<(AppId, String)> = Vec::new();
    for name in names {
        let row = apps::find(service, tenant, name).await?;
        if !reached.iter().any(|(id, _)| *id == row.id) {
            reached.push((row.id, row.slug));
        }
    }
    Ok(reached)
}

/// INVARIANT: a key that expires gives nobody what does not: people stay.
pub(crate) async fn refuse_expiring(service: &Service, tenant: TenantId, actor: Actor) -> Result<(), Problem> {
    let Actor::ApiKey(id) = actor else { return Ok(()) };
    let own = service.store.api_keys(tenant).await?.into_iter().find(|key| key.id == id);
    if own.ok_or(Problem::Unauthenticated)?.expires_at.is_none() {
        return Ok(());
    }
    Err(Problem::Forbidden(
        "This key expires, and may not invite people or change what they may do. Use one that does not.",
    ))
}

/// INVARIANT: a key gives nobody more than it has: no key that reaches more, and none that lives longer.
async fn refuse_more(
    service: &Service,
    tenant: TenantId,
    actor: Actor,
    expires_at: Option<Timestamp>,
) -> Result<(), Problem> {
    let Actor::ApiKey(id) = actor else { return Ok(()) };
    let all = service.store.api_keys(tenant).await?;
    let own = all.into_iter().find(|key| key.id == id).ok_or(Problem::Unauthenticated)?;
    if own.is_limited || own.scope != Scope::Admin.as_str() {
        return Err(Problem::Forbidden(
            "This key may not make keys. Use one with the scope admin that reaches all apps.",
        ));
    }
    let until = own.expires_at.map(Timestamp::from_unix_ms);
    if until.is_some_and(|until| expires_at.is_none_or(|at| at > until)) {
        let says = "The key that you use expires: a key that it makes must not outlive it. Give an earlier instant.";
        return Err(Problem::invalid("expiresAt", says));
    }
    Ok(())
}
