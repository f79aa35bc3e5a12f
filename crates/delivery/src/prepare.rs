//! From a claimed delivery to a signed request.

use anyhook_domain::{
    Headers, Timestamp,
    delivery::Lease,
    event::{Head, column},
    forward,
    seal::{Key, Place},
};
use anyhook_egress::Outgoing;
use anyhook_store::log::Content;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, uri::PathAndQuery};
use url::Url;

use crate::{
    Shared,
    destinations::{Destination, NoAnswer},
};

/// A request that is ready to go.
pub(crate) struct Prepared {
    pub(crate) request: Outgoing,
    /// Where it goes, without the sender's query: that may be private, and what is recorded of attempts is not sealed.
    pub(crate) shown_url: String,
    /// The event's key: the answer is sealed under it as well.
    pub(crate) key: Key,
}

/// Why there is nothing to send.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotPrepared {
    /// Later it may well work; the delivery is not charged.
    #[error("keys or secrets cannot be had just now")]
    NotNow,
    /// It will never work: a sentence for the destination's owner.
    #[error("{0}")]
    Never(String),
}

impl From<NoAnswer> for NotPrepared {
    fn from(_: NoAnswer) -> Self {
        Self::NotNow
    }
}

pub(crate) async fn prepare(
    shared: &Shared,
    lease: &Lease,
    destination: &Destination,
    content: &Content,
    now: Timestamp,
) -> Result<Prepared, NotPrepared> {
    let tenant_key = shared.destinations.keys.version(content.tenant_id, content.key_version).await;
    let key = tenant_key.map_err(|_| NotPrepared::NotNow)?.for_event(content.event_id, &content.salt);
    let head = open(&key, content, column::HEAD, &content.sealed_head)?;
    // Written by a newer version, which is being rolled out beside this one.
    let head = Head::from_bytes(&head).map_err(|_| NotPrepared::NotNow)?;
    let body = open(&key, content, column::BODY, &content.sealed_body)?;
    let secrets = shared.destinations.signing_secrets(destination, now).await?;
    let added = shared.destinations.added_headers(destination).await?;
    let attempt = forward::Attempt {
        added: &added,
        event_id: content.event_id,
        delivery_id: lease.delivery_id,
        number: lease.number(),
        trigger: lease.trigger,
        received_at: content.received_at,
        verification: content.verification,
        signature_mode: destination.signature_mode,
        secrets: &secrets,
        sent_at: now,
        traceparent: &forward::traceparent(Some(&content.traceparent), rand::random(), rand::random()),
    };
    let headers = header_map(&forward::headers(&attempt, &head, &body));
    let url =
        Url::parse(&destination.url).map_err(|error| NotPrepared::Never(format!("the URL is unusable: {error}")))?;
    let target = |query| {
        let target = forward::target(&url, &content.path_rest, query).and_then(|target| target.parse().ok());
        target
            .ok_or_else(|| NotPrepared::Never("the event's further path does not fit the destination's URL".to_owned()))
    };
    let shown: PathAndQuery = target(None)?;
    let target = target(head.query.as_deref())?;
    let method = Method::from_bytes(content.method.as_bytes()).unwrap_or(Method::POST);
    let shown_url = format!("{}{shown}", url.origin().ascii_serialization());
    let request = Outgoing { method, url, target: Some(target), headers, body: Bytes::from(body) };
    Ok(Prepared { request, shown_url, key })
}

fn open(key: &Key, content: &Content, column: &'static str, sealed: &[u8]) -> Result<Vec<u8>, NotPrepared> {
    let place = Place { tenant: content.tenant_id, row: content.event_id.0, column };
    key.open(&place, sealed).map_err(|error| {
        tracing::error!(%error, event.id = %content.event_id, column, "an event cannot be opened");
        NotPrepared::Never("the stored event is damaged and cannot be opened; ask the operator to look".to_owned())
    })
}

/// What arrived as a header can be sent as one; anything else is left out rather than failing the delivery.
fn header_map(headers: &Headers) -> HeaderMap {
    let mut map = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers.iter() {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value)) {
            map.append(name, value);
        }
    }
    map
}
