//! Black box: a whole AnyHook over HTTP, and the rules that hold for the whole tree.
#![allow(clippy::unwrap_used)]

mod amazon;
mod anchors;
mod binary;
mod client;
mod deliveries;
mod events;
mod handler;
mod handshakes;
mod harness;
mod holding;
mod inbound;
mod libraries;
mod live;
mod mcp;
mod quota;
mod refusals;
mod replays;
mod retries;
mod reverify;
mod services;
mod simulation;
mod stream;
mod team;
mod tidy;
mod tools;
mod verify;
