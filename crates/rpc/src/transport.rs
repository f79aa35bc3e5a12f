//! A connection to the tenants service: over a channel, or straight into the server in this process.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use tonic::body::Body;
use tower::{BoxError, Service, ServiceExt, util::BoxCloneSyncService};

type Inner = BoxCloneSyncService<http::Request<Body>, http::Response<Body>, BoxError>;

/// What the generated clients speak through; cheap to clone.
#[derive(Clone, Debug)]
pub struct Transport(Inner);

impl Transport {
    /// Over the network.
    #[must_use]
    pub fn remote(channel: tonic::transport::Channel) -> Self {
        Self(Inner::new(channel.map_err(Into::into)))
    }

    /// Into a server of the same process, without a socket.
    #[must_use]
    pub fn local(routes: tonic::service::Routes) -> Self {
        let service =
            ServiceExt::<http::Request<Body>>::map_err(routes, |never: Infallible| -> BoxError { match never {} });
        Self(Inner::new(service))
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
