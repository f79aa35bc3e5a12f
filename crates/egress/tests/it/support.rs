//! Servers to talk to: raw TCP peers, and a DNS server with a zone made up by the test.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhook_egress::{Answer, Egress, EgressConfig, Failure, Outgoing};
use bytes::Bytes;
use http::{HeaderMap, Method};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};

/// Long enough for everything that is expected to work, however busy the machine is.
pub(crate) const AMPLE: Duration = Duration::from_secs(30);
/// A deadline that is expected to pass.
pub(crate) const SHORT: Duration = Duration::from_millis(500);

pub(crate) const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// A client that may reach this machine's 127.0.0.1, as a developer's may.
pub(crate) fn local() -> Egress {
    configured(|_| {})
}

pub(crate) fn configured(change: impl FnOnce(&mut EgressConfig)) -> Egress {
    let mut config = EgressConfig { allow: vec!["127.0.0.1/32".parse().unwrap()], ..EgressConfig::default() };
    change(&mut config);
    Egress::new(config).unwrap()
}

/// A client that may reach the public internet only.
pub(crate) fn strict() -> Egress {
    Egress::new(EgressConfig::default()).unwrap()
}

/// A POST with a small body. Parsed without the client's rules, so that they must hold at sending.
pub(crate) fn post(url: &str) -> Outgoing {
    Outgoing {
        target: None,
        method: Method::POST,
        url: url.parse().unwrap(),
        headers: HeaderMap::new(),
        body: Bytes::from_static(b"{}"),
    }
}

pub(crate) async fn send(url: &str) -> Result<Answer, Failure> {
    local().send(post(url), AMPLE).await
}

/// A TCP server that counts the connections made to it.
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    n_accepted: Arc<AtomicUsize>,
}

impl Peer {
    pub(crate) async fn at<F, S>(address: &str, serve: F) -> Self
    where
        F: Fn(TcpStream) -> S + Send + 'static,
        S: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let n_accepted = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&n_accepted);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream));
            }
        });
        Self { address, n_accepted }
    }

    pub(crate) async fn start<F, S>(serve: F) -> Self
    where
        F: Fn(TcpStream) -> S + Send + 'static,
        S: Future<Output = ()> + Send + 'static,
    {
        Self::at("127.0.0.1:0", serve).await
    }

    /// Answers every request with the same bytes, then closes.
    pub(crate) async fn answering(answer: impl Into<Bytes>) -> Self {
        let answer = answer.into();
        Self::start(move |mut stream| {
            let answer = answer.clone();
            async move {
                read_request(&mut stream).await;
                // A client that has read enough may be gone before all is written.
                let _ = stream.write_all(&answer).await;
                let _ = stream.shutdown().await;
            }
        })
        .await
    }

    /// Answers any number of requests on a connection.
    pub(crate) async fn persistent(answer: &'static [u8]) -> Self {
        Self::start(move |mut stream| async move {
            while !read_request(&mut stream).await.is_empty() {
                stream.write_all(answer).await.unwrap();
            }
        })
        .await
    }

    /// Accepts and never says anything.
    pub(crate) async fn silent() -> Self {
        Self::start(|mut stream| async move {
            let mut sink = Vec::new();
            let _ = stream.read_to_end(&mut sink).await;
        })
        .await
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn n_accepted(&self) -> usize {
        self.n_accepted.load(Ordering::SeqCst)
    }
}

/// An address where nothing listens.
pub(crate) async fn closed_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

/// Reads one request, head and body; empty when the client has closed.
pub(crate) async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut request = Vec::new();
    let mut chunk = [0; 8192];
    loop {
        match stream.read(&mut chunk).await {
            Ok(n) if n > 0 => request.extend_from_slice(&chunk[..n]),
            _ => return Vec::new(),
        }
        if is_complete(&request) {
            return request;
        }
    }
}

fn is_complete(request: &[u8]) -> bool {
    let (head, body) = split(request);
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
    request.windows(4).any(|window| window == b"\r\n\r\n") && body.len() >= length.unwrap_or(0)
}

/// Head and body of a request.
pub(crate) fn split(request: &[u8]) -> (&[u8], &[u8]) {
    match request.windows(4).position(|window| window == b"\r\n\r\n") {
        Some(end) => (&request[..end], &request[end + 4..]),
        None => (request, &[]),
    }
}

