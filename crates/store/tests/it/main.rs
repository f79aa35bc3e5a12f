//! The event log's conformance suite: every test runs on SQLite, and on PostgreSQL where one is at hand.
#![allow(clippy::unwrap_used)]

mod append;
mod claim;
mod first_wall_gone;
mod fixture;
mod hold;
mod prune;
mod race;
mod reads;
mod row_security;
mod settings;
mod two_tenants;
