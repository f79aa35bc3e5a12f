//! The router as a browser or a client sees it, as far as it needs no tenants service.
#![allow(clippy::unwrap_used)]

mod catalogue;
mod contract;
mod documents;
mod fixture;
mod limits;
mod login;
mod pages;
mod permissions;
mod reads;
mod refusals;
