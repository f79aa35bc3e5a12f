//! A way to the broker that can be cut.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinSet,
};

/// Forwards connections while it is open.
pub(crate) struct Proxy {
    pub port: u16,
    gate: Arc<Gate>,
    _accepts: JoinSet<()>,
}

struct Gate {
    is_open: AtomicBool,
    changed: Notify,
}

impl Proxy {
    pub(crate) async fn start(to: String, is_open: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let gate = Arc::new(Gate { is_open: AtomicBool::new(is_open), changed: Notify::new() });
        let mut accepts = JoinSet::new();
        accepts.spawn(forward(listener, to, Arc::clone(&gate)));
        Self { port, gate, _accepts: accepts }
    }

    /// Cuts what is connected; who connects from now on is cut at once.
    pub(crate) fn cut(&self) {
        self.set(false);
    }

    pub(crate) fn open(&self) {
        self.set(true);
    }

    fn set(&self, is_open: bool) {
        self.gate.is_open.store(is_open, Ordering::SeqCst);
        self.gate.changed.notify_one();
    }
}

async fn forward(listener: TcpListener, to: String, gate: Arc<Gate>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (mut near, _) = accepted.unwrap();
                if gate.is_open.load(Ordering::SeqCst) {
                    let mut far = TcpStream::connect(&to).await.unwrap();
                    connections.spawn(async move {
                        let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                    });
                }
            }
            () = gate.changed.notified() => if !gate.is_open.load(Ordering::SeqCst) {
                connections.abort_all();
            },
        }
    }
}
