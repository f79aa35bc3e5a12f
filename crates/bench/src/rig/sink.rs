//! The `sink` program: the destinations.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use hyper::Method;
use serde_json::Value;

use super::{free_addresses, http::call, process::Usage, programs::Programs, running::Running};

const STARTS_WITHIN: Duration = Duration::from_secs(10);
/// Between two questions how many have come: each costs it about a millisecond.
const ASK_EVERY: Duration = Duration::from_millis(100);

pub struct Sink {
    process: Running,
    base: String,
}

impl Sink {
    /// Starts it on a free port.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start(programs: &Programs) -> Result<Self> {
        let [address] = free_addresses()?;
        let mut command = Command::new(&programs.sink);
        command.args(["--listen", &address.to_string(), "--timeline"]).stdin(Stdio::null()).stdout(Stdio::null());
        let mut sink = Self { process: Running::start("sink", &mut command)?, base: format!("http://{address}") };
        let until = Instant::now() + STARTS_WITHIN;
        while let Err(error) = call(Method::GET, &format!("{}/health", sink.base), None, None).await {
            if !sink.process.is_alive()? || Instant::now() > until {
                return Err(error.context("the sink has not started"));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(sink)
    }

    /// The URL of one of its routes.
    pub fn url(&self, route: usize) -> String {
        format!("{}/d{route}", self.base)
    }

    /// What has come, by route, and of all as `*`.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn stats(&self) -> Result<Value> {
        call(Method::GET, &format!("{}/stats", self.base), None, None).await
    }

    /// Waits until so many different events have come; what had come by then, enough or not.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn received(&self, n_events: u64, within: Duration) -> Result<Value> {
        let until = Instant::now() + within;
        loop {
            let stats = self.stats().await?;
            if stats["*"]["unique"].as_u64() >= Some(n_events) || Instant::now() > until {
                return Ok(stats);
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    }

    /// Forgets what has come.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn reset(&self) -> Result<()> {
        let answer = call(Method::POST, &format!("{}/reset", self.base), None, None).await?;
        ensure!(answer.is_null(), "the sink answered {answer}");
        Ok(())
    }

    /// What it uses now.
    ///
    /// # Errors
    /// When it has ended.
    pub fn usage(&self) -> Result<Usage> {
        Usage::of(self.process.pid())
    }
}
