#![allow(clippy::unwrap_used, dead_code)]
#[path = "it/fixture.rs"]
mod fixture;
#[path = "it/reads.rs"]
mod reads;
