//! Rules that span modules: sources against published vectors and against garbage.
#![allow(clippy::unwrap_used)]

mod allocations;
mod sources;
