//! The `blast` program: the providers.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{process::Usage, programs::Programs, running::Running};

/// No run takes longer, whatever is asked for.
const MAX_SECONDS: u64 = 600;

#[derive(Clone, Debug)]
pub struct Load {
    /// Taken in rotation.
    pub urls: Vec<String>,
    pub n_events: u64,
    /// Open loop at so many a second; `None`: closed loop.
    pub rate: Option<f64>,
    pub n_connections: usize,
    pub body_bytes: usize,
    /// Sign with this Standard Webhooks secret.
    pub secret: Option<&'static str>,
}

/// What `blast` printed, and what it used itself.
pub struct Blasted {
    pub report: Value,
    pub usage: Usage,
}

impl Load {
    /// Posts all events.
    ///
    /// # Errors
    /// When `blast` fails; requests that fail are in its report.
    pub async fn run(&self, programs: &Programs) -> Result<Blasted> {
        let mut command = self.command(programs);
        let mut blast = Running::start("blast", command.stdin(Stdio::null()).stdout(Stdio::piped()))?;
        let mut usage = Usage::default();
        // Of a process that has ended and was not waited for, only the CPU time is left.
        let watch = |pid| {
            if let Ok(now) = Usage::of(pid) {
                usage = Usage { cpu_s: now.cpu_s, ..if now.rss_mib > 0.0 { now } else { usage } };
            }
        };
        let status = blast.ended(Duration::from_secs(MAX_SECONDS + 60), watch).await?;
        ensure!(status.success(), "blast ended with {status}");
        let report = serde_json::from_str(&blast.output()?).context("blast prints JSON")?;
        Ok(Blasted { report, usage })
    }

    fn command(&self, programs: &Programs) -> Command {
        let mut command = Command::new(&programs.blast);
        command.args(["--count", &self.n_events.to_string(), "--connections", &self.n_connections.to_string()]);
        command.args(["--size", &self.body_bytes.to_string(), "--max-seconds", &MAX_SECONDS.to_string()]);
        for url in &self.urls {
            command.args(["--url", url]);
        }
        if let Some(rate) = self.rate {
            command.args(["--rate", &rate.to_string()]);
        }
        if let Some(secret) = self.secret {
            command.args(["--sign-standard", secret]);
        }
        command
    }
}
