//! One request and its answer, under one deadline.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{self, HeaderName};
use http::uri::PathAndQuery;
use http::{Extensions, HeaderMap, Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper_util::client::legacy::connect::{CaptureConnection, capture_connection};
use url::Url;

use crate::egress::{Egress, Inner};
use crate::failure::{Failure, FailureKind, Timings};
use crate::fault::Fault;
use crate::ledger::{CURRENT, Ledger};
use crate::refusal::Refusal;
use crate::wire::OpenedBy;

/// Headers that belong to one connection or frame the body. The client writes its own, so that no caller can smuggle
/// a second request or upgrade the connection.
const FRAMING: [HeaderName; 10] = [
    header::HOST,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::TE,
    header::TRAILER,
    header::UPGRADE,
    header::EXPECT,
    header::PROXY_AUTHORIZATION,
    HeaderName::from_static("keep-alive"),
];

/// A request to be sent.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Any method but CONNECT.
    pub method: Method,
    /// Judged again here.
    pub url: Url,
    /// The path and query as they go on the wire, where they must not be re-encoded; `None`: the URL's own.
    pub target: Option<PathAndQuery>,
    /// Sent as they are, except those that belong to the connection.
    pub headers: HeaderMap,
    /// Sent byte for byte.
    pub body: Bytes,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Any status; redirects are not followed.
    pub status: StatusCode,
    /// As received; values may be any bytes.
    pub headers: HeaderMap,
    /// The first `keep_bytes` of the body, as received: not decompressed.
    pub body: Bytes,
    /// Whether the body was longer than what is kept.
    pub truncated: bool,
    /// How long the parts took.
    pub timings: Timings,
}

impl Egress {
    /// Sends one request. `within` covers all of it, from the look-up of the name to the end of the answer's body.
    ///
    /// # Errors
    ///
    /// When no complete answer arrived in time, or the address may not be reached.
    pub async fn send(&self, request: Outgoing, within: Duration) -> Result<Answer, Failure> {
        let ledger = Ledger::begin();
        let outcome = match self.0.prepare(request) {
            Ok((request, host)) => self.0.exchange(request, &host, within, &ledger).await,
            Err(fault) => Err(fault),
        };
        let timings = ledger.timings();
        match outcome {
            Ok(answer) => Ok(Answer { timings, ..answer }),
            Err(Fault { kind, message }) => Err(Failure { kind, message, timings }),
        }
    }
}

impl Inner {
    /// The rules apply here too: connections from the pool do not come by the connector.
    fn prepare(&self, outgoing: Outgoing) -> Result<(Request<Full<Bytes>>, String), Fault> {
        let host = self.rules.target(&outgoing.url)?.host();
        if outgoing.method == Method::CONNECT {
            return Err(Fault::new(
                FailureKind::Forbidden,
                "CONNECT requests are not sent. Use another method.".to_owned(),
            ));
        }
        let mut uri = Uri::try_from(outgoing.url.as_str()).map_err(|_| Refusal::Malformed)?.into_parts();
        uri.path_and_query = outgoing.target.or(uri.path_and_query);
        let uri = Uri::from_parts(uri).map_err(|_| Refusal::Malformed)?;
        let headers = self.dressed(outgoing.headers, &outgoing.method, outgoing.body.len());
        let mut request = Request::new(Full::new(outgoing.body));
        *request.method_mut() = outgoing.method;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        Ok((request, host))
    }

    fn dressed(&self, mut headers: HeaderMap, method: &Method, body_bytes: usize) -> HeaderMap {
        for name in FRAMING {
            headers.remove(name);
        }
        headers.entry(header::USER_AGENT).or_insert_with(|| self.user_agent.clone());
        // Some servers answer 411 to a POST that does not say that its body is empty, and hyper leaves that out.
        if body_bytes > 0 || matches!(*method, Method::POST | Method::PUT | Method::PATCH) {
            headers.insert(header::CONTENT_LENGTH, body_bytes.into());
        }
        headers
    }

    async fn exchange(
        &self,
        mut request: Request<Full<Bytes>>,
        host: &str,
        within: Duration,
        ledger: &Arc<Ledger>,
    ) -> Result<Answer, Fault> {
        let connection = capture_connection(&mut request);
        let attempt = CURRENT.scope(Arc::clone(ledger), self.attempt(request, host, ledger));
        let outcome = tokio::time::timeout(within, attempt).await;
        if is_reused(&connection, ledger) {
            ledger.reused();
        }
        outcome.unwrap_or_else(|_| Err(ledger.overdue(host, within)))
    }

    async fn attempt(&self, request: Request<Full<Bytes>>, host: &str, ledger: &Ledger) -> Result<Answer, Fault> {
        let response = self.client.request(request).await.map_err(|error| Fault::exchange(&error, host))?;
        ledger.head_arrived();
        self.receive(response).await.map_err(|error| Fault::exchange(&error, host))
    }

    /// Reads what is worth reading. Dropping the rest closes the connection: nobody drains an endless answer.
    async fn receive(&self, response: Response<Incoming>) -> Result<Answer, hyper::Error> {
        let (head, mut body) = response.into_parts();
        let mut kept = BytesMut::new();
        let mut n_read = 0;
        let is_complete = loop {
            if body.is_end_stream() {
                break true;
            }
            if n_read >= self.read_bytes {
                break false;
            }
            let Some(frame) = body.frame().await else { break true };
            let Ok(data) = frame?.into_data() else { continue };
            n_read += data.len();
            let room = self.keep_bytes.min(self.read_bytes) - kept.len();
            kept.extend_from_slice(&data[..data.len().min(room)]);
        };
        let truncated = n_read > kept.len() || !is_complete;
        let (status, headers) = (head.status, head.headers);
        Ok(Answer { status, headers, body: kept.freeze(), truncated, timings: Timings::default() })
    }
}

/// Whether the request went over a connection that another request had opened.
fn is_reused(connection: &CaptureConnection, ledger: &Arc<Ledger>) -> bool {
    let mut extras = Extensions::new();
    if let Some(connected) = connection.connection_metadata().as_ref() {
        connected.get_extras(&mut extras);
    }
    extras.get::<OpenedBy>().is_some_and(|OpenedBy(opener)| !Arc::ptr_eq(opener, ledger))
}
