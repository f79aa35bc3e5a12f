//! What cases have in common.

use std::collections::BTreeMap;

use anyhook_domain::{
    Headers, Timestamp,
    secret::Secret,
    source::{Config, Reason, Request, Resources, Source, Verdict},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Map, Value};

/// What an outgoing GET finds.
#[derive(Debug, Deserialize)]
pub(super) struct Stub {
    status: u16,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    body_base64: Option<String>,
}

pub(super) type Stubs = BTreeMap<String, Stub>;

impl Stub {
    /// One that is there.
    pub(super) const fn found(text: String) -> Self {
        Self { status: 200, body: Some(text), body_base64: None }
    }

    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    fn content(&self) -> Option<Vec<u8>> {
        match (&self.body, &self.body_base64) {
            (Some(text), _) => Some(text.clone().into_bytes()),
            (None, Some(encoded)) => STANDARD.decode(encoded).ok(),
            (None, None) => Some(Vec::new()),
        }
    }
}

/// A source by the name that cases have for it.
pub(super) fn source(name: &str) -> Result<&'static Source, String> {
    let slug = match name {
        "standardwebhooks" => "standard-webhooks",
        "x-twitter" => "x",
        "sns" => "aws-sns",
        name => name,
    };
    Source::named(slug).ok_or_else(|| format!("source {name} is unknown"))
}

/// The app as a case configures it: `secret` or `public_key`, and further settings by their names there.
pub(super) fn config(source: &Source, secret: Option<&str>, settings: &Map<String, Value>) -> Config {
    let mut options = settings.clone();
    // PayPal's webhook id and Graph's client state are what an app has as its secret.
    let named = ["webhook_id", "client_state", "clientState"].iter().find_map(|name| options.remove(*name));
    let secret = secret.map(str::to_owned).or_else(|| Some(named?.as_str()?.to_owned()));
    // Whatever the topics are called.
    if let Some(topics) = options.iter().find(|(_, value)| is_topics(value)).map(|(_, value)| value.clone()) {
        options.insert("topic_arn".to_owned(), topics);
    }
    // What a source does not know, such as which of its kinds a URL is for: that can be seen of each request.
    let known = |name: &String| source.settings.iter().any(|setting| setting.name == name.as_str());
    options.retain(|name, _| known(name));
    let secrets = secret.map(|text| Config::secrets_of(&Secret::new(text))).unwrap_or_default();
    Config { secrets, options }
}

fn is_topics(value: &Value) -> bool {
    match value {
        Value::String(text) => text.starts_with("arn:"),
        Value::Array(items) => !items.is_empty() && items.iter().all(is_topics),
        _ => false,
    }
}

/// What the source says, with the published keys from `stubs`; nothing else may be fetched.
pub(super) fn verify(
    source: &Source,
    request: &Request<'_>,
    config: &Config,
    stubs: &Stubs,
    now: Timestamp,
) -> Result<Verdict, String> {
    if let Err(bad) = source.check_config(config) {
        return Err(format!("the app's settings: {bad}"));
    }
    let urls = match source.resources(request, config) {
        Ok(urls) => urls,
        Err(reason) => return Ok(Verdict::Rejected(reason)),
    };
    let mut resources = Resources::default();
    for url in urls {
        let stub = stubs.get(&url).filter(|stub| stub.is_success());
        let Some(content) = stub.and_then(Stub::content) else {
            return Ok(Verdict::Rejected(Reason::UnusableKey("there is none at its address")));
        };
        resources.insert(url, content);
    }
    Ok(source.verify(request, config, &resources, now))
}

pub(super) fn headers(fields: &[(String, String)]) -> Headers {
    fields.iter().map(|(name, value)| (name, value.as_bytes())).collect()
}

pub(super) fn decode(encoded: &str) -> Result<Vec<u8>, String> {
    STANDARD.decode(encoded).map_err(|error| format!("body_base64 is not base64: {error}"))
}
