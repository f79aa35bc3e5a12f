//! Headers that every answer carries.

use axum::{extract::State, response::Response};
use http::{HeaderName, HeaderValue, header};

/// For everything that is no page: a browser that shows it anyway must not do anything with it.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";

const ALWAYS: [(HeaderName, &str); 3] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
];
/// What an endpoint has not decided for itself. Answers of the API may hold secrets, so nobody keeps them.
const UNLESS_SET: [(HeaderName, &str); 2] =
    [(header::CONTENT_SECURITY_POLICY, NOTHING), (header::CACHE_CONTROL, "no-store")];

/// For a year, browsers reach this host over TLS only.
const OVER_TLS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// What depends on how the dashboard is reached.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Headers {
    is_over_tls: bool,
}

impl Headers {
    pub(crate) fn of(public_url: &str) -> Self {
        Self { is_over_tls: public_url.starts_with("https://") }
    }
}

pub(crate) async fn add_headers(State(added): State<Headers>, mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if added.is_over_tls {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, OVER_TLS);
    }
    for (name, value) in UNLESS_SET {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
