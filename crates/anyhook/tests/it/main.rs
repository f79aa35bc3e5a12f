//! Black box: a whole AnyHook over HTTP, and the rules that hold for the whole tree.
#![allow(clippy::unwrap_used)]

mod amazon;
mod binary;
mod client;
mod deliveries;
mod handler;
mod handshakes;
mod harness;
mod holding;
mod inbound;
mod libraries;
mod live;
mod quota;
mod refusals;
mod retries;
mod reverify;
mod services;
mod simulation;
mod stream;
mod tidy;
mod tools;
mod verify;
