//! What all that runs has used, up to one moment.

use std::time::Instant;

use anyhow::Result;

use super::{
    gateway::Gateway,
    process::{Usage, machine_cpu_s},
    server::{self, Server, Together},
    sink::Sink,
};

pub struct Moment {
    /// Of AnyHook's processes, in the gateway's order.
    pub anyhook: Vec<Usage>,
    pub servers: Vec<Together>,
    pub sink: Usage,
    pub machine_cpu_s: f64,
    pub at: Instant,
    pub data_bytes: u64,
}

impl Moment {
    /// Looks now.
    ///
    /// # Errors
    /// When a process has ended.
    pub async fn look(gateway: &Gateway, servers: &[Server], sink: &Sink) -> Result<Self> {
        Ok(Self {
            data_bytes: gateway.data_bytes().await?,
            anyhook: gateway.usages()?,
            servers: server::look(servers)?,
            sink: sink.usage()?,
            machine_cpu_s: machine_cpu_s(),
            at: Instant::now(),
        })
    }

    /// What AnyHook and the servers caused to be written to a disk.
    pub fn written_mib(&self) -> f64 {
        let servers = self.servers.iter().map(|server| server.usage.written_mib);
        self.anyhook.iter().map(|process| process.written_mib).chain(servers).sum()
    }
}
