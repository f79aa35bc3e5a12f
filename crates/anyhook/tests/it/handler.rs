//! A handler that answers as it is told and remembers what it saw.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderMap, Response},
};
use tokio::{net::TcpListener, sync::Notify, task::JoinHandle};

const WITHIN: Duration = Duration::from_secs(20);

#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// What to answer.
#[derive(Clone, Debug)]
pub(crate) enum Say {
    Status(u16),
    With(u16, Vec<(&'static str, &'static str)>, &'static str),
    /// Nothing, until the connection is given up.
    Nothing,
    /// 200 once the gate is opened.
    AfterGate,
    /// 200 after a moment.
    Slowly,
}

pub(crate) struct Handler {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    script: Mutex<VecDeque<Say>>,
    seen: Mutex<Vec<Seen>>,
    arrived: Notify,
    gate: Notify,
    n_running: AtomicUsize,
    most_running: AtomicUsize,
}

/// A request that is being answered.
struct Working(Arc<Shared>);

impl Working {
    fn begin(shared: &Arc<Shared>) -> Self {
        let n_running = shared.n_running.fetch_add(1, Ordering::SeqCst) + 1;
        shared.most_running.fetch_max(n_running, Ordering::SeqCst);
        Self(shared.clone())
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.0.n_running.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Handler {
    #[expect(clippy::disallowed_methods, reason = "the handler under test's control")]
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let router = Router::new().fallback(answer).with_state(shared.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, shared, server }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The answers to the next requests; afterwards 200 again.
    pub(crate) fn script(&self, answers: impl IntoIterator<Item = Say>) {
        self.shared.script.lock().unwrap().extend(answers);
    }

    pub(crate) fn open_gate(&self) {
        self.shared.gate.notify_waiters();
    }

    /// How many requests it ever had at once.
    pub(crate) fn most_at_once(&self) -> usize {
        self.shared.most_running.load(Ordering::SeqCst)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// Waits until so many requests have come, and no more than them.
    pub(crate) async fn seen_until(&self, n: usize) -> Vec<Seen> {
        let come = async {
            loop {
                let arrived = self.shared.arrived.notified();
                if self.seen().len() >= n {
                    return;
                }
                arrived.await;
            }
        };
        let in_time = tokio::time::timeout(WITHIN, come).await;
        let seen = self.seen();
        assert!(in_time.is_ok(), "{} of {n} requests came", seen.len());
        assert_eq!(seen.len(), n, "more requests came than wanted");
        seen
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let target = parts.uri.path_and_query().unwrap().to_string();
    let seen = Seen { method: parts.method.to_string(), target, headers: parts.headers, body };
    let say = shared.script.lock().unwrap().pop_front().unwrap_or(Say::Status(200));
    let gate = shared.gate.notified();
    let _working = Working::begin(&shared);
    shared.seen.lock().unwrap().push(seen);
    shared.arrived.notify_waiters();
    match say {
        Say::Status(status) => Response::builder().status(status).body(Body::empty()).unwrap(),
        Say::With(status, headers, body) => {
            let response =
                headers.iter().fold(Response::builder().status(status), |it, (name, value)| it.header(*name, *value));
            response.body(Body::from(body)).unwrap()
        }
        Say::Slowly => {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Response::new(Body::empty())
        }
        Say::Nothing => std::future::pending().await,
        Say::AfterGate => {
            gate.await;
            Response::new(Body::empty())
        }
    }
}
