//! An app's destinations.

pub(super) mod check;
pub(super) mod create;
pub(super) mod delete;
pub(super) mod get;
pub(super) mod rotate_secret;
pub(super) mod test;
pub(super) mod update;
