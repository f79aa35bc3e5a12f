//! How the issuer is asked: through the guarded client, which for an address that the operator set up may go anywhere.

use std::time::Duration;

use anyhook_egress::{Egress, EgressConfig, EgressError, Failure, Outgoing, Refusal};
use bytes::Bytes;
use openidconnect::{HttpRequest, HttpResponse, http};
use tokio::time::Instant;

/// A description or a key set is a few KiB; one that goes on for ever is cut off, and does not count.
const MOST_BYTES: usize = 256 * 1024;
const CONNECT_WITHIN: Duration = Duration::from_secs(3);
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

/// The issuer's address is the operator's own, so it may be on a private network: what users name is reached through
/// another client.
pub(super) fn client() -> Result<Egress, EgressError> {
    let anywhere = ["0.0.0.0/0", "::/0"].map(|net| net.parse().expect("a constant range"));
    Egress::new(EgressConfig {
        allow: anywhere.to_vec(),
        connect_within: CONNECT_WITHIN,
        read_bytes: MOST_BYTES,
        keep_bytes: MOST_BYTES,
        ..EgressConfig::default()
    })
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
