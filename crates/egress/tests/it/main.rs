//! The guarded client against a table of addresses, and against real servers on this machine that behave badly.
#![allow(clippy::unwrap_used)]
#![expect(clippy::disallowed_methods, reason = "the servers are tasks, and a second process is told its target")]

mod addresses;
mod answers;
mod breakage;
mod names;
mod proxy;
mod published;
mod reach;
mod requests;
mod support;
mod tls;
