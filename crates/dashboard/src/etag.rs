//! Versions of what is answered: nobody is sent again what they have, and nobody overwrites what they have not seen.

use std::convert::Infallible;

use axum::{
    body::{Body, HttpBody},
    extract::{FromRequestParts, Request},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts};
use http_body_util::BodyExt;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::problem::Problem;

/// Longer answers are streams.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// For the API's description.
pub(crate) const SAYS: &str = "Answers to `GET` carry an `ETag`; with it in `If-None-Match`, the answer is 304 as long as \
    nothing changed. Changes that take `If-Match` with the `ETag` of the last `GET` are made only if nothing changed \
    since; otherwise the answer is 412 `changed_meanwhile`.";

/// A strong tag, of an answer's bytes.
fn tag(bytes: &[u8]) -> String {
    format!("\"{}\"", hex::encode(&Sha256::digest(bytes)[..16]))
}

/// Adds each answer's tag, and leaves out what the caller has.
pub(crate) async fn tagged(request: Request, next: Next) -> Response {
    let is_get = request.method() == Method::GET;
    let known = request.headers().get_all(header::IF_NONE_MATCH).iter().cloned().collect::<Vec<_>>();
    let response = next.run(request).await;
    let is_json = response.headers().get(header::CONTENT_TYPE).is_some_and(|it| it == "application/json");
    let is_short = response.body().size_hint().exact().is_some_and(|n_bytes| n_bytes <= MOST_BYTES);
    if !is_get || !is_json || !is_short || response.status() != StatusCode::OK {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = body.collect().await else {
        return Problem::internal("an answer that is not there").into_response();
    };
    let bytes = bytes.to_bytes();
    let tag = tag(&bytes);
    parts.headers.insert(header::ETAG, HeaderValue::from_str(&tag).expect("digits and quotes"));
    if known.iter().filter_map(|it| it.to_str().ok()).any(|tags| names(tags, &tag, true)) {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_TYPE);
        parts.headers.remove(header::CONTENT_LENGTH);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(bytes))
}

/// Whether a list of tags has this one. Weak ones mean the same, and yet not byte by byte: enough for not sending it again.
fn names(list: &str, tag: &str, takes_weak: bool) -> bool {
    list.split(',').map(str::trim).any(|it| {
        let it = if takes_weak { it.strip_prefix("W/").unwrap_or(it) } else { it };
        it == "*" || it == tag
    })
}

/// The version that a change is meant for, where one is named.
#[derive(Debug, Default)]
pub(crate) struct IfMatch(Vec<String>);

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

impl IfMatch {
    fn of(headers: &HeaderMap) -> Self {
        let lines = headers.get_all(header::IF_MATCH).iter();
        Self(lines.map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned()).collect())
    }

    pub(crate) fn is_given(&self) -> bool {
        !self.0.is_empty()
    }

    /// Compares with what `GET` would answer now.
    ///
    /// # Errors
    /// [`Problem`] when that is another version.
    pub(crate) fn check(&self, answer: &impl Serialize) -> Result<(), Problem> {
        let tag = tag(&serde_json::to_vec(answer).expect("an answer is JSON"));
        if !self.is_given() || self.0.iter().any(|tags| names(tags, &tag, false)) {
            return Ok(());
        }
        let text = "It was changed meanwhile: get it again, and decide anew.";
        Err(Problem::new(StatusCode::PRECONDITION_FAILED, "changed_meanwhile", text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_found_in_lists() {
        for (list, weak, strong) in [
            ("\"a\"", true, true),
            ("\"b\", \"a\"", true, true),
            ("*", true, true),
            ("W/\"a\"", true, false),
            ("\"b\"", false, false),
            ("a", false, false),
            ("", false, false),
        ] {
            assert_eq!((names(list, "\"a\"", true), names(list, "\"a\"", false)), (weak, strong), "{list}");
        }
    }

    #[test]
    fn a_change_of_another_version_is_refused() {
        let tag = tag(b"{\"a\":1}");
        let given = |text: &str| IfMatch([text.to_owned()].into());
        let answer = serde_json::json!({ "a": 1 });
        assert!(IfMatch::default().check(&answer).is_ok());
        assert!(given(&tag).check(&answer).is_ok() && given("*").check(&answer).is_ok());
        assert_eq!(given("\"x\"").check(&answer).expect_err("another").seen().0, 412);
    }
}
