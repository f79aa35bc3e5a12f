//! What the app's owner names as the mark of an event, where the provider has none or another one is wanted.

use serde_json::Value;

use super::{BadConfig, Config, Request, json};

/// How repeats of an event are known, as `source_config.dedup` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pick {
    /// As the source does it.
    Source,
    /// The value of a header; lower case.
    Header(String),
    /// A text or a number in the JSON body, by JSON Pointer (RFC 6901).
    Json(String),
    /// The whole body.
    Body,
    /// No two requests are the same.
    Nothing,
}

impl Pick {
    /// # Errors
    /// [`BadConfig`] when `source_config.dedup` is none of its forms.
    pub(super) fn of(config: &Config) -> Result<Self, BadConfig> {
        let bad = || {
            BadConfig(
                "source_config.dedup must be {\"header\": \"X-Id\"}, {\"json\": \"/data/id\"}, \"body\" or \"none\""
                    .to_owned(),
            )
        };
        match config.options.get("dedup") {
            None | Some(Value::Null) => Ok(Self::Source),
            Some(Value::String(word)) if word == "body" => Ok(Self::Body),
            Some(Value::String(word)) if word == "none" => Ok(Self::Nothing),
            Some(Value::Object(map)) if map.len() == 1 => match map.iter().next() {
                Some((key, Value::String(name))) if key == "header" && is_token(name) => {
                    Ok(Self::Header(name.to_ascii_lowercase()))
                }
                Some((key, Value::String(path))) if key == "json" && path.starts_with('/') => {
                    Ok(Self::Json(path.clone()))
                }
                _ => Err(bad()),
            },
            Some(_) => Err(bad()),
        }
    }

    pub(super) fn id(&self, request: &Request<'_>) -> Option<String> {
        match self {
            Self::Source | Self::Nothing => None,
            Self::Header(name) => request.headers.text(name).map(str::to_owned),
            Self::Json(path) => json::text(request.body, path),
            Self::Body => Some(json::body_id(request.body)),
        }
    }
}

/// A header's name (RFC 9110 section 5.1).
pub(super) fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}
