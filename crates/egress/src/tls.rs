//! TLS: whom to trust, and what to tell the owner of a server that is not trusted.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

use crate::config::EgressError;
use crate::failure::FailureKind;
use crate::fault::Fault;
use crate::url_rules::{Place, Target};

/// A connector that trusts the system's authorities and the extra ones.
pub(crate) fn connector(extra_roots: &[CertificateDer<'static>]) -> Result<TlsConnector, EgressError> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(EgressError::NoTls)?
        .with_root_certificates(roots(extra_roots)?)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

fn roots(extra_roots: &[CertificateDer<'static>]) -> Result<RootCertStore, EgressError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for root in extra_roots {
        roots.add(root.clone()).map_err(EgressError::UnreadableRoot)?;
    }
    if roots.is_empty() {
        tracing::warn!(
            "this system trusts no certificate authority, so no https address can be reached: install ca-certificates"
        );
    }
    Ok(roots)
}

/// The name that the server's certificate must have.
pub(crate) fn server_name(target: &Target) -> Result<ServerName<'static>, Fault> {
    match &target.place {
        Place::Literal(address) => Ok(ServerName::from(IpAddr::to_canonical(address))),
        Place::Loopback(name, _) | Place::Name(name) => ServerName::try_from(name.clone()).map_err(|_| {
            Fault::new(FailureKind::Tls, format!("The name {name} cannot stand in a certificate. Use another one."))
        }),
    }
}

/// What went wrong in a handshake.
pub(crate) fn fault(error: &io::Error, host: &str) -> Fault {
    let message = match inner(error) {
        Some(error) => sentence(error, host),
        None => format!("{host} closed the connection during the TLS handshake. Check that its port serves https."),
    };
    Fault::new(FailureKind::Tls, message)
}

/// The TLS library's own error, if that is what an I/O error carries.
pub(crate) fn inner(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

/// A sentence about a TLS error, for the server's owner.
pub(crate) fn sentence(error: &rustls::Error, host: &str) -> String {
    use rustls::Error::{AlertReceived, InvalidCertificate, InvalidMessage};
    match error {
        InvalidCertificate(cause) => certificate_sentence(cause, host),
        InvalidMessage(_) => format!(
            "{host} did not answer in TLS. If its port serves plain http, write http://, or use the https port."
        ),
        AlertReceived(alert) => format!(
            "{host} broke off the TLS handshake ({alert:?}). Check its TLS settings: it must offer TLS 1.2 or 1.3 and not ask for a client certificate."
        ),
        _ => format!(
            "No secure connection to {host} could be made. Check its TLS settings: it must offer TLS 1.2 or 1.3."
        ),
    }
}

fn certificate_sentence(cause: &CertificateError, host: &str) -> String {
    use CertificateError::*;
    match cause {
        Expired | ExpiredContext { .. } => format!("The certificate of {host} has expired. Renew it."),
        NotValidYet | NotValidYetContext { .. } => {
            format!("The certificate of {host} is not valid yet. Check its dates.")
        }
        UnknownIssuer | BadSignature => format!(
            "The certificate of {host} was not issued by a trusted authority. Get one from a public authority, and let the server send the intermediate certificates too."
        ),
        NotValidForName | NotValidForNameContext { .. } => {
            format!("The certificate of {host} was issued for another name. Get one that covers {host}.")
        }
        Revoked => format!("The certificate of {host} has been revoked. Replace it."),
        _ => format!("The certificate of {host} is not acceptable. Replace it by one from a public authority."),
    }
}
