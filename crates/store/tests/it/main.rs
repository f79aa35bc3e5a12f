//! The event log's conformance suite: every test runs on SQLite, and on PostgreSQL where one is at hand.
#![allow(clippy::unwrap_used)]

mod append;
mod claim;
mod days;
mod fixture;
mod hold;
mod prune;
mod race;
mod reads;
mod settings;
mod spool;
