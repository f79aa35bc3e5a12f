//! A new tenant without an account: one app, one API key.

use std::{borrow::Cow, time::Duration};

use anyhook_domain::{ApiKeyId, TenantId, access::Scope, api_key, secret::Secret, slug::Slug};
use anyhook_rpc::tenants::v1::{
    CreateAppRequest, CreateQuickstartRequest, CreateQuickstartResponse, CreatedApp, DestinationSettings,
};
use anyhook_store::config::{NewApiKey, NewQuickstart, NewTenant};

use super::names;
use crate::{
    Service,
    accounts::session,
    apps::{create::create_app, source},
    audit::Actor,
    problem::Problem,
    random,
};

const LIVES_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);
const TENANT_NAME: &str = "Quickstart";
const KEY_NAME: &str = "Quickstart key";
const APP_NAME: &str = "Hook";
/// Slugs are random: one that is taken is a rare accident.
const MOST_SLUGS: usize = 5;

/// What was made, and is shown this once.
struct Begun {
    tenant: TenantId,
    api_key: Secret,
    claim_token: String,
    expires_at: i64,
}

pub(super) async fn create_quickstart(
    service: &Service,
    request: CreateQuickstartRequest,
) -> Result<CreateQuickstartResponse, Problem> {
    let source = request.source.filter(|source| !source.is_empty()).unwrap_or_else(|| source::AUTO.to_owned());
    source::known("source", &source)?;
    service.quickstart.admit(&service.store, request.client_address.as_deref(), service.now()).await?;
    let begun = begin(service).await?;
    let app = match create_app(service, app(&begun, source, request.destination_url)).await {
        Ok(app) => app,
        Err(problem) => {
            abandon(service, begun.tenant).await;
            return Err(about(problem));
        }
    };
    answer(begun, app)
}

async fn begin(service: &Service) -> Result<Begun, Problem> {
    for _ in 0..MOST_SLUGS {
        if let Some(begun) = try_slug(service, &names::slug()).await? {
            return Ok(begun);
        }
    }
    Err(Problem::Busy)
}

/// `None` when the slug is taken.
async fn try_slug(service: &Service, slug: &Slug) -> Result<Option<Begun>, Problem> {
    let now = service.now();
    let tenant = TenantId::new(now, random::bytes());
    let tenant_key = service.vault.new_tenant_key(tenant);
    let api_key = api_key::generate(random::api_key_digits());
    let stored = api_key::parse(api_key.expose()).ok_or(Problem::Internal("a new key has the form of keys"))?;
    let (claim_token, expires_at) = (session::token(), now + LIVES_FOR);
    let new = NewQuickstart {
        tenant: NewTenant {
            id: tenant,
            slug,
            name: TENANT_NAME,
            plan: &service.plans.quickstart().name,
            wrapped_key: &tenant_key.wrapped,
            master_version: tenant_key.master_version,
        },
        api_key: NewApiKey {
            id: ApiKeyId::new(now, random::bytes()),
            tenant,
            name: KEY_NAME,
            stored: &stored,
            scope: Scope::Admin,
            expires_at: None,
            apps: None,
        },
        token_hash: session::hash(&claim_token),
        at: now,
        expires_at,
    };
    let subject = tenant.to_string();
    let record = service.record(tenant, Actor::Unnamed, "tenant.created", &subject);
    let is_made = service.store.start_quickstart(&new, &record).await?;
    Ok(is_made.then(|| Begun { tenant, api_key, claim_token, expires_at: expires_at.unix_ms() }))
}

fn app(begun: &Begun, source: String, destination_url: Option<String>) -> CreateAppRequest {
    let destination =
        destination_url.map(|url| DestinationSettings { url: Some(url), ..DestinationSettings::default() });
    CreateAppRequest {
        tenant_id: begun.tenant.to_string(),
        name: if source == source::AUTO { APP_NAME.to_owned() } else { source.clone() },
        source,
        destinations: destination.into_iter().collect(),
        ..CreateAppRequest::default()
    }
}

/// A tenant whose app could not be made is of no use to anybody. If it stays, it ends by itself.
async fn abandon(service: &Service, tenant: TenantId) {
    if let Err(error) = service.store.abandon_quickstart(tenant).await {
        tracing::warn!(%error, "a quickstart that failed is left to its end");
    }
}

/// The same problem by the names of this request's members.
fn about(problem: Problem) -> Problem {
    let field =
        |field: Cow<'static, str>| if field == "destinations[0].url" { "destination_url".into() } else { field };
    match problem {
        Problem::Invalid { field: of, says } => Problem::Invalid { field: field(of), says },
        Problem::DestinationRefused { field: of, refusal } => Problem::DestinationRefused { field: field(of), refusal },
        other => other,
    }
}

fn answer(begun: Begun, made: CreatedApp) -> Result<CreateQuickstartResponse, Problem> {
    let app = made.app.ok_or(Problem::Internal("an app was made and is not there"))?;
    Ok(CreateQuickstartResponse {
        route: app.routes.into_iter().next().ok_or(Problem::Internal("a new app has a route"))?,
        app_slug: app.slug,
        api_key: begun.api_key.expose().to_owned(),
        claim_token: begun.claim_token,
        signing_secret: made.created.into_iter().next().map(|created| created.signing_secret),
        expires_at: begun.expires_at,
    })
}
