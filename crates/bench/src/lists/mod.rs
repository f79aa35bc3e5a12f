//! Lists and look-ups in a long log: generates one, asks the API for all kinds of lists, and says how long each takes.

pub mod ask;
pub mod log;

/// What a page of 200 events may take, and what looking at one event may.
pub const PAGE_WITHIN_MS: f64 = 50.0;
pub const INSPECT_WITHIN_MS: f64 = 20.0;
