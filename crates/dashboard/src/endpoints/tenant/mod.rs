//! The caller's own tenant.

pub(super) mod get;
pub(super) mod update;
