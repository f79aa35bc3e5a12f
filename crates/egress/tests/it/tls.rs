//! TLS: certificates are checked, and their owners told what is wrong with them.

use std::sync::Arc;

use anyhook_egress::{CertificateDer, Egress, EgressConfig, Failure, FailureKind};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::AsyncWriteExt;
use tokio_rustls::TlsAcceptor;

use crate::support::{AMPLE, Dns, OK, Peer, Reply, SHORT, configured, post, read_request};

/// An authority that issues whatever a test needs.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        Self::named("the usual authority")
    }

    fn named(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(crate) fn root(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    /// A server's configuration with a certificate for these names.
    pub(crate) fn issue(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> ServerConfig {
        let (mut params, key) = (params(names), KeyPair::generate().unwrap());
        change(&mut params);
        let certificate = params.signed_by(&key, &self.0).unwrap();
        server().with_no_client_auth().with_single_cert(vec![certificate.der().clone()], private(&key)).unwrap()
    }

    fn client(&self) -> Egress {
        configured(|config| config.extra_roots = vec![self.root()])
    }

    async fn failure(&self, server: ServerConfig) -> Failure {
        let peer = serve(server).await;
        let failure = self.client().send(post(&url("localhost", &peer)), AMPLE).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Tls, "{failure}");
        assert!(failure.timings.tls.is_some() && failure.timings.first_byte.is_none());
        failure
    }
}

fn params(names: &[&str]) -> CertificateParams {
    CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap()
}

fn server() -> rustls::ConfigBuilder<ServerConfig, rustls::WantsVerifier> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap()
}

fn private(key: &KeyPair) -> PrivateKeyDer<'static> {
    PrivateKeyDer::try_from(key.serialize_der()).unwrap()
}

async fn serve(config: ServerConfig) -> Peer {
    let acceptor = TlsAcceptor::from(Arc::new(config));
    Peer::start(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            while !read_request(&mut stream).await.is_empty() {
                stream.write_all(OK).await.unwrap();
                stream.flush().await.unwrap();
            }
        }
    })
    .await
}

fn url(host: &str, peer: &Peer) -> String {
    format!("https://{host}:{}/hook", peer.port())
}

#[tokio::test]
async fn a_good_certificate() {
    let authority = Authority::new();
    let peer = serve(authority.issue(&["localhost", "app.localhost", "127.0.0.1"], |_| {})).await;
    for host in ["localhost", "app.localhost", "127.0.0.1"] {
        let client = authority.client();
        let answer = client.send(post(&url(host, &peer)), AMPLE).await.unwrap();
        assert_eq!((answer.status.as_u16(), &answer.body[..]), (200, &b"ok"[..]));
        assert!(answer.timings.tls.is_some() && !answer.timings.reused);
        let again = client.send(post(&url(host, &peer)), AMPLE).await.unwrap();
        assert!(again.timings.tls.is_none() && again.timings.reused);
    }
    assert_eq!(peer.n_accepted(), 3);
}

#[tokio::test]
async fn the_certificate_must_have_the_name_that_was_typed() {
    let authority = Authority::new();
    let dns = Dns::start(|_| Reply::of(&["127.0.0.1"])).await;
    let client = dns.client_with(|config| config.extra_roots = vec![authority.root()]);
    let peer = serve(authority.issue(&["hooks.example.com"], |_| {})).await;
    for host in ["hooks.example.com", "hooks.example.com."] {
        assert_eq!(client.send(post(&url(host, &peer)), AMPLE).await.unwrap().status, 200, "{host}");
    }
    let failure = client.send(post(&url("other.example.com", &peer)), AMPLE).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Tls);
    assert!(failure.message.contains("covers other.example.com"), "{failure}");
}

#[tokio::test]
async fn an_expired_certificate() {
    let authority = Authority::new();
    let config = authority.issue(&["localhost"], |params| params.not_after = date_time_ymd(2020, 1, 1));
    let failure = authority.failure(config).await;
    assert!(failure.message.contains("has expired"), "{failure}");
}

