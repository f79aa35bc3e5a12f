//! Example requests, signed as the provider would sign them.

use super::{BadConfig, Config, Request, Resources, Source};
use crate::{Headers, Timestamp, secret::Secret};

/// What an example of a source looks like before it is signed. `{id}` stands for an id of its own, `{now}` for unix
/// seconds, `{now_ms}` for milliseconds, `{date}` for RFC 3339.
#[derive(Clone, Copy, Debug)]
pub(super) struct Example {
    pub(super) method: &'static str,
    /// Besides `content-type`.
    pub(super) headers: &'static [(&'static str, &'static str)],
    pub(super) content_type: &'static str,
    pub(super) body: &'static str,
}

impl Example {
    pub(super) const fn json(body: &'static str) -> Self {
        Self { method: "POST", headers: &[], content_type: "application/json", body }
    }

    pub(super) const fn with(self, headers: &'static [(&'static str, &'static str)]) -> Self {
        Self { headers, ..self }
    }
}

/// An example while it is made.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) method: String,
    pub(super) url: String,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) config: Config,
    pub(super) now: Timestamp,
    /// 24 hex digits that no other example has.
    pub(super) id: String,
    /// What a verifier would fetch.
    pub(super) resources: Resources,
    sent: Headers,
}

impl Draft {
    /// Sets a header; lower case.
    pub(super) fn set(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        self.headers.retain(|(found, _)| found != name);
        self.headers.push((name.to_owned(), value));
        self.sent = self.headers.iter().map(|(name, value)| (name, value.as_bytes())).collect();
    }

    pub(super) fn request(&self) -> Request<'_> {
        Request { method: &self.method, url: &self.url, headers: &self.sent, body: &self.body }
    }
}

/// What is wanted of an example.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The public URL to which it would be sent.
    pub url: String,
    /// The app's secret; `None`: one is invented.
    pub secret: Option<Secret>,
    pub options: serde_json::Map<String, serde_json::Value>,
    /// In place of the source's own example.
    pub body: Option<Vec<u8>>,
    pub now: Timestamp,
    pub entropy: [u8; 32],
}

/// A signed example request.
#[derive(Clone, Debug)]
pub struct Mock {
    pub method: String,
    /// May have more than what was asked for: a secret path part, a hash.
    pub url: String,
    /// Lower-case names.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// What to configure so that it verifies; `None`: the source has no secret.
    pub secret: Option<Secret>,
    pub options: serde_json::Map<String, serde_json::Value>,
    /// What a verifier would have to be given in place of what the provider publishes; empty where that is not needed.
    /// An app that is reached over the network turns such an example away: only the provider can sign it.
    pub resources: Resources,
}

impl Source {
    /// An example request of this source, signed.
    ///
    /// # Errors
    /// [`BadConfig`] when the secret or the settings cannot sign; the text says what to do.
    pub fn mock(&self, wanted: Wanted) -> Result<Mock, BadConfig> {
        let invented = self.scheme.invent(&wanted.entropy);
        let signs = wanted.secret.as_ref().unwrap_or(&invented.signs).clone();
        let mut options = wanted.options;
        for (name, value) in self.example_options {
            options.entry(*name).or_insert_with(|| (*value).into());
        }
        let id = hex::encode(&wanted.entropy[16..28]);
        let fill = |text: &str| {
            text.replace("{id}", &id)
                .replace("{now}", &wanted.now.unix_seconds().to_string())
                .replace("{now_ms}", &wanted.now.unix_ms().to_string())
                .replace("{date}", &wanted.now.to_string())
        };
        let mut draft = Draft {
            method: self.example.method.to_owned(),
            url: wanted.url,
            headers: Vec::new(),
            body: wanted.body.unwrap_or_else(|| fill(self.example.body).into_bytes()),
            config: Config { secrets: Config::secrets_of(&signs), options },
            now: wanted.now,
            id: id.clone(),
            resources: Resources::default(),
            sent: Headers::default(),
        };
        if !self.example.content_type.is_empty() {
            draft.set("content-type", self.example.content_type);
        }
        for (name, value) in self.example.headers {
            draft.set(name, fill(value));
        }
        let signs = draft.config.secrets.first().cloned().unwrap_or(signs);
        self.scheme.sign(&mut draft, &signs)?;
        let has_secret = self.secret != super::SecretUse::None;
        Ok(Mock {
            method: draft.method,
            url: draft.url,
            headers: draft.headers,
            body: draft.body,
            secret: has_secret.then(|| wanted.secret.unwrap_or(invented.secret)),
            options: draft.config.options,
            resources: draft.resources,
        })
    }
}
