//! A way to PostgreSQL that can be closed, opened again, and fall silent.

use std::net::SocketAddr;

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

pub(crate) struct Proxy {
    server: String,
    address: SocketAddr,
    /// How often the connections of then fell silent.
    n_silences: watch::Sender<u32>,
    tasks: JoinSet<()>,
}

impl Proxy {
    /// To the server that a URL names; the text is the URL by way of the proxy.
    pub(crate) async fn start(url: &str) -> (Self, String) {
        let (user, rest) = url.split_once('@').unwrap();
        let (server, database) = rest.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let n_silences = watch::channel(0).0;
        let mut proxy = Self { server: server.to_owned(), address, n_silences, tasks: JoinSet::new() };
        proxy.serve(listener);
        (proxy, format!("{user}@{address}/{database}"))
    }

    /// Whoever is connected is cut off, whoever comes is refused.
    pub(crate) async fn close(&mut self) {
        self.tasks.shutdown().await;
    }

    pub(crate) async fn open(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.serve(listener);
    }

    /// The connections of now transport nothing any more, and do not end; new ones are as ever.
    pub(crate) fn fall_silent(&self) {
        self.n_silences.send_modify(|n| *n += 1);
    }

    fn serve(&mut self, listener: TcpListener) {
        let (server, silences) = (self.server.clone(), self.n_silences.subscribe());
        self.tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                connections.spawn(transport(stream, server.clone(), silences.clone()));
            }
        });
    }
}

async fn transport(mut here: TcpStream, server: String, mut silences: watch::Receiver<u32>) {
    let mut there = TcpStream::connect(server).await.unwrap();
    silences.mark_unchanged();
    tokio::select! {
        _ = copy_bidirectional(&mut here, &mut there) => {}
        _ = silences.changed() => std::future::pending().await,
    }
}
