//! What comes to an app: an example of its source, signed with the app's own secret.

use anyhook_domain::{
    Headers, Timestamp,
    source::{Config, Mock, Resources, Source, Wanted},
};
use http::Method;
use serde_json::Map;

use crate::random;

/// What is sent where nothing is known of what comes.
const PLAIN: &[u8] = br#"{"type":"anyhook.test"}"#;

/// `None` where the secret or the settings cannot sign.
pub(super) fn signed(source: &Source, config: &Config, url: String, now: Timestamp) -> Option<Mock> {
    let wanted = Wanted {
        url,
        secret: config.secrets.first().cloned(),
        options: config.options.clone(),
        body: None,
        now,
        entropy: random::bytes(),
    };
    source.mock(wanted).ok()
}

pub(super) fn plain(url: String) -> Mock {
    Mock {
        method: Method::POST.to_string(),
        url,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: PLAIN.to_vec(),
        secret: None,
        options: Map::new(),
        resources: Resources::default(),
    }
}

pub(super) fn headers(example: &Mock) -> Headers {
    example.headers.iter().map(|(name, value)| (name, value.as_str())).collect()
}

pub(super) fn method(example: &Mock) -> Method {
    Method::from_bytes(example.method.as_bytes()).unwrap_or(Method::POST)
}
