//! An app's destinations.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod rotate_secret;
pub(super) mod update;
