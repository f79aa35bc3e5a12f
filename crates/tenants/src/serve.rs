//! The service on a socket: who may call, how long a call may take, and how it ends.

use std::time::Duration;

use anyhook_rpc::ServiceToken;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::{
    service::{Routes, interceptor::InterceptorLayer},
    transport::{Certificate, Identity, Server, ServerTlsConfig, server::TcpIncoming},
};

use crate::Tenants;

/// The longest that any call may take; callers ask for less.
const ANSWERS_WITHIN: Duration = Duration::from_secs(30);
/// A caller connects anew after this, so that callers spread over servers that were added.
const CONNECTION_FOR: Duration = Duration::from_secs(10 * 60);
const ASK_EVERY: Duration = Duration::from_secs(20);
const HEARD_WITHIN: Duration = Duration::from_secs(10);

/// Who may call.
#[derive(Clone)]
pub struct Guard {
    pub token: ServiceToken,
    pub tls: Option<ServerTls>,
}

impl Guard {
    /// # Errors
    /// [`ServeError`] for certificates that cannot be used.
    pub fn check(&self) -> Result<(), ServeError> {
        server(self.tls.clone()).map(drop)
    }
}

/// The server's certificate, in PEM.
#[derive(Clone)]
pub struct ServerTls {
    pub certificate: Vec<u8>,
    pub key: Vec<u8>,
    /// With it, callers must show a certificate that this authority signed.
    pub callers_authority: Option<Vec<u8>>,
}

/// The service cannot be served, or its listener broke.
#[derive(Debug, thiserror::Error)]
#[error("the gRPC server failed")]
pub struct ServeError(#[from] tonic::transport::Error);

impl Tenants {
    /// Serves all services, and gRPC's health protocol beside them, until `stop`; then finishes the calls that
    /// run. Only the health protocol is answered without the service token.
    ///
    /// # Errors
    /// [`ServeError`], for certificates that cannot be used above all.
    pub async fn serve(self, listener: TcpListener, guard: Guard, stop: CancellationToken) -> Result<(), ServeError> {
        let (mut health, health_service) = tonic_health::server::health_reporter();
        let guarded = self.clone().into_routes().into_axum_router().layer(InterceptorLayer::new(guard.token));
        let routes = Routes::from(guarded).add_service(health_service);
        let stopped = async {
            stop.cancelled().await;
            // Streams would never end by themselves.
            health.clear_service_status("").await;
            self.end_watches();
        };
        let mut server = server(guard.tls)?;
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        Ok(server.add_routes(routes).serve_with_incoming_shutdown(incoming, stopped).await?)
    }
}

fn server(tls: Option<ServerTls>) -> Result<Server, ServeError> {
    let server = Server::builder()
        .timeout(ANSWERS_WITHIN)
        .max_connection_age(CONNECTION_FOR)
        .http2_keepalive_interval(Some(ASK_EVERY))
        .http2_keepalive_timeout(Some(HEARD_WITHIN));
    let Some(tls) = tls else { return Ok(server) };
    let config = ServerTlsConfig::new().identity(Identity::from_pem(tls.certificate, tls.key));
    let config = match tls.callers_authority {
        Some(authority) => config.client_ca_root(Certificate::from_pem(authority)),
        None => config,
    };
    Ok(server.tls_config(config)?)
}