#[tokio::test]
async fn a_certificate_from_the_future() {
    let authority = Authority::new();
    let config = authority.issue(&["localhost"], |params| params.not_before = date_time_ymd(3000, 1, 1));
    let failure = authority.failure(config).await;
    assert!(failure.message.contains("not valid yet"), "{failure}");
}

#[tokio::test]
async fn a_certificate_for_another_name() {
    let authority = Authority::new();
    let config = authority.issue(&["example.com"], |_| {});
    let failure = authority.failure(config).await;
    assert!(failure.message.contains("another name"), "{failure}");
}

#[tokio::test]
async fn a_certificate_from_an_unknown_authority() {
    // The second one only calls itself like the trusted one.
    for name in ["another authority", "the usual authority"] {
        let config = Authority::named(name).issue(&["localhost"], |_| {});
        let failure = Authority::new().failure(config).await;
        assert!(failure.message.contains("trusted authority"), "{name}: {failure}");
    }
}

#[tokio::test]
async fn a_self_signed_certificate() {
    let key = KeyPair::generate().unwrap();
    let certificate = params(&["localhost"]).self_signed(&key).unwrap();
    let config = server().with_no_client_auth().with_single_cert(vec![certificate.der().clone()], private(&key));
    let failure = Authority::new().failure(config.unwrap()).await;
    assert!(failure.message.contains("trusted authority"), "{failure}");
}

#[tokio::test]
async fn a_server_that_wants_a_client_certificate() {
    let authority = Authority::new();
    let mut roots = RootCertStore::empty();
    roots.add(authority.root()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = params(&["localhost"]).signed_by(&key, &authority.0).unwrap();
    let config = server().with_client_cert_verifier(verifier);
    let peer = serve(config.with_single_cert(vec![certificate.der().clone()], private(&key)).unwrap()).await;
    let failure = authority.client().send(post(&url("localhost", &peer)), AMPLE).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Tls, "{failure}");
    assert!(failure.message.contains("client certificate"), "{failure}");
}

#[tokio::test]
async fn plain_http_where_https_was_expected() {
    let peer = Peer::start(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        read_request(&mut stream).await;
    })
    .await;
    let failure = Authority::new().client().send(post(&url("localhost", &peer)), AMPLE).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Tls);
    assert!(failure.message.contains("plain http"), "{failure}");
}

#[tokio::test]
async fn https_where_plain_http_was_expected() {
    let authority = Authority::new();
    let peer = serve(authority.issue(&["localhost"], |_| {})).await;
    let failure = authority.client().send(post(&peer.url()), AMPLE).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Broken, "{failure}");
}

#[tokio::test]
async fn a_close_during_the_handshake() {
    let peer = Peer::start(|_| async {}).await;
    let failure = Authority::new().client().send(post(&url("localhost", &peer)), AMPLE).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Tls);
    assert!(failure.message.contains("during the TLS handshake"), "{failure}");
}

#[tokio::test]
async fn silence_during_the_handshake() {
    let peer = Peer::silent().await;
    let patient = configured(|config| config.connect_within = SHORT);
    let failure = patient.send(post(&url("localhost", &peer)), AMPLE).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Tls, "{failure}");
    assert!(failure.message.contains("0.5 s"), "its own limit, not the request's: {failure}");
    let failure = configured(|_| {}).send(post(&url("localhost", &peer)), SHORT).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Tls, "{failure}");
}

#[test]
fn a_root_that_is_none_is_reported() {
    let config = EgressConfig { extra_roots: vec![vec![1, 2, 3].into()], ..EgressConfig::default() };
    assert!(Egress::new(config).unwrap_err().to_string().contains("certificate"));
}

#[test]
fn a_user_agent_that_cannot_be_sent_is_reported() {
    let config = EgressConfig { user_agent: "a\r\nb".to_owned(), ..EgressConfig::default() };
    assert!(Egress::new(config).unwrap_err().to_string().contains("user agent"));
}
