//! The public API and the inbound URLs, as anybody would call them.

use std::time::Duration;

use anyhook_egress::{Egress, EgressConfig, Outgoing};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::Value;
use url::Url;

use crate::stream::Stream;

#[derive(Clone)]
pub(crate) struct Api {
    client: Egress,
    base: String,
    key: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    /// The JSON of an answer that must have this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        serde_json::from_slice(&self.body).expect("every answer of the API is JSON")
    }

    /// The `code` of a refusal with this status, which must come with a sentence.
    #[track_caller]
    pub(crate) fn expect_refusal(self, status: u16) -> String {
        let body = self.expect(status);
        assert!(body["error"].as_str().is_some_and(|text| text.len() > 10), "{body}");
        body["code"].as_str().expect("every refusal has a code").to_owned()
    }
}

impl Api {
    pub(crate) fn new(base: &str) -> Self {
        let config = EgressConfig {
            allow: vec!["127.0.0.0/8".parse().unwrap()],
            read_bytes: 1 << 22,
            keep_bytes: 1 << 22,
            ..EgressConfig::default()
        };
        Self { client: Egress::new(config).unwrap(), base: base.to_owned(), key: None }
    }

    pub(crate) fn sign_in(&mut self, key: &str) {
        self.key = Some(key.to_owned());
    }

    pub(crate) fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// The same API for somebody else.
    pub(crate) fn with_key(&self, key: Option<&str>) -> Self {
        Self { key: key.map(str::to_owned), ..self.clone() }
    }

    /// Opens the stream of events: further headers, and a query with its question mark.
    pub(crate) async fn stream(&self, query: &str, headers: &[(&str, &str)]) -> Stream {
        let bearer = self.key.as_ref().map(|key| format!("Bearer {key}"));
        let key = bearer.iter().map(|bearer| ("authorization", bearer.as_str()));
        let headers: Vec<_> = key.chain(headers.iter().copied()).collect();
        let authority = self.base.strip_prefix("http://").unwrap();
        Stream::open(authority, &format!("/api/v1/events/stream{query}"), &headers).await
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, b"").await
    }

    /// Whether anybody answers.
    pub(crate) async fn try_get(&self, path: &str) -> bool {
        let url = Url::parse(&format!("{}{path}", self.base)).unwrap();
        let request =
            Outgoing { method: Method::GET, url, target: None, headers: HeaderMap::new(), body: Bytes::new() };
        self.client.send(request, Duration::from_secs(5)).await.is_ok()
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.call(Method::POST, path, body.to_string().as_bytes()).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Reply {
        self.call(Method::PATCH, path, body.to_string().as_bytes()).await
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: &[u8]) -> Reply {
        self.call_with(method, path, &[], body).await
    }

    /// With further headers.
    pub(crate) async fn call_with(&self, method: Method, path: &str, further: &[(&str, &str)], body: &[u8]) -> Reply {
        let bearer = self.key.as_ref().map(|key| format!("Bearer {key}"));
        let mut headers: Vec<_> = bearer.iter().map(|bearer| ("authorization", bearer.as_str())).collect();
        if !body.is_empty() {
            headers.push(("content-type", "application/json"));
        }
        headers.extend(further);
        self.request(method, &format!("{}{path}", self.base), &headers, body).await
    }

    /// Any request to any URL, without the key.
    pub(crate) async fn request(&self, method: Method, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let field = |(name, value): &(&str, &str)| {
            (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap())
        };
        let request = Outgoing {
            method,
            url: Url::parse(url).unwrap(),
            target: Some(url.parse::<http::Uri>().unwrap().path_and_query().unwrap().clone()),
            headers: headers.iter().map(field).collect(),
            body: Bytes::copy_from_slice(body),
        };
        let answer = self.client.send(request, Duration::from_secs(30)).await.unwrap();
        Reply { status: answer.status.as_u16(), headers: answer.headers, body: answer.body }
    }
}
