//! Requests, and whether they are their provider's.

use anyhook_domain::{
    Timestamp,
    source::{Request, Verdict},
};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Outcome, case};

#[derive(Deserialize)]
pub(super) struct Vector {
    id: String,
    provider: String,
    /// `valid` or `invalid`.
    expect: String,
    #[serde(default)]
    tier: String,
    #[serde(default)]
    secret: Option<String>,
    #[serde(default)]
    public_key: Option<String>,
    #[serde(default)]
    extra: Option<Map<String, Value>>,
    #[serde(default)]
    resources: Option<case::Stubs>,
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body_base64: String,
    now: i64,
}

impl Vector {
    pub(super) fn play(&self) -> Outcome {
        let id = self.id.clone();
        let (word, why) = match self.verify() {
            Ok(Verdict::Verified) => ("valid", String::new()),
            Ok(Verdict::Rejected(reason)) => ("invalid", format!(": {reason}")),
            Ok(Verdict::NotChecked) => ("unchecked", ": there was nothing to check with".to_owned()),
            Err(why) => ("no verdict", format!(": {why}")),
        };
        if self.tier == "informational" {
            Outcome::Open { id, got: format!("{word}{why}") }
        } else if word == self.expect {
            Outcome::Ok(id)
        } else {
            Outcome::Failed { id, why: format!("expected {}, got {word}{why}", self.expect) }
        }
    }

    fn verify(&self) -> Result<Verdict, String> {
        let source = case::source(&self.provider)?;
        let settings = self.extra.clone().unwrap_or_default();
        let config = case::config(source, self.secret.as_deref().or(self.public_key.as_deref()), &settings);
        let (headers, body) = (case::headers(&self.headers), case::decode(&self.body_base64)?);
        let request = Request { method: &self.method, url: &self.url, headers: &headers, body: &body };
        let none = case::Stubs::new();
        let stubs = self.resources.as_ref().unwrap_or(&none);
        case::verify(source, &request, &config, stubs, Timestamp::from_unix_seconds(self.now))
    }
}
