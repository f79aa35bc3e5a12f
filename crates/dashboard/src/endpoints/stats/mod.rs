//! Figures about events.

mod answer;
pub(super) mod get;
mod held_back;
mod places;
mod question;

pub(crate) use answer::Answers;
