//! The router as a browser or a client sees it, as far as it needs no tenants service.
#![allow(clippy::unwrap_used)]

mod contract;
mod fixture;
mod pages;
mod reads;
mod refusals;
