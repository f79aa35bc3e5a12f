//! The connector: judges, resolves, vets and only then dials, for every new connection.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use http::Uri;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tower::Service;

use crate::fault::Fault;
use crate::ledger::{Ledger, Stage};
use crate::resolve::Resolver;
use crate::tls;
use crate::url_rules::{Place, Rules, Target};
use crate::wire::Wire;

/// How long an address has to itself before the next one is tried beside it (RFC 8305).
const HEAD_START: Duration = Duration::from_millis(250);
/// How many of a name's addresses are tried; all of them are vetted.
const MAX_ADDRESSES: usize = 8;

/// All that opening a connection needs.
pub(crate) struct Dialer {
    pub(crate) rules: Arc<Rules>,
    pub(crate) resolver: Arc<Resolver>,
    pub(crate) tls: TlsConnector,
    pub(crate) connect_within: Duration,
}

/// The dialer as the HTTP client wants it.
#[derive(Clone)]
pub(crate) struct Connector(pub(crate) Arc<Dialer>);

impl Service<Uri> for Connector {
    type Response = Wire;
    type Error = Fault;
    type Future = Pin<Box<dyn Future<Output = Result<Wire, Fault>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let dialer = Arc::clone(&self.0);
        let ledger = Ledger::current();
        Box::pin(async move { dialer.open(&uri, ledger).await })
    }
}

impl Dialer {
    async fn open(&self, uri: &Uri, ledger: Arc<Ledger>) -> Result<Wire, Fault> {
        let target = self.rules.target_of(uri)?;
        if matches!(target.place, Place::Name(_)) {
            ledger.enter(Stage::Resolve);
        }
        let addresses = self.resolver.vetted(&target, &self.rules).await?;
        ledger.enter(Stage::Connect);
        let opening = self.establish(&target, &addresses, &ledger);
        match tokio::time::timeout(self.connect_within, opening).await {
            Ok(wire) => wire,
            Err(_) => Err(ledger.overdue(&target.host(), self.connect_within)),
        }
    }

    async fn establish(&self, target: &Target, to: &[SocketAddr], ledger: &Arc<Ledger>) -> Result<Wire, Fault> {
        let host = target.host();
        let stream = dial(to).await.map_err(|error| Fault::connect(&error, &host, target.port))?;
        if !target.is_secure {
            ledger.enter(Stage::Answer);
            return Ok(Wire::plain(stream, Arc::clone(ledger)));
        }
        ledger.enter(Stage::Tls);
        let handshake = self.tls.connect(tls::server_name(target)?, stream);
        let stream = handshake.await.map_err(|error| tls::fault(&error, &host))?;
        ledger.enter(Stage::Answer);
        Ok(Wire::tls(stream, Arc::clone(ledger)))
    }
}

/// The first connection that comes about, every address with a head start over the next.
async fn dial(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut attempts = FuturesUnordered::new();
    let mut outcome = Err(io::ErrorKind::AddrNotAvailable.into());
    for address in addresses.iter().take(MAX_ADDRESSES) {
        attempts.push(open_socket(*address));
        if let Ok(Some(first)) = tokio::time::timeout(HEAD_START, attempts.next()).await {
            outcome = first;
        }
        if outcome.is_ok() {
            return outcome;
        }
    }
    while let (Err(_), Some(next)) = (&outcome, attempts.next().await) {
        outcome = next;
    }
    outcome
}

/// Keepalive finds a dead peer within a minute while a slow handler is waited for, and keeps NAT entries alive.
async fn open_socket(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let keepalive =
        TcpKeepalive::new().with_time(Duration::from_secs(30)).with_interval(Duration::from_secs(10)).with_retries(3);
    SockRef::from(&stream).set_tcp_keepalive(&keepalive)?;
    Ok(stream)
}
