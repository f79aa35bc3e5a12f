//! Apps.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod get;
pub(super) mod list;
pub(super) mod reverify;
mod shown;
pub(super) mod test;
pub(super) mod update;
