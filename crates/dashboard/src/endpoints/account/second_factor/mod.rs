//! The caller's second factor.

pub(in crate::endpoints) mod begin;
pub(in crate::endpoints) mod confirm;
pub(in crate::endpoints) mod end;
pub(in crate::endpoints) mod get;
