//! How an app verifies what comes in: source, settings and secret, which have to fit together.

use anyhook_domain::{
    AppId, TenantId,
    seal::column::APP_SECRET,
    secret::Secret,
    source::{Config, SOURCES, Source},
};
use anyhook_store::config::{AppRow, Verification};
use serde_json::{Map, Value};

use crate::{Service, problem::Problem};

const MAX_CONFIG_BYTES: usize = 16 * 1024;
const MAX_SECRET_BYTES: usize = 4096;

/// The source of an app that was given none: recognised by what it sends.
pub(crate) const AUTO: &str = "auto";

/// What a request says of it; what is `None` stays, an empty secret removes it.
pub(super) struct Wanted {
    pub(super) source: Option<String>,
    pub(super) config: Option<String>,
    pub(super) secret: Option<String>,
}

pub(super) fn seen(row: &AppRow) -> Verification {
    Verification {
        source: row.source.clone(),
        source_config: row.source_config.clone(),
        sealed_secret: row.sealed_secret.clone(),
        key_version: row.key_version,
    }
}

/// The verification of a new app.
pub(super) async fn first(
    service: &Service,
    (tenant, app): (TenantId, AppId),
    wanted: &Wanted,
) -> Result<Verification, Problem> {
    let nothing = Verification {
        source: String::new(),
        source_config: "{}".to_owned(),
        sealed_secret: None,
        key_version: service.vault.secrets_key(tenant, None).await?.version,
    };
    next(service, (tenant, app), &nothing, wanted).await
}

/// The verification after a change, if its parts fit together.
pub(super) async fn next(
    service: &Service,
    (tenant, app): (TenantId, AppId),
    seen: &Verification,
    wanted: &Wanted,
) -> Result<Verification, Problem> {
    if wanted.source.is_none() && wanted.config.is_none() && wanted.secret.is_none() {
        return Ok(seen.clone());
    }
    let source = known("source", wanted.source.as_deref().unwrap_or(&seen.source))?;
    let options = options(wanted.config.as_deref().unwrap_or(&seen.source_config))?;
    let secret = match &wanted.secret {
        Some(text) => given(text)?,
        None => present(service, (tenant, app), seen).await?,
    };
    let config = Config { secrets: secret.iter().flat_map(Config::secrets_of).collect(), options };
    source.check_config(&config).map_err(|bad| Problem::invalid(blamed(&bad.0), bad))?;
    let sealed = match (&wanted.secret, &secret) {
        (Some(_), Some(secret)) => {
            let key = service.vault.secrets_key(tenant, None).await?;
            (Some(key.seal(app.0, APP_SECRET, secret)), key.version)
        }
        (Some(_), None) => (None, seen.key_version),
        (None, _) => (seen.sealed_secret.clone(), seen.key_version),
    };
    Ok(Verification {
        source: source.slug.to_owned(),
        source_config: Value::Object(config.options).to_string(),
        sealed_secret: sealed.0,
        key_version: sealed.1,
    })
}

/// An app's source, and its settings with its secrets in plain text: what verifies a request.
pub(crate) async fn configured(service: &Service, app: &AppRow) -> Result<(&'static Source, Config), Problem> {
    let source = Source::named(&app.source).ok_or(Problem::Internal("an app's source is unknown here"))?;
    let secret = present(service, (app.tenant_id, app.id), &seen(app)).await?;
    let options = options(&app.source_config)?;
    Ok((source, Config { secrets: secret.iter().flat_map(Config::secrets_of).collect(), options }))
}

pub(crate) fn known(field: &'static str, slug: &str) -> Result<&'static Source, Problem> {
    Source::named(slug).ok_or_else(|| {
        let known = SOURCES.iter().map(|source| source.slug).collect::<Vec<_>>().join(", ");
        Problem::invalid(field, format!("This source is unknown. Known ones: {known}."))
    })
}

pub(super) fn options(text: &str) -> Result<Map<String, Value>, Problem> {
    let bad = |says| Problem::invalid("source_config", says);
    if text.len() > MAX_CONFIG_BYTES {
        return Err(bad(format!("Shorten source_config to at most {MAX_CONFIG_BYTES} bytes.")));
    }
    serde_json::from_str(text).map_err(|_| bad("Give source_config as a JSON object, such as {}.".to_owned()))
}

/// A secret as it was pasted, without the spaces and line ends that come along with that.
pub(super) fn given(text: &str) -> Result<Option<Secret>, Problem> {
    let text = text.trim();
    if text.len() > MAX_SECRET_BYTES {
        return Err(Problem::invalid(
            "secret",
            format!("This secret is too long. Give one of at most {MAX_SECRET_BYTES} bytes."),
        ));
    }
    Ok((!text.is_empty()).then(|| Secret::new(text.to_owned())))
}

async fn present(
    service: &Service,
    (tenant, app): (TenantId, AppId),
    seen: &Verification,
) -> Result<Option<Secret>, Problem> {
    let Some(sealed) = &seen.sealed_secret else { return Ok(None) };
    let key = service.vault.secrets_key(tenant, Some(seen.key_version)).await?;
    key.open(app.0, APP_SECRET, sealed).map(Some)
}

/// Sources name the setting that they blame; otherwise it is the secret.
pub(super) fn blamed(says: &str) -> &'static str {
    if says.contains("source_config") { "source_config" } else { "secret" }
}
