//! A way to the broker that can be cut, or stopped without a word.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{Notify, watch},
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
    is_frozen: watch::Sender<bool>,
}

impl Proxy {
    pub(crate) async fn start(to: String, is_open: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let gate = Arc::new(Gate {
            is_open: AtomicBool::new(is_open),
            changed: Notify::new(),
            is_frozen: watch::Sender::new(false),
        });
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

    /// While it is frozen, what is connected stays so, and not a byte passes.
    pub(crate) fn freeze(&self, is_frozen: bool) {
        self.gate.is_frozen.send_replace(is_frozen);
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
                let (near, _) = accepted.unwrap();
                if gate.is_open.load(Ordering::SeqCst) {
                    let far = TcpStream::connect(&to).await.unwrap();
                    connections.spawn(connect(near, far, gate.is_frozen.subscribe()));
                }
            }
            () = gate.changed.notified() => if !gate.is_open.load(Ordering::SeqCst) {
                connections.abort_all();
            },
        }
    }
}

/// Until either side ends.
async fn connect(near: TcpStream, far: TcpStream, is_frozen: watch::Receiver<bool>) {
    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
    tokio::select! {
        _ = pass(near_in, far_out, is_frozen.clone()) => {}
        _ = pass(far_in, near_out, is_frozen) => {}
    }
}

async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut is_frozen: watch::Receiver<bool>,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 65_536];
    loop {
        let n = from.read(&mut buffer).await?;
        if n == 0 {
            return Ok(());
        }
        let _ = is_frozen.wait_for(|is_frozen| !is_frozen).await;
        to.write_all(&buffer[..n]).await?;
    }
}
