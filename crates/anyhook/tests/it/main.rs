//! Black box: a whole AnyHook over HTTP, and the rules that hold for the whole tree.
#![allow(clippy::unwrap_used)]

mod binary;
mod client;
mod deliveries;
mod handler;
mod harness;
mod holding;
mod inbound;
mod live;
mod refusals;
mod retries;
mod services;
mod simulation;
mod stream;
mod tidy;
