//! HTTP listeners: an accept loop of our own, because axum's has no time limit for a request's head.

use std::{io, net::SocketAddr, time::Duration};

use axum::{Router, extract::ConnectInfo};
use http::Request;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tower::ServiceExt;

use crate::lifecycle::Lifecycle;

/// A request's head must have arrived whole within this; an idle connection is closed after it.
const HEAD_WITHIN: Duration = Duration::from_secs(5);
/// Longest head, in bytes.
const MOST_HEAD_BYTES: usize = 64 * 1024;
/// Most header fields.
const MOST_HEADERS: usize = 200;
/// After a failure to accept (out of file descriptors): let some connections end.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(50);
/// A connection whose peer takes nothing of what is sent for so long is cut.
#[cfg(target_os = "linux")]
const TAKES_WITHIN: Duration = Duration::from_secs(30);
/// Connections are told to end softly; those that do not within this are cut. A body may take half a minute to arrive.
const DRAIN_WITHIN: Duration = Duration::from_secs(40);

/// A bound address.
#[derive(Debug)]
pub struct Listener(TcpListener);

impl Listener {
    /// # Errors
    /// When the address cannot be bound; the text says so to a person.
    pub async fn bind(address: SocketAddr, setting: &str) -> anyhow::Result<Self> {
        Ok(Self(bind(address, setting).await?))
    }

    /// # Errors
    /// When the kernel does not know.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Serves until the soft end, then lets running requests finish.
    pub async fn serve(self, router: Router, lifecycle: Lifecycle) {
        let graceful = GracefulShutdown::new();
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                () = lifecycle.soft.cancelled() => break,
                accepted = self.0.accept() => match accepted {
                    Ok((stream, peer)) => {
                        connections.spawn(connection(stream, peer, router.clone(), graceful.watcher()));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be accepted");
                        tokio::time::sleep(ACCEPT_AGAIN_AFTER).await;
                    }
                },
                Some(_) = connections.join_next() => {}
            }
        }
        drop(self.0);
        tokio::select! {
            () = graceful.shutdown() => {}
            () = tokio::time::sleep(DRAIN_WITHIN) => tracing::warn!("some connections did not end, and are cut"),
            () = lifecycle.hard.cancelled() => {}
        }
    }
}

/// # Errors
/// When the address cannot be bound; the text says so to a person.
pub async fn bind(address: SocketAddr, setting: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => {
            anyhow::anyhow!("{address} is in use by another process: stop it, or choose another address with {setting}")
        }
        _ => anyhow::anyhow!("{address} cannot be listened on ({error}): choose another address with {setting}"),
    })
}

/// Thousands of handlers may take their time at once, each with a connection.
pub(crate) fn raise_file_limit() {
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    watcher: hyper_util::server::graceful::Watcher,
) {
    // Answers are small: waiting to fill a packet only delays them.
    let _ = stream.set_nodelay(true);
    #[cfg(target_os = "linux")]
    let _ = socket2::SockRef::from(&stream).set_tcp_user_timeout(Some(TAKES_WITHIN));
    let router = router.map_request(move |mut request: Request<_>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(MOST_HEAD_BYTES)
        .max_headers(MOST_HEADERS)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    if let Err(error) = watcher.watch(connection).await {
        // A sender's doing: it went away, was too slow, or spoke no HTTP.
        tracing::debug!(%error, "a connection ended early");
    }
}
