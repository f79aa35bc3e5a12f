//! The chain over each day's events.

pub(super) mod list;
