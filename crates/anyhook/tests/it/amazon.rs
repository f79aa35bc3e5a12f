//! Amazon as far as Amazon SNS needs it: its names, its certificate over https, and subscriptions to be confirmed.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use anyhook_egress::CertificateDer;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, UdpSocket},
    task::JoinHandle,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer},
};

/// Https's own port, which not everybody may listen on.
const ADDRESS: ([u8; 4], u16) = ([127, 0, 5, 43], 443);

pub(crate) struct Amazon {
    /// Every name leads here.
    pub(crate) names: SocketAddr,
    /// Whom to trust.
    pub(crate) root: CertificateDer<'static>,
    shared: Arc<Shared>,
    servers: [JoinHandle<()>; 2],
}

#[derive(Default)]
struct Shared {
    certificate: Mutex<Vec<u8>>,
    is_down: Mutex<bool>,
    /// Paths and queries.
    asked: Mutex<Vec<String>>,
}

impl Amazon {
    /// `None` where https's own port cannot be listened on.
    #[expect(clippy::disallowed_methods, reason = "servers under the test's control")]
    pub(crate) async fn start(host: &str) -> Option<Self> {
        let Ok(listener) = TcpListener::bind(SocketAddr::from(ADDRESS)).await else {
            eprintln!("skipped: port 443 of a loopback address cannot be listened on");
            return None;
        };
        let (root, acceptor) = tls(host);
        let shared = Arc::new(Shared::default());
        let names = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        Some(Self {
            names: names.local_addr().unwrap(),
            root,
            servers: [tokio::spawn(serve_names(names)), tokio::spawn(serve(listener, acceptor, shared.clone()))],
            shared,
        })
    }

    pub(crate) fn publish(&self, certificate: &[u8]) {
        *self.shared.certificate.lock().unwrap() = certificate.to_vec();
    }

    pub(crate) fn is_down(&self, is_down: bool) {
        *self.shared.is_down.lock().unwrap() = is_down;
    }

    /// The subscriptions that were confirmed since the last time.
    pub(crate) fn confirmed(&self) -> Vec<String> {
        let asked = std::mem::take(&mut *self.shared.asked.lock().unwrap());
        asked.into_iter().filter(|target| target.contains("ConfirmSubscription")).collect()
    }
}

impl Drop for Amazon {
    fn drop(&mut self) {
        self.servers.iter().for_each(JoinHandle::abort);
    }
}

fn tls(host: &str) -> (CertificateDer<'static>, TlsAcceptor) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![host.to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let private = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let config = config.with_single_cert(vec![certificate.der().clone()], private).unwrap();
    (authority.der().clone(), TlsAcceptor::from(Arc::new(config)))
}

/// Any question for an IPv4 address has one answer, all others have none (RFC 1035 section 4).
async fn serve_names(socket: UdpSocket) {
    let mut query = [0; 512];
    while let Ok((_, client)) = socket.recv_from(&mut query).await {
        let end = 12 + query[12..].iter().position(|byte| *byte == 0).unwrap() + 5;
        let is_v4 = query[end - 3] == 1;
        let mut reply = query[..2].to_vec();
        reply.extend([0x81, 0x80, 0, 1, 0, u8::from(is_v4), 0, 0, 0, 0]);
        reply.extend(&query[12..end]);
        if is_v4 {
            reply.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
            reply.extend(ADDRESS.0);
        }
        socket.send_to(&reply, client).await.unwrap();
    }
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let Ok(mut stream) = acceptor.accept(stream).await else { continue };
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let Ok(byte) = stream.read_u8().await else { break };
            head.push(byte);
        }
        let head = String::from_utf8(head).unwrap();
        let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let is_key = target.ends_with(".pem");
        let body = if is_key { shared.certificate.lock().unwrap().clone() } else { Vec::new() };
        let status = if *shared.is_down.lock().unwrap() && !is_key { "500 Down" } else { "200 OK" };
        shared.asked.lock().unwrap().push(target);
        let answer = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
        let _ = stream.write_all(&[answer.as_bytes(), &body].concat()).await;
        let _ = stream.shutdown().await;
    }
}
