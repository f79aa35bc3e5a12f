//! The caller's accounts at OpenID Connect issuers.

pub(in crate::endpoints) mod link;
pub(in crate::endpoints) mod list;
pub(in crate::endpoints) mod remove;
