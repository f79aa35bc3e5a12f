//! Errors from below, turned into a kind and a sentence where they happen.

use std::error::Error;
use std::io::{self, ErrorKind};

use crate::failure::FailureKind;
use crate::refusal::Refusal;
use crate::tls;

/// A failure that does not know yet how long it took.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Fault {
    pub(crate) kind: FailureKind,
    pub(crate) message: String,
}

impl Fault {
    pub(crate) fn new(kind: FailureKind, message: String) -> Self {
        Self { kind, message }
    }

    /// No TCP connection.
    pub(crate) fn connect(error: &io::Error, host: &str, port: u16) -> Self {
        let message = match error.kind() {
            ErrorKind::ConnectionRefused => {
                format!("Nothing accepts connections on port {port} of {host}. Start the server, or correct the port.")
            }
            ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
                format!("There is no route to {host}. Check that the server is up and its address is right.")
            }
            ErrorKind::TimedOut => format!(
                "{host} did not react on port {port}. Check that the server is up and its firewall lets connections in."
            ),
            _ => format!("No connection to port {port} of {host} could be made. Check that the server is up."),
        };
        Self::new(FailureKind::Connect, message)
    }

    /// An error of an exchange: the connector's own fault if there is one, else what became of the connection.
    pub(crate) fn exchange(error: &(dyn Error + 'static), host: &str) -> Self {
        if let Some(fault) = cause::<Self>(error) {
            return fault.clone();
        }
        let io = cause::<io::Error>(error);
        if let Some(error) = io.and_then(tls::inner) {
            return Self::new(FailureKind::Tls, tls::sentence(error, host));
        }
        Self::new(FailureKind::Broken, broken(cause(error), io.map(io::Error::kind), host))
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        let kind = if refusal.is_unresolved() { FailureKind::Resolve } else { FailureKind::Forbidden };
        Self::new(kind, refusal.to_string())
    }
}

/// The outermost error of one type in a chain of causes.
fn cause<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    error.downcast_ref().or_else(|| cause(error.source()?))
}

fn broken(hyper: Option<&hyper::Error>, io: Option<ErrorKind>, host: &str) -> String {
    let is = |test: fn(&hyper::Error) -> bool| hyper.is_some_and(test);
    if is(hyper::Error::is_parse_too_large) {
        format!("{host} answered with more than 100 headers or 64 KiB of them. Send fewer.")
    } else if is(hyper::Error::is_parse) {
        format!("{host} answered with something that is not HTTP/1.1. Check the address and the port.")
    } else if is(hyper::Error::is_incomplete_message) {
        format!("{host} closed the connection before its answer was complete. Look into the server's log.")
    } else if io == Some(ErrorKind::ConnectionReset) || io == Some(ErrorKind::BrokenPipe) {
        format!("{host} reset the connection before its answer was complete. Look into the server's log.")
    } else if io == Some(ErrorKind::TimedOut) {
        format!("{host} went silent: it no longer confirms what is sent to it. Check that the server is up.")
    } else {
        format!("The exchange with {host} broke off before its answer was complete. Look into the server's log.")
    }
}
