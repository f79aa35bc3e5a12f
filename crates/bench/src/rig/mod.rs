//! The rig of the `bench` program: it starts AnyHook, the load generator and the sink, and measures a scenario.

pub mod database;
pub mod gateway;
pub mod http;
pub mod load;
pub mod machine;
pub mod measure;
pub mod moment;
pub mod outcome;
pub mod parts;
pub mod process;
pub mod programs;
pub mod queues;
pub mod running;
pub mod scenario;
pub mod server;
pub mod sink;
pub mod table;

use std::net::{SocketAddr, TcpListener};

use anyhow::{Context, Result};

/// Loopback addresses that were free a moment ago.
///
/// # Errors
/// When there are none.
pub fn free_addresses<const N: usize>() -> Result<[SocketAddr; N]> {
    n_free_addresses(N)?.try_into().ok().context("as many addresses as were asked for")
}

/// The same for a number that is not known before.
///
/// # Errors
/// When there are not so many.
pub fn n_free_addresses(n: usize) -> Result<Vec<SocketAddr>> {
    // Held together, so that all of them differ.
    let listeners: Vec<_> = (0..n).map(|_| TcpListener::bind("127.0.0.1:0")).collect::<Result<_, _>>()?;
    Ok(listeners.iter().map(TcpListener::local_addr).collect::<Result<_, _>>()?)
}
