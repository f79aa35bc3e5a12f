//! Signing in by way of an OpenID Connect issuer, which the operator has set up.

mod finish;
mod http;
mod identities;
mod issuer;
mod refusal;
mod start;
mod ticket;

pub(super) use finish::{finish, pass};
pub(super) use identities::{list, remove};
pub(crate) use issuer::Issuer;
pub(crate) use refusal::OpenIdRefusal;
pub(super) use start::{options, start};

use anyhook_domain::secret::Secret;

/// The issuer, as the operator set it up.
#[derive(Clone, Debug)]
pub struct OpenId {
    /// Exactly as the issuer calls itself.
    pub issuer: String,
    pub client_id: String,
    /// `None` for a public client.
    pub client_secret: Option<Secret>,
    /// As people know it.
    pub name: String,
    /// Asked for besides `openid`.
    pub scopes: Vec<String>,
    /// Whoever has no account gets one.
    pub may_sign_up: bool,
}
