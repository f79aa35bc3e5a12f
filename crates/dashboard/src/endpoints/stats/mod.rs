//! Figures about events.

mod answer;
pub(super) mod get;
mod question;

pub(crate) use answer::Answers;
