//! What is remembered for speed and may be forgotten at any moment.

mod fresh;

pub use fresh::{Fresh, Freshness};
