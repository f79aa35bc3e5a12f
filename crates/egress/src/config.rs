//! What an operator may set, and what may be wrong with it.

use std::net::SocketAddr;
use std::time::Duration;

use ipnet::IpNet;
use rustls::pki_types::CertificateDer;

/// How the guarded client behaves. The default reaches every public address and nothing else.
#[derive(Clone, Debug)]
pub struct EgressConfig {
    /// Networks that may be reached besides the public internet.
    pub allow: Vec<IpNet>,
    /// Whether plain `http` may be used to public addresses; to those in `allow` it always may.
    pub allow_http: bool,
    /// The ports that may be used; `None` for any.
    pub ports: Option<Vec<u16>>,
    /// How long one connection may take, TLS included.
    pub connect_within: Duration,
    /// How long looking up one name may take.
    pub resolve_within: Duration,
    /// How much of an answer's body is read before the connection is dropped.
    pub read_bytes: usize,
    /// How much of an answer's body is kept.
    pub keep_bytes: usize,
    /// The `User-Agent` of requests that bring none.
    pub user_agent: String,
    /// Authorities trusted besides the system's, as DER.
    pub extra_roots: Vec<CertificateDer<'static>>,
    /// DNS servers to ask in place of the system's; empty for the system's.
    pub nameservers: Vec<SocketAddr>,
}

impl Default for EgressConfig {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            allow_http: true,
            ports: None,
            connect_within: Duration::from_secs(10),
            resolve_within: Duration::from_secs(2),
            read_bytes: 64 * 1024,
            keep_bytes: 16 * 1024,
            user_agent: concat!("AnyHook/", env!("CARGO_PKG_VERSION")).to_owned(),
            extra_roots: Vec::new(),
            nameservers: Vec::new(),
        }
    }
}

/// Why a client could not be made from its configuration.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    /// The configured `User-Agent` cannot stand in a header.
    #[error("the user agent {0:?} cannot be sent in a header: use visible ASCII characters only")]
    UnusableUserAgent(String),
    /// One of the extra roots is not a certificate.
    #[error("one of the extra trusted certificates cannot be read: {0}")]
    UnreadableRoot(#[source] rustls::Error),
    /// The TLS library refused its own defaults.
    #[error("TLS cannot be set up: {0}")]
    NoTls(#[source] rustls::Error),
    /// The resolver could not be set up.
    #[error("the DNS resolver cannot be set up: {0}")]
    NoResolver(#[source] Box<dyn std::error::Error + Send + Sync>),
}
