//! The client itself: what it is made of and how it judges addresses.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use url::Url;

use crate::config::{EgressConfig, EgressError};
use crate::connect::{Connector, Dialer};
use crate::refusal::Refusal;
use crate::resolve::Resolver;
use crate::tls;
use crate::url_rules::Rules;

/// Shorter than the five seconds after which common servers close an idle connection: a request that meets such a
/// close is lost or, worse, doubtful.
const KEEP_IDLE_FOR: Duration = Duration::from_secs(3);
const MAX_IDLE_PER_HOST: usize = 64;
const MAX_HEAD_BYTES: usize = 64 * 1024;
const MAX_HEADERS: usize = 100;

/// The guarded HTTP client. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Egress(pub(crate) Arc<Inner>);

/// What all clones share.
pub(crate) struct Inner {
    pub(crate) rules: Arc<Rules>,
    pub(crate) resolver: Arc<Resolver>,
    pub(crate) client: Client<Connector, Full<Bytes>>,
    pub(crate) user_agent: HeaderValue,
    pub(crate) read_bytes: usize,
    pub(crate) keep_bytes: usize,
}

impl Egress {
    /// Makes a client.
    ///
    /// # Errors
    ///
    /// When the configuration cannot be used as it is.
    pub fn new(config: EgressConfig) -> Result<Self, EgressError> {
        let rules = Arc::new(Rules::new(&config));
        let resolver = Arc::new(Resolver::new(&config)?);
        let dialer = Dialer {
            rules: Arc::clone(&rules),
            resolver: Arc::clone(&resolver),
            tls: tls::connector(&config.extra_roots)?,
            connect_within: config.connect_within,
        };
        let user_agent = HeaderValue::from_str(&config.user_agent);
        Ok(Self(Arc::new(Inner {
            rules,
            resolver,
            client: client(Connector(Arc::new(dialer))),
            user_agent: user_agent.map_err(|_| EgressError::UnusableUserAgent(config.user_agent))?,
            read_bytes: config.read_bytes,
            keep_bytes: config.keep_bytes,
        })))
    }

    /// The same client, with the same connections, that keeps more or less of an answer's body.
    pub(crate) fn keeping(&self, bytes: usize) -> Self {
        let inner = &*self.0;
        Self(Arc::new(Inner {
            rules: Arc::clone(&inner.rules),
            resolver: Arc::clone(&inner.resolver),
            client: inner.client.clone(),
            user_agent: inner.user_agent.clone(),
            read_bytes: bytes,
            keep_bytes: bytes,
        }))
    }

    /// Judges an address by its text alone.
    ///
    /// # Errors
    ///
    /// The first rule that it breaks.
    pub fn parse(&self, url: &str) -> Result<Url, Refusal> {
        self.0.rules.parse(url)
    }

    /// Judges an address and everything that its name leads to now.
    ///
    /// # Errors
    ///
    /// The first rule that it breaks. [`Refusal::is_unresolved`] tells whether only DNS stood in the way.
    pub async fn check(&self, url: &str) -> Result<Url, Refusal> {
        let url = self.parse(url)?;
        let target = self.0.rules.target(&url)?;
        self.0.resolver.vetted(&target, &self.0.rules).await?;
        Ok(url)
    }
}

impl std::fmt::Debug for Egress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Egress").field(&self.0.rules).finish()
    }
}

/// INVARIANT: a request is sent again by itself only if none of its bytes were written (hyper hands it back unsent).
#[expect(clippy::disallowed_methods, reason = "this is the one place where an HTTP client is made")]
fn client(connector: Connector) -> Client<Connector, Full<Bytes>> {
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(KEEP_IDLE_FOR)
        .pool_max_idle_per_host(MAX_IDLE_PER_HOST)
        .http1_max_buf_size(MAX_HEAD_BYTES)
        .http1_max_headers(MAX_HEADERS)
        .build(connector)
}
