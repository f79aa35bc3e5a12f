//! What a destination may have besides its address: delays, bounds, a filter, further headers.

use std::collections::HashSet;

use anyhook_domain::{
    DestinationId, TenantId,
    destination::{MAX_ADDED_HEADERS, added_header_name, check_added_header_value},
    filter::{BadFilter, Wants},
    retry::{BadDelays, Delays, RetryPolicy},
    seal::column::DESTINATION_HEADERS,
    secret::Secret,
};
use anyhook_rpc::tenants::v1::{AddedHeader, AddedHeaders, Destination, DestinationSettings, HeaderHint};
use anyhook_store::config::{DestinationOptions, DestinationRow, HeadersChange, OptionsChange};
use serde::{Deserialize, Serialize};

use crate::{Service, check, problem::Problem};

/// A header's name, and what may be shown of its value.
#[derive(Deserialize, Serialize)]
struct Hint {
    name: String,
    hint: String,
}

/// What was set, without the headers.
pub(crate) fn change(settings: &DestinationSettings) -> Result<OptionsChange, Problem> {
    let patterns = settings.event_types.as_ref().map(|types| &types.patterns[..]);
    let filter = settings.filter.as_deref().filter(|filter| !filter.is_empty());
    Wants::read(patterns.unwrap_or_default(), filter).map_err(bad_filter)?;
    let event_types = patterns.map(|patterns| match patterns {
        [] => String::new(),
        patterns => to_json(&patterns),
    });
    Ok(OptionsChange {
        retry_policy: settings.retry_policy.as_deref().map(retry_policy).transpose()?,
        rate_limit_per_second: settings.rate_limit_per_second.map(i64::from),
        max_concurrency: settings.max_concurrency.map(i64::from),
        event_types,
        filter: settings.filter.clone(),
        headers: None,
    })
}

fn bad_filter(bad: BadFilter) -> Problem {
    Problem::invalid(bad.field, bad)
}

fn retry_policy(text: &str) -> Result<String, Problem> {
    if text.is_empty() {
        return Ok(String::new());
    }
    let bad = |bad: BadDelays| Problem::Invalid { field: field_of(&bad).into(), says: bad.says };
    Ok(Delays::parse(text).map_err(bad)?.to_json())
}

fn field_of(bad: &BadDelays) -> String {
    if bad.member.is_empty() { "retry_policy".to_owned() } else { format!("retry_policy.{}", bad.member) }
}

fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("texts can be written")
}

/// The headers as they are from now on, where a request says something of them. One that it names without a value keeps
/// the value that it has: the change then says from which headers.
pub(super) async fn headers(
    service: &Service,
    (tenant, id): (TenantId, DestinationId),
    present: Option<&DestinationRow>,
    given: Option<&AddedHeaders>,
) -> Result<Option<HeadersChange>, Problem> {
    let Some(given) = given else { return Ok(None) };
    if given.items.len() > MAX_ADDED_HEADERS {
        let says = format!("A destination adds at most {MAX_ADDED_HEADERS} headers. Leave some out.");
        return Err(Problem::invalid("headers", says));
    }
    let kept = match present {
        Some(row) => open(service, row).await?,
        None => Vec::new(),
    };
    let headers = complete(&given.items, &kept)?;
    let key = service.vault.secrets_key(tenant, None).await?;
    if headers.is_empty() {
        let (hints, sealed) = (String::new(), Vec::new());
        return Ok(Some(HeadersChange { hints, sealed, key_version: key.version, kept_from: None }));
    }
    let hint = |(name, value): &(String, Secret)| Hint { name: name.clone(), hint: value.hint() };
    let plain: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
    Ok(Some(HeadersChange {
        hints: to_json(&headers.iter().map(hint).collect::<Vec<_>>()),
        sealed: key.seal(id.0, DESTINATION_HEADERS, &Secret::new(to_json(&plain))),
        key_version: key.version,
        kept_from: present.filter(|_| given.items.iter().any(|item| item.value.is_none())).and_then(sealed_headers),
    }))
}

fn sealed_headers(row: &DestinationRow) -> Option<Vec<u8>> {
    row.options.sealed_headers.clone()
}

fn complete(given: &[AddedHeader], kept: &[(String, Secret)]) -> Result<Vec<(String, Secret)>, Problem> {
    let mut names = HashSet::new();
    let mut headers = Vec::with_capacity(given.len());
    for item in given {
        let name = added_header_name(&item.name).map_err(|bad| Problem::invalid("headers", bad))?;
        if !names.insert(name.clone()) {
            return Err(Problem::invalid("headers", format!("The header {name} is there twice. Leave one out.")));
        }
        let value = match &item.value {
            Some(value) => {
                check_added_header_value(&name, value).map_err(|bad| Problem::invalid("headers", bad))?;
                Secret::new(value.clone())
            }
            None => {
                let present = kept.iter().find(|(kept, _)| *kept == name).map(|(_, value)| value.clone());
                present.ok_or_else(|| Problem::invalid("headers", format!("Give the header {name} a value.")))?
            }
        };
        headers.push((name, value));
    }
    Ok(headers)
}

/// A destination's headers in plain text.
pub(super) async fn open(service: &Service, row: &DestinationRow) -> Result<Vec<(String, Secret)>, Problem> {
    let (Some(sealed), Some(version)) = (&row.options.sealed_headers, row.options.headers_key_version) else {
        return Ok(Vec::new());
    };
    let key = service.vault.secrets_key(row.tenant_id, Some(version)).await?;
    let plain = key.open(row.id.0, DESTINATION_HEADERS, sealed)?;
    let pairs: Vec<(String, String)> =
        serde_json::from_str(plain.expose()).map_err(|_| Problem::Internal("stored headers are no list"))?;
    Ok(pairs.into_iter().map(|(name, value)| (name, Secret::new(value))).collect())
}

/// How the options are shown. What cannot be read is shown as the default.
pub(super) fn show(shown: &mut Destination, options: DestinationOptions) {
    let delays = options.retry_policy.as_deref().and_then(|text| Delays::parse(text).ok()).unwrap_or_default();
    let policy = RetryPolicy { delays, max_attempts: shown.max_attempts };
    let seconds = policy.schedule().map(|delay| u32::try_from(delay.as_secs()).unwrap_or(u32::MAX));
    shown.retry_delays_seconds = seconds.collect();
    shown.retry_policy = policy.delays.to_json();
    shown.rate_limit_per_second = options.rate_limit_per_second.map(check::small);
    shown.max_concurrency = options.max_concurrency.map(check::small);
    shown.event_types = event_types(options.event_types.as_deref());
    shown.filter = options.filter;
    let hints: Option<Vec<Hint>> = options.header_hints.and_then(|text| serde_json::from_str(&text).ok());
    let hints = hints.unwrap_or_default().into_iter();
    shown.headers = hints.map(|Hint { name, hint }| HeaderHint { name, hint }).collect();
}

/// What a destination wants, as it is stored. What cannot be read keeps nothing from it.
pub(crate) fn wants(options: &DestinationOptions) -> Wants {
    let types = event_types(options.event_types.as_deref());
    Wants::read(&types, options.filter.as_deref()).unwrap_or_else(|error| {
        tracing::error!(field = error.field, "a stored filter cannot be read: its destination gets all events");
        Wants::default()
    })
}

/// The patterns as they are stored.
pub(crate) fn event_types(stored: Option<&str>) -> Vec<String> {
    stored.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}
