//! Checking a captured request, for whoever wonders why one is turned away. Nothing is kept.

use anyhook_domain::{
    Headers, Timestamp,
    source::{Config, Request, Resources, SecretUse, Source, Verdict, recognise},
};
use anyhook_rpc::tenants::v1::{VerifyRequestRequest, VerifyRequestResponse};
use bytes::Bytes;

use super::source::{AUTO, blamed, given, known, options};
use crate::{Service, problem::Problem};

pub(super) async fn verify_request(
    service: &Service,
    asked: VerifyRequestRequest,
) -> Result<VerifyRequestResponse, Problem> {
    let named = if asked.provider == AUTO { None } else { Some(known("provider", &asked.provider)?) };
    let secret = given(asked.secret.as_deref().unwrap_or_default())?;
    let options = asked.source_config.as_deref().map(options).transpose()?.unwrap_or_default();
    let config = Config { secrets: secret.iter().flat_map(Config::secrets_of).collect(), options };
    let headers: Headers = asked.headers.iter().map(|it| (it.name.as_str(), it.value.to_vec())).collect();
    let request = Request { method: &asked.method, url: &asked.url, headers: &headers, body: &asked.body };
    let Some(source) = named.or_else(|| recognise(&request)) else {
        return Ok(invalid(AUTO, "no known provider's marks are on this request: name the provider"));
    };
    if let Some(reason) = uncheckable(source, &config) {
        return Ok(invalid(source.slug, reason));
    }
    source.check_config(&config).map_err(|bad| Problem::invalid(blamed(&bad.0), bad))?;
    let at = Timestamp::from_unix_ms(asked.now_ms);
    let verdict = if asked.resources.is_empty() {
        service.published.verify(source, &request, &config, at, service.now()).await
    } else {
        Ok(source.verify(&request, &config, &resources(asked.resources), at))
    };
    Ok(match verdict {
        Ok(Verdict::Verified) => VerifyRequestResponse { valid: true, provider: source.slug.to_owned(), reason: None },
        Ok(Verdict::Rejected(reason)) => invalid(source.slug, reason),
        Ok(Verdict::NotChecked) => invalid(source.slug, NO_SECRET),
        Err(error) => invalid(source.slug, error),
    })
}

const NO_SECRET: &str = "nothing to check with: give the secret";

/// Why the source cannot say anything about any request.
fn uncheckable(source: &Source, config: &Config) -> Option<&'static str> {
    match source.secret {
        SecretUse::None if config.secrets.is_empty() => Some("nothing to check: this source does not sign"),
        SecretUse::Optional | SecretUse::Required if config.secrets.is_empty() => Some(NO_SECRET),
        _ => None,
    }
}

fn resources(given: impl IntoIterator<Item = (String, Bytes)>) -> Resources {
    given.into_iter().map(|(url, content)| (url, content.to_vec())).collect()
}

fn invalid(provider: &str, reason: impl ToString) -> VerifyRequestResponse {
    VerifyRequestResponse { valid: false, provider: provider.to_owned(), reason: Some(reason.to_string()) }
}
