//! The AnyHook binary's parts: configuration, telemetry, listeners, roles, shutdown, command line.
//!
//! They are a library so that the tests can start a whole AnyHook in their own process, on a clock of their own.

mod anchors;
mod check;
pub mod cli;
pub mod config;
pub mod data_dir;
pub mod demo;
pub mod health;
pub mod lifecycle;
pub mod listen;
mod migrate;
pub mod roles;
pub mod services;
pub mod telemetry;
pub mod up;
mod verify;
