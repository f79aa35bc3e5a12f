//! A connection to the tenants service: over a channel, or straight into the server in this process.

use std::{
    convert::Infallible,
    fmt,
    task::{Context, Poll},
    time::Duration,
};

use http::{HeaderName, HeaderValue, header::AUTHORIZATION};
use tonic::{
    body::Body,
    transport::{Certificate, ClientTlsConfig, Endpoint, Identity},
};
use tower::{BoxError, Service, ServiceExt, util::BoxCloneSyncService};

use crate::ServiceToken;

/// How a connection is looked after: a server that is gone without a word is noticed after both of these.
const ASK_EVERY: Duration = Duration::from_secs(10);
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);
const CONNECTS_WITHIN: Duration = Duration::from_secs(2);
/// How long the server may take, in the protocol's own header.
const TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

type Inner = BoxCloneSyncService<http::Request<Body>, http::Response<Body>, BoxError>;

/// What the generated clients speak through; cheap to clone.
#[derive(Clone, Debug)]
pub struct Transport(Inner);

/// Where the tenants service is, and how to speak to it.
#[derive(Clone, Debug)]
pub struct Remote {
    /// `http://host:port`, or `https://` with `tls`.
    pub url: String,
    pub token: ServiceToken,
    /// A call is answered within this, or has failed; of a stream, its beginning.
    pub within: Duration,
    pub tls: Option<Tls>,
}

/// Certificates, in PEM.
#[derive(Clone)]
pub struct Tls {
    /// Of the authority that signed the other side's certificate.
    pub authority: Vec<u8>,
    /// One's own certificate and its key.
    pub own: Option<(Vec<u8>, Vec<u8>)>,
}

/// The tenants service cannot be spoken to like that.
#[derive(Debug, thiserror::Error)]
pub enum InvalidRemote {
    #[error("its address must look like http://host:4402")]
    Url,
    #[error("its address says {0}://, but {1}")]
    Scheme(String, &'static str),
    #[error("the certificates cannot be used; they and the key must be in PEM")]
    Tls,
}

impl Transport {
    /// Over the network. Connects with the first call, and again whenever the connection is lost.
    ///
    /// # Errors
    /// [`InvalidRemote`] for an address or certificates that can never work.
    pub fn connect(remote: &Remote) -> Result<Self, InvalidRemote> {
        let endpoint = Endpoint::from_shared(remote.url.clone()).map_err(|_| InvalidRemote::Url)?;
        let endpoint = secure(endpoint, remote.tls.as_ref())?
            .timeout(remote.within)
            .connect_timeout(CONNECTS_WITHIN)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(ASK_EVERY)
            .keep_alive_timeout(ANSWERS_WITHIN)
            .keep_alive_while_idle(true);
        let token = remote.token.shown();
        let timeout = HeaderValue::from_str(&format!("{}m", remote.within.as_millis())).expect("it is a number");
        let with_headers = move |mut request: http::Request<Body>| {
            request.headers_mut().insert(AUTHORIZATION, token.clone());
            request.headers_mut().insert(TIMEOUT, timeout.clone());
            request
        };
        Ok(Self(Inner::new(endpoint.connect_lazy().map_request(with_headers).map_err(Into::into))))
    }

    /// Into a server of the same process, without a socket.
    #[must_use]
    pub fn local(routes: tonic::service::Routes) -> Self {
        let service =
            ServiceExt::<http::Request<Body>>::map_err(routes, |never: Infallible| -> BoxError { match never {} });
        Self(Inner::new(service))
    }
}

fn secure(endpoint: Endpoint, tls: Option<&Tls>) -> Result<Endpoint, InvalidRemote> {
    let scheme = endpoint.uri().scheme_str().unwrap_or_default().to_owned();
    match (scheme.as_str(), tls) {
        ("http", None) => Ok(endpoint),
        ("https", Some(tls)) => {
            let config = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(&tls.authority));
            let config = match &tls.own {
                Some((certificate, key)) => config.identity(Identity::from_pem(certificate, key)),
                None => config,
            };
            endpoint.tls_config(config).map_err(|_| InvalidRemote::Tls)
        }
        ("http", Some(_)) => Err(InvalidRemote::Scheme(scheme, "with certificates it must be https://")),
        ("https", None) => Err(InvalidRemote::Scheme(scheme, "no certificate of an authority was given")),
        _ => Err(InvalidRemote::Url),
    }
}

/// Without the key.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

impl Service<http::Request<Body>> for Transport {
    type Response = http::Response<Body>;
    type Error = BoxError;
    type Future = <Inner as Service<http::Request<Body>>>::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        self.0.call(request)
    }
}
