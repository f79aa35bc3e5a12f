//! Beginning without an account.

pub(super) mod claim;
pub(super) mod create;
