//! What a request that got no answer leaves behind.

use std::time::Duration;

/// How long the parts of one request took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// Looking up the name; `None` for a written-out address or a reused connection.
    pub resolve: Option<Duration>,
    /// Opening the TCP connection; `None` if it never came to that or a connection was reused.
    pub connect: Option<Duration>,
    /// The TLS handshake; `None` for plain http, too.
    pub tls: Option<Duration>,
    /// From the start of the request until the answer's head was there.
    pub first_byte: Option<Duration>,
    /// From the start to the end.
    pub total: Duration,
    /// Whether the request went over a connection that an earlier one had opened.
    pub reused: bool,
}

/// In which way a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// The rules do not let this address be reached; nothing was sent to it.
    Forbidden,
    /// The name could not be looked up, for now or at all.
    Resolve,
    /// No TCP connection came about, in time or at all.
    Connect,
    /// No TLS session came about, in time or at all.
    Tls,
    /// The deadline passed after the connection stood: the receiver may have handled the request.
    Timeout,
    /// The connection broke or carried no valid HTTP: the receiver may have handled the request.
    Broken,
}

impl FailureKind {
    /// A stable word for this kind, in `snake_case`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Forbidden => "forbidden",
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Broken => "broken",
        }
    }
}

/// Why a request got no answer.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// In which way it failed.
    pub kind: FailureKind,
    /// What happened and what to do about it, for the destination's owner.
    pub message: String,
    /// How long its parts took, the failed one included.
    pub timings: Timings,
}
