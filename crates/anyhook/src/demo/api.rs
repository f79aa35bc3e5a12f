//! The public API, as any client would call it.

use std::time::{Duration, Instant};

use anyhook_egress::{Egress, EgressConfig, Outgoing};
use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde_json::Value;
use url::Url;

const WITHIN: Duration = Duration::from_secs(30);

pub(super) struct Api {
    client: Egress,
    base: String,
    key: Option<String>,
}

/// An answer, and how long it took.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) took: Duration,
}

impl Api {
    pub(super) fn new(base: &str) -> Result<Self> {
        let allow = ["0.0.0.0/0", "::/0"].map(|net| net.parse().expect("a constant range"));
        let client = Egress::new(EgressConfig {
            allow: allow.into(),
            read_bytes: 1 << 20,
            keep_bytes: 1 << 20,
            ..EgressConfig::default()
        })?;
        Ok(Self { client, base: base.trim_end_matches('/').to_owned(), key: None })
    }

    pub(super) fn sign_in(&mut self, key: &str) {
        self.key = Some(key.to_owned());
    }

    /// A call that must succeed.
    pub(super) async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Reply> {
        let mut headers = HeaderMap::new();
        if let Some(key) = &self.key {
            headers.insert(header::AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {key}"))?);
        }
        let body = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
        if !body.is_empty() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let reply = self.send(method, &format!("{}{path}", self.base), headers, body).await?;
        if !(200..300).contains(&reply.status) {
            bail!("{path} answered {}: {}", reply.status, reply.body["error"].as_str().unwrap_or_default());
        }
        Ok(reply)
    }

    /// Posts to an inbound URL, as a provider would.
    pub(super) async fn post(&self, url: &str, fields: &[(&str, String)], body: Bytes) -> Result<Reply> {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.insert(HeaderName::from_bytes(name.as_bytes())?, HeaderValue::from_str(value)?);
        }
        self.send(Method::POST, url, headers, body).await
    }

    async fn send(&self, method: Method, url: &str, headers: HeaderMap, body: Bytes) -> Result<Reply> {
        let url = Url::parse(url).with_context(|| format!("{url} is no URL"))?;
        let asked = Instant::now();
        let answer = self.client.send(Outgoing { method, url, target: None, headers, body }, WITHIN).await;
        let took = asked.elapsed();
        let answer =
            answer.with_context(|| format!("is AnyHook running at {}? Start it with: anyhook up", self.base))?;
        let body = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        Ok(Reply { status: answer.status.as_u16(), body, took })
    }
}
