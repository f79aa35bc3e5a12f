//! Parts of a request that are secrets themselves: whoever looks at an event does not need them.

use std::collections::HashSet;

use anyhook_domain::source::{Config, SOURCES, SecretAt, SecretUse, Source};
use serde_json::{Map, Value};

/// What stands in place of a value.
pub(crate) const REDACTED: &str = "[redacted]";

const ALWAYS: [&str; 3] = ["authorization", "proxy-authorization", "cookie"];

/// What is not shown of an event.
#[derive(Debug)]
pub(crate) struct Hidden {
    /// Lower-case names of headers.
    headers: HashSet<String>,
    /// A parameter of the query.
    parameter: Option<String>,
}

impl Hidden {
    /// What is a secret in requests of an event's source, and by its app's settings where the app is still there.
    pub(crate) fn of(source: &str, settings: Option<&Map<String, Value>>) -> Self {
        let own: &[&Source] = match Source::named(source) {
            Some(known) if known.secret != SecretUse::None => &[known],
            // Anybody may have sent it.
            _ => SOURCES,
        };
        let headers = ALWAYS.iter().chain(own.iter().flat_map(|source| source.secret_headers)).copied();
        let config = Config { options: settings.cloned().unwrap_or_default(), ..Config::default() };
        let (named, parameter) = match Source::named(source).map(|source| source.secret_at(&config)) {
            Some(SecretAt::Header(name)) => (Some(name), None),
            Some(SecretAt::Parameter(name)) => (None, Some(name)),
            Some(SecretAt::Nowhere | SecretAt::LastPathPart) | None => (None, None),
        };
        let headers = headers.map(str::to_owned).chain(named).collect();
        Self { headers, parameter }
    }

    pub(crate) fn has_header(&self, name: &str) -> bool {
        self.headers.contains(name)
    }

    /// A query as it came, but for the value of such a parameter.
    pub(crate) fn redact_query(&self, query: String) -> String {
        let Some(hidden) = &self.parameter else { return query };
        let shown = |pair: &str| {
            let (name, _) = url::form_urlencoded::parse(pair.as_bytes()).next()?;
            let end = pair.find('=').unwrap_or(pair.len());
            (name == hidden.as_str()).then(|| format!("{}={REDACTED}", &pair[..end]))
        };
        let pairs = query.split('&').map(|pair| shown(pair).unwrap_or_else(|| pair.to_owned()));
        pairs.collect::<Vec<_>>().join("&")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(all: &[(&str, &str)]) -> Map<String, Value> {
        all.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect()
    }

    #[test]
    fn what_every_source_hides() {
        for source in SOURCES.iter().map(|source| source.slug).chain(["no-longer-known"]) {
            let hidden = Hidden::of(source, None);
            assert!(ALWAYS.iter().all(|name| hidden.has_header(name)), "{source}");
            assert!(!hidden.has_header("content-type") && !hidden.has_header("webhook-id"), "{source}");
        }
    }

    #[test]
    fn what_a_source_or_an_unknown_sender_hides() {
        for source in SOURCES {
            for header in source.secret_headers {
                for event_of in [source.slug, "generic", "auto", "no-longer-known"] {
                    assert!(Hidden::of(event_of, None).has_header(header), "{event_of}: {header}");
                }
            }
        }
        assert!(!Hidden::of("github", None).has_header("x-gitlab-token"));
    }

    #[test]
    fn what_the_settings_name() {
        let hides = |source: &str, all: &[(&str, &str)]| Hidden::of(source, Some(&settings(all))).has_header("x-mine");
        assert!(hides("assemblyai", &[("header_name", "X-Mine")]));
        assert!(hides("token", &[("name", "X-Mine")]));
        assert!(hides("token", &[("in", "header"), ("name", "X-Mine")]));
        // There it is the signature.
        assert!(!hides("hmac", &[("header", "X-Mine")]));
    }

    #[test]
    fn a_parameter_that_is_the_token() {
        let query = |all: &[(&str, &str)], query: &str| {
            Hidden::of("token", Some(&settings(all))).redact_query(query.to_owned())
        };
        let token = [("in", "query")];
        assert_eq!(query(&token, "a=b&token=s%33&tok%65n=s3&c"), "a=b&token=[redacted]&tok%65n=[redacted]&c");
        assert_eq!(query(&token, "token"), "token=[redacted]");
        assert_eq!(query(&[("in", "query"), ("name", "key")], "token=a&key=b"), "token=a&key=[redacted]");
        assert_eq!(query(&[], "token=a&&=b"), "token=a&&=b");
    }
}