/// What the DNS server says about a name.
#[derive(Clone)]
pub(crate) enum Reply {
    Addresses(Vec<IpAddr>),
    /// An alias, and what it stands for.
    Alias(&'static str, Vec<IpAddr>),
    NoSuchName,
    Failure,
    Silence,
}

impl Reply {
    pub(crate) fn of(addresses: &[&str]) -> Self {
        Self::Addresses(addresses.iter().map(|address| address.parse().unwrap()).collect())
    }
}

/// A DNS server on this machine.
pub(crate) struct Dns {
    pub(crate) address: SocketAddr,
    asked: Arc<std::sync::Mutex<Vec<String>>>,
}

impl Dns {
    pub(crate) async fn start(zone: impl Fn(&str) -> Reply + Send + 'static) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let asked = Arc::new(std::sync::Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        tokio::spawn(async move {
            let mut query = [0; 2048];
            while let Ok((n, client)) = socket.recv_from(&mut query).await {
                let name = name_asked(&query[..n]);
                log.lock().unwrap().push(name.clone());
                if let Some(reply) = encode(&query[..n], &zone(&name)) {
                    socket.send_to(&reply, client).await.unwrap();
                }
            }
        });
        Self { address, asked }
    }

    /// The names asked for so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// A client that asks this server and may reach 127.0.0.1.
    pub(crate) fn client(&self) -> Egress {
        self.client_with(|_| {})
    }

    pub(crate) fn client_with(&self, change: impl FnOnce(&mut EgressConfig)) -> Egress {
        configured(|config| {
            config.nameservers = vec![self.address];
            change(config);
        })
    }

    /// A client that asks this server and may reach the public internet only.
    pub(crate) fn strict_client(&self) -> Egress {
        self.client_with(|config| config.allow.clear())
    }
}

fn name_asked(query: &[u8]) -> String {
    let mut name = String::new();
    let mut at = 12;
    while query[at] != 0 {
        let label = at + 1..at + 1 + usize::from(query[at]);
        name.push_str(&String::from_utf8_lossy(&query[label.clone()]).to_ascii_lowercase());
        name.push('.');
        at = label.end;
    }
    name
}

fn encode(query: &[u8], reply: &Reply) -> Option<Vec<u8>> {
    let end = 12 + query[12..].iter().position(|byte| *byte == 0)? + 5;
    let wants_v6 = query[end - 3] == 28;
    let (code, alias, addresses) = match reply {
        Reply::Addresses(addresses) => (0, None, addresses.as_slice()),
        Reply::Alias(alias, addresses) => (0, Some(*alias), addresses.as_slice()),
        Reply::NoSuchName => (3, None, [].as_slice()),
        Reply::Failure => (2, None, [].as_slice()),
        Reply::Silence => return None,
    };
    let addresses: Vec<_> = addresses.iter().filter(|address| address.is_ipv6() == wants_v6).collect();
    let n_answers = u16::try_from(addresses.len() + usize::from(alias.is_some())).unwrap();
    let mut message = query[..2].to_vec();
    message.extend([0x81, 0x80 | code, 0, 1]);
    message.extend(n_answers.to_be_bytes());
    message.extend([0; 4]);
    message.extend(&query[12..end]);
    // Names in answers point back to the question, or to the alias in the first answer.
    let mut owner = 12;
    if let Some(alias) = alias {
        owner = u16::try_from(message.len()).unwrap() + 12;
        push_record(&mut message, 12, 5, &encode_name(alias));
    }
    for address in addresses {
        match address {
            IpAddr::V4(address) => push_record(&mut message, owner, 1, &address.octets()),
            IpAddr::V6(address) => push_record(&mut message, owner, 28, &address.octets()),
        }
    }
    Some(message)
}

/// A record that must not be cached.
fn push_record(message: &mut Vec<u8>, owner: u16, kind: u8, data: &[u8]) {
    message.extend((0xc000 | owner).to_be_bytes());
    message.extend([0, kind, 0, 1, 0, 0, 0, 0]);
    message.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
    message.extend(data);
}

fn encode_name(name: &str) -> Vec<u8> {
    let mut encoded = Vec::new();
    for label in name.split('.') {
        encoded.push(u8::try_from(label.len()).unwrap());
        encoded.extend(label.as_bytes());
    }
    encoded.push(0);
    encoded
}
