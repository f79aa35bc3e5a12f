//! The event log's conformance suite: every test runs on SQLite, and on PostgreSQL where one is at hand.
#![allow(clippy::unwrap_used)]

mod anchors;
mod announce;
mod append;
mod aside;
mod breakers;
mod claim;
mod connections;
mod days;
mod first_wall_gone;
mod fixture;
mod forget;
mod hold;
mod narrow;
mod operator;
mod parked;
mod proxy;
mod prune;
mod quickstart;
mod race;
mod reads;
mod rejected;
mod replays;
mod row_security;
mod settings;
mod sign_in;
mod slots;
mod spool;
mod stats;
mod terms;
mod two_tenants;
mod usage;
