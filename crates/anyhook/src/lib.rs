//! The AnyHook binary's parts: configuration, telemetry, listeners, roles, shutdown, command line.
//!
//! They are a library so that the tests can start a whole AnyHook in their own process, on a clock of their own.

pub mod cli;
pub mod config;
pub mod data_dir;
pub mod demo;
pub mod lifecycle;
pub mod listen;
pub mod roles;
pub mod telemetry;
pub mod up;
