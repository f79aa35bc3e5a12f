//! The demo's own handler: takes its time, fails when told to, and checks every signature.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use anyhook_domain::{Timestamp, secret::Secret, sign};
use anyhow::{Context, Result};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use tokio::{net::TcpListener, sync::mpsc};

/// One request as the handler saw it.
pub(super) struct Seen {
    pub(super) at: Instant,
    pub(super) event_id: String,
    pub(super) attempt: String,
    pub(super) trigger: String,
    pub(super) signature_is_right: bool,
    pub(super) body: Bytes,
    pub(super) answered: StatusCode,
}

/// Deliveries are waited for a little longer than the first retry takes.
const WITHIN: Duration = Duration::from_secs(60);

pub(super) struct Handler {
    pub(super) address: SocketAddr,
    shared: Arc<Shared>,
    seen: mpsc::UnboundedReceiver<Seen>,
    server: tokio::task::JoinHandle<()>,
}

struct Shared {
    secret: Mutex<Option<Secret>>,
    n_failures: AtomicU32,
    takes: Duration,
    report: mpsc::UnboundedSender<Seen>,
}

impl Handler {
    /// Starts listening on a free port.
    #[expect(clippy::disallowed_methods, reason = "the demo's own server; it ends with the demo")]
    pub(super) async fn start(takes: Duration) -> Result<Self> {
        let (report, seen) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared { secret: Mutex::default(), n_failures: AtomicU32::new(0), takes, report });
        let listener = TcpListener::bind("127.0.0.1:0").await.context("the demo's handler cannot listen")?;
        let address = listener.local_addr()?;
        let router = Router::new().route("/hook", post(handle)).with_state(shared.clone());
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the demo's handler stopped");
            }
        });
        Ok(Self { address, shared, seen, server })
    }

    pub(super) fn expect_secret(&self, secret: &str) {
        *self.shared.secret.lock().expect("no holder of this lock panics") = Some(Secret::new(secret.to_owned()));
    }

    /// Answers the next requests with 500.
    pub(super) fn fail_next(&self, n_times: u32) {
        self.shared.n_failures.store(n_times, Ordering::SeqCst);
    }

    /// Waits for the next request.
    pub(super) async fn next(&mut self) -> Result<Seen> {
        let next = tokio::time::timeout(WITHIN, self.seen.recv()).await;
        next.ok().flatten().with_context(|| format!("nothing was delivered within {} s", WITHIN.as_secs()))
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn handle(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let at = Instant::now();
    let fails = shared.n_failures.try_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok();
    let answered = if fails { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK };
    if !fails {
        tokio::time::sleep(shared.takes).await;
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let seen = Seen {
        at,
        event_id: text("anyhook-event-id"),
        attempt: text("anyhook-attempt"),
        trigger: text("anyhook-trigger"),
        signature_is_right: shared.is_right(&text("anyhook-signature"), &body),
        body,
        answered,
    };
    // The demo may have ended.
    let _ = shared.report.send(seen);
    answered
}

impl Shared {
    /// Makes the signature once more, for the time that it names; a real handler also checks that time's age.
    fn is_right(&self, signature: &str, body: &[u8]) -> bool {
        let secret = self.secret.lock().expect("no holder of this lock panics").clone();
        let seconds = signature.strip_prefix("t=").and_then(|rest| rest.split(',').next()?.parse().ok());
        match (secret, seconds.map(Timestamp::from_unix_seconds)) {
            (Some(secret), Some(at)) => sign::anyhook(&[secret], at, body) == signature,
            _ => false,
        }
    }
}
