//! The guarded HTTP client: every address that a user names is reached through here, and nothing else may open one.
//!
//! An address is judged twice. When it is saved, [`Egress::parse`] or [`Egress::check`] says what is wrong with it.
//! When it is used, the connector resolves the name once, vets every answer and dials only what it has vetted, so a
//! name that changed its mind in between gains nothing. Redirects are not followed, proxies from the environment are
//! not used and answers are not decompressed.

mod address;
mod config;
mod connect;
mod egress;
mod failure;
mod fault;
mod ledger;
mod name;
mod published;
mod refusal;
mod resolve;
mod send;
mod tls;
mod url_rules;
mod wire;

pub use config::{EgressConfig, EgressError};
pub use egress::Egress;
pub use failure::{Failure, FailureKind, Timings};
pub use ipnet::IpNet;
pub use published::{NotFetched, Published};
pub use refusal::Refusal;
pub use rustls::pki_types::CertificateDer;
pub use send::{Answer, Outgoing};
