//! How the issuer is asked, whose address the operator set up.

use std::time::Duration;

use anyhook_egress::{Egress, Failure, Outgoing, Refusal};
use bytes::Bytes;
use openidconnect::{HttpRequest, HttpResponse, http};
use tokio::time::Instant;

use crate::operated::MOST_BYTES;

/// One question; there are up to four for each that is answered, which all have the caller's deadline.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

#[derive(Debug, thiserror::Error)]
pub(super) enum NoAnswer {
    #[error(transparent)]
    Address(#[from] Refusal),
    #[error(transparent)]
    Failed(#[from] Failure),
    #[error("the answer is longer than {MOST_BYTES} bytes")]
    TooLong,
}

pub(super) async fn send(egress: Egress, request: HttpRequest, deadline: Instant) -> Result<HttpResponse, NoAnswer> {
    let (head, body) = request.into_parts();
    let url = egress.parse(&head.uri.to_string())?;
    let outgoing = Outgoing { method: head.method, url, target: None, headers: head.headers, body: Bytes::from(body) };
    let within = deadline.saturating_duration_since(Instant::now()).min(ANSWER_WITHIN);
    let answer = egress.send(outgoing, within).await?;
    if answer.truncated {
        return Err(NoAnswer::TooLong);
    }
    let mut response = http::Response::new(answer.body.to_vec());
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    Ok(response)
}
