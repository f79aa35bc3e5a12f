//! What went wrong, as the caller sees it: a status, a word, a sentence, perhaps a field.

use std::{any::Any, borrow::Cow, error::Error, time::Duration};

use anyhook_store::StoreError;
use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use tonic::{Code, Status};
use utoipa::ToSchema;

use crate::limits;

const UNAVAILABLE_FOR: Duration = Duration::from_secs(5);
const TOO_MANY_ATTEMPTS_FOR: Duration = Duration::from_secs(15 * 60);

/// A request's failure. What the caller may know and what the log should know are different fields.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    code: Cow<'static, str>,
    text: String,
    field: Option<String>,
    retry_after: Option<Duration>,
    /// For the log only.
    inner: Option<String>,
}

/// An error.
#[derive(Serialize, ToSchema)]
#[schema(as = Error)]
pub(crate) struct ProblemBody {
    /// A sentence that says what to do.
    error: String,
    /// A stable word for programs.
    #[schema(examples("not_found"))]
    code: String,
    /// The part of the request that is to blame.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, text: impl Into<String>) -> Self {
        Self { status, code: code.into(), text: text.into(), field: None, retry_after: None, inner: None }
    }

    pub(crate) fn bad_field(field: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_field", text).about(field)
    }

    pub(crate) fn bad_json(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_json", text)
    }

    pub(crate) fn bad_request(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", text)
    }

    pub(crate) fn too_large() -> Self {
        let text = "The body is too large: send at most 1 MiB of JSON.";
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", text)
    }

    pub(crate) fn too_slow() -> Self {
        let text = "The body took too long to arrive: send it within 10 seconds.";
        Self::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", text)
    }

    pub(crate) fn unauthenticated(text: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", text)
    }

    pub(crate) fn forbidden(code: &'static str, text: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, text)
    }

    pub(crate) fn not_found(text: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", text)
    }

    pub(crate) fn conflict(code: &'static str, text: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, text)
    }

    pub(crate) fn too_many_streams(most: usize) -> Self {
        let text = format!("This tenant watches its events {most} times already; close one of the streams first.");
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_streams", text);
        Self { retry_after: Some(UNAVAILABLE_FOR), ..problem }
    }

    pub(crate) fn too_many_requests(after: Duration) -> Self {
        let text = "These are too many requests; wait for as long as Retry-After says, then go on.";
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", text);
        Self { retry_after: Some(Duration::from_secs(limits::seconds(after))), ..problem }
    }

    pub(crate) fn unknown_path() -> Self {
        Self::not_found("There is nothing at this path; GET /reference lists what there is.")
    }

    pub(crate) fn wrong_method() -> Self {
        let text = "This path does not take this method; the Allow header names those that it takes.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", text)
    }

    pub(crate) fn unavailable(inner: impl Into<String>) -> Self {
        let text = "AnyHook cannot answer this right now; try again in a few seconds.";
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", text);
        Self { retry_after: Some(UNAVAILABLE_FOR), inner: Some(inner.into()), ..problem }
    }

    /// The same, as something that will pass: whoever asks for readiness needs no other answer.
    pub(crate) fn into_unavailable(self) -> Self {
        Self::unavailable(self.inner.unwrap_or(self.text))
    }

    pub(crate) fn internal(inner: impl Into<String>) -> Self {
        let text = "Something went wrong in AnyHook. Try again; if it stays, tell whoever runs this installation.";
        let problem = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", text);
        Self { inner: Some(inner.into()), ..problem }
    }

    pub(crate) fn about(self, field: impl Into<String>) -> Self {
        Self { field: Some(field.into()), ..self }
    }

    /// The same about a member of a member.
    pub(crate) fn within(self, outer: &str) -> Self {
        Self { field: self.field.map(|field| format!("{outer}.{field}")), ..self }
    }

    /// Whether the caller is to blame; otherwise, another try may well succeed.
    pub(crate) fn is_refusal(&self) -> bool {
        self.status.is_client_error()
    }

    /// The stable word for programs.
    pub(crate) fn word(&self) -> &str {
        &self.code
    }

    pub(crate) fn is_not_found(&self) -> bool {
        self.status == StatusCode::NOT_FOUND
    }

    #[cfg(test)]
    pub(crate) fn seen(&self) -> (u16, &str, &str, Option<&str>) {
        (self.status.as_u16(), &self.code, &self.text, self.field.as_deref())
    }

    /// Once, at the edge; expected refusals are the caller's business, not the operator's.
    pub(crate) fn log(&self) {
        let inner = self.inner.as_deref().unwrap_or_default();
        match self.status.as_u16() {
            500 => tracing::error!(code = %self.code, inner, "a request failed"),
            503 => tracing::warn!(code = %self.code, inner, "a request could not be answered"),
            _ => {}
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.log();
        let body = ProblemBody { error: self.text, code: self.code.into_owned(), field: self.field };
        let mut response = (self.status, Json(body)).into_response();
        if let Some(wait) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, wait.as_secs().into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// The words that the tenants service may send, and the HTTP status of each.
const CODES: &[(&str, StatusCode)] = &[
    ("invalid_field", StatusCode::BAD_REQUEST),
    ("unauthenticated", StatusCode::UNAUTHORIZED),
    ("wrong_credentials", StatusCode::UNAUTHORIZED),
    ("second_factor_needed", StatusCode::UNAUTHORIZED),
    ("wrong_code", StatusCode::UNAUTHORIZED),
    ("second_factor_on", StatusCode::CONFLICT),
    ("oidc_off", StatusCode::NOT_FOUND),
    ("oidc_unavailable", StatusCode::SERVICE_UNAVAILABLE),
    ("oidc_denied", StatusCode::FORBIDDEN),
    ("oidc_expired", StatusCode::UNAUTHORIZED),
    ("oidc_failed", StatusCode::UNAUTHORIZED),
    ("oidc_unverified", StatusCode::FORBIDDEN),
    ("oidc_account_exists", StatusCode::CONFLICT),
    ("oidc_no_account", StatusCode::FORBIDDEN),
    ("oidc_taken", StatusCode::CONFLICT),
    ("last_way_to_sign_in", StatusCode::CONFLICT),
    ("forbidden", StatusCode::FORBIDDEN),
    ("changed_meanwhile", StatusCode::PRECONDITION_FAILED),
    ("idempotency_key_reused", StatusCode::UNPROCESSABLE_ENTITY),
    ("not_found", StatusCode::NOT_FOUND),
    ("email_taken", StatusCode::CONFLICT),
    ("slug_taken", StatusCode::CONFLICT),
    ("too_many", StatusCode::CONFLICT),
    ("already_member", StatusCode::CONFLICT),
    ("last_owner", StatusCode::CONFLICT),
    ("no_tenant", StatusCode::FORBIDDEN),
    ("rotation_running", StatusCode::CONFLICT),
    ("destination_refused", StatusCode::UNPROCESSABLE_ENTITY),
    ("too_many_attempts", StatusCode::TOO_MANY_REQUESTS),
    ("too_many_quickstarts", StatusCode::TOO_MANY_REQUESTS),
    ("app_inactive", StatusCode::CONFLICT),
    ("cannot_sign", StatusCode::CONFLICT),
    ("too_many_probes", StatusCode::TOO_MANY_REQUESTS),
    ("quickstart_off", StatusCode::FORBIDDEN),
    ("already_claimed", StatusCode::CONFLICT),
];

/// The words that begin here.
const OWN_CODES: &[(&str, StatusCode)] = &[
    ("invalid_json", StatusCode::BAD_REQUEST),
    ("bad_request", StatusCode::BAD_REQUEST),
    ("foreign_origin", StatusCode::FORBIDDEN),
    ("method_not_allowed", StatusCode::METHOD_NOT_ALLOWED),
    ("body_too_slow", StatusCode::REQUEST_TIMEOUT),
    ("event_rejected", StatusCode::CONFLICT),
    ("event_forgotten", StatusCode::GONE),
    ("no_destination", StatusCode::CONFLICT),
    ("over_quota", StatusCode::CONFLICT),
    ("body_too_large", StatusCode::PAYLOAD_TOO_LARGE),
    ("too_many_streams", StatusCode::TOO_MANY_REQUESTS),
    ("too_many_requests", StatusCode::TOO_MANY_REQUESTS),
    ("internal", StatusCode::INTERNAL_SERVER_ERROR),
    ("unavailable", StatusCode::SERVICE_UNAVAILABLE),
];

/// A word of the API, and the status that it comes with.
pub(crate) fn known(word: &str) -> Option<(&'static str, StatusCode)> {
    CODES.iter().chain(OWN_CODES).find(|(known, _)| *known == word).copied()
}

impl From<Status> for Problem {
    fn from(status: Status) -> Self {
        let metadata = |name| status.metadata().get(name).and_then(|value| value.to_str().ok());
        let code = metadata("anyhook-code");
        let known = CODES.iter().find(|(word, _)| Some(*word) == code);
        if let Some((word, http_status)) = known {
            let problem = Self::new(*http_status, word, status.message());
            let named = metadata("anyhook-retry-after").and_then(|seconds| seconds.parse().ok());
            let attempts_for = (*word == "too_many_attempts").then_some(TOO_MANY_ATTEMPTS_FOR);
            let retry_after = named.map(Duration::from_secs).or(attempts_for);
            return Self { field: metadata("anyhook-field").map(str::to_owned), retry_after, ..problem };
        }
        let inner = format!("tenants: {:?}: {}", status.code(), status.message());
        if code == Some("unavailable") || is_passing(&status) {
            Self::unavailable(inner)
        } else {
            Self::internal(inner)
        }
    }
}

/// Whether the service could not be reached, or said that it will be back. Generated clients report a connection that
/// is not ready as `Unknown`.
fn is_passing(status: &Status) -> bool {
    match status.code() {
        Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled => true,
        Code::Unknown => status.message().starts_with("Service was not ready"),
        _ => false,
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let inner = error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"));
        match error {
            StoreError::Unavailable(_) => Self::unavailable(inner),
            StoreError::Broken(_) => Self::internal(inner),
        }
    }
}

/// The answer to a request whose handler panicked; the panic itself was reported by the panic hook.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands it over")]
pub(crate) fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Problem::internal(format!("a handler panicked: {}", text.unwrap_or("no text"))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(code: Code, word: Option<&str>, field: Option<&str>) -> Problem {
        let mut status = Status::new(code, "A sentence.");
        for (name, value) in [("anyhook-code", word), ("anyhook-field", field)] {
            if let Some(value) = value {
                status.metadata_mut().insert(name, value.parse().unwrap());
            }
        }
        status.into()
    }

    #[test]
    fn words_of_the_tenants_service_become_statuses() {
        for (word, status) in [
            ("invalid_field", 400),
            ("destination_refused", 422),
            ("email_taken", 409),
            ("slug_taken", 409),
            ("too_many", 409),
            ("already_member", 409),
            ("last_owner", 409),
            ("no_tenant", 403),
            ("rotation_running", 409),
            ("not_found", 404),
            ("unauthenticated", 401),
            ("wrong_credentials", 401),
            ("too_many_attempts", 429),
        ] {
            // The word decides, whatever gRPC's own code is.
            let problem = said(Code::InvalidArgument, Some(word), Some("destinations[3].url"));
            assert_eq!(problem.seen(), (status, word, "A sentence.", Some("destinations[3].url")));
        }
    }

    #[test]
    fn everything_else_keeps_its_detail_to_itself() {
        for (code, word) in [(Code::Internal, None), (Code::NotFound, None), (Code::Unknown, Some("surprise"))] {
            let problem = said(code, word, Some("x"));
            let (status, word, text, field) = problem.seen();
            assert_eq!((status, word, field), (500, "internal", None));
            assert!(!text.contains("A sentence."));
        }
        for (code, word) in [(Code::Unavailable, None), (Code::Internal, Some("unavailable"))] {
            let problem = said(code, word, None);
            assert_eq!(problem.seen().0, 503);
            assert!(!problem.seen().2.contains("A sentence."));
        }
    }

    #[test]
    fn answers_say_when_to_come_back_and_how_to_sign_in() {
        let header = |problem: Problem, name| problem.into_response().headers().get(name).cloned();
        assert_eq!(header(Problem::unavailable("x"), header::RETRY_AFTER).unwrap(), "5");
        assert_eq!(header(said(Code::Unknown, Some("too_many_attempts"), None), header::RETRY_AFTER).unwrap(), "900");
        assert_eq!(header(Problem::unauthenticated("x"), header::WWW_AUTHENTICATE).unwrap(), "Bearer");
        assert_eq!(header(Problem::unknown_path(), header::RETRY_AFTER), None);
    }

    #[test]
    fn a_panic_is_answered_without_its_text() {
        assert_eq!(panicked(Box::new("secret")).status(), 500);
        assert_eq!(panicked(Box::new(5)).status(), 500);
    }
}
