//! The answers to senders whose request did not become a delivered event.

use std::time::Duration;

use anyhook_domain::source::Reason;
use anyhook_egress::NotFetched;
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

/// Why a sender is turned away. The texts are for whoever sets up the sender.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum Rejection {
    #[error("no app answers at this URL: copy the inbound URL from the app's page once more")]
    UnknownUrl,
    #[error("this event has come through too many AnyHooks: does a destination lead back to an inbound URL?")]
    Loop,
    #[error("method {method} is not taken here: send {}", words(allow))]
    Method { method: String, allow: &'static str },
    #[error("the body is longer than {max_bytes} bytes: send less, or ask the operator to raise the limit")]
    TooLarge { max_bytes: usize },
    #[error("the body did not arrive in time: send it again")]
    TooSlow,
    #[error("the body ended before its announced length: send it again")]
    BrokenOff,
    /// The event is kept all the same.
    #[error("the signature was not accepted: {reason}")]
    Signature {
        reason: Reason,
        /// Its provider wants to read nothing.
        silently: bool,
    },
    /// A provider's way to make sure of its URL, which cannot be gone here; nothing is kept.
    #[error("this URL is not confirmed: {0}")]
    Handshake(String),
    #[error(
        "the plan behind this URL has taken twice its events of the month, and takes no more: ask the owner to change the \
         plan, and send the event again"
    )]
    OverQuota {
        /// At the end of the month, or sooner: the plan may be changed.
        retry_after: Duration,
    },
    #[error("the event could not be stored just now: send it again")]
    Unavailable,
}

impl Rejection {
    pub(crate) fn not_fetched(failure: NotFetched) -> Self {
        tracing::warn!(url = failure.url, why = failure.why, "what a provider publishes could not be fetched");
        Self::Unavailable
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::UnknownUrl => StatusCode::NOT_FOUND,
            Self::Loop => StatusCode::LOOP_DETECTED,
            Self::Method { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::BrokenOff => StatusCode::BAD_REQUEST,
            Self::Signature { .. } => StatusCode::UNAUTHORIZED,
            Self::Handshake(_) => StatusCode::FORBIDDEN,
            Self::OverQuota { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::UnknownUrl => "unknown_url",
            Self::Loop => "loop",
            Self::Method { .. } => "method_not_allowed",
            Self::TooLarge { .. } => "body_too_large",
            Self::TooSlow => "body_too_slow",
            Self::BrokenOff => "body_broken_off",
            Self::Signature { .. } => "signature_rejected",
            Self::Handshake(_) => "handshake_refused",
            Self::OverQuota { .. } => "quota_exceeded",
            Self::Unavailable => "unavailable",
        }
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        if matches!(self, Self::Signature { silently: true, .. }) {
            return self.status().into_response();
        }
        let body = Json(json!({ "error": self.to_string(), "code": self.code() }));
        let mut response = (self.status(), body).into_response();
        let headers = response.headers_mut();
        match self {
            Self::Unavailable => {
                // Spread out, so that all senders do not come back in the same second.
                let seconds = rand::random_range(2..=10u64);
                headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            Self::OverQuota { retry_after } => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_after.as_secs()));
            }
            Self::Loop => {
                // The AnyHook that sent it need not try again.
                headers.insert("webhook-delivery", HeaderValue::from_static("abort-message"));
            }
            Self::Method { allow, .. } => {
                headers.insert(header::ALLOW, HeaderValue::from_static(allow));
            }
            _ => {}
        }
        response
    }
}

/// A list as a sentence has it: its last comma is an or.
fn words(list: &str) -> String {
    list.rsplit_once(", ").map_or_else(|| list.to_owned(), |(rest, last)| format!("{rest} or {last}"))
}
