//! The catalogue of sources.

pub(super) mod list;
