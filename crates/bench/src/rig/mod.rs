//! The rig of the `bench` program: it starts AnyHook, the load generator and the sink, and measures a scenario.

pub mod gateway;
pub mod http;
pub mod load;
pub mod machine;
pub mod measure;
pub mod outcome;
pub mod process;
pub mod programs;
pub mod running;
pub mod scenario;
pub mod sink;
pub mod table;

use std::net::{SocketAddr, TcpListener};

use anyhow::{Context, Result};

/// Loopback addresses that were free a moment ago.
///
/// # Errors
/// When there are none.
pub fn free_addresses<const N: usize>() -> Result<[SocketAddr; N]> {
    // Held together, so that all of them differ.
    let listeners: Vec<_> = (0..N).map(|_| TcpListener::bind("127.0.0.1:0")).collect::<Result<_, _>>()?;
    let addresses: Vec<_> = listeners.iter().map(TcpListener::local_addr).collect::<Result<_, _>>()?;
    addresses.try_into().ok().context("as many addresses as listeners")
}
