//! Everything in one process, on SQLite.

use std::process::Command;

use anyhow::Result;

use super::Gateway;
use crate::rig::{free_addresses, programs::Programs};

impl Gateway {
    /// Starts `anyhook up` with a data folder of its own.
    pub(super) async fn start_up(&mut self, programs: &Programs, more_args: &[String]) -> Result<()> {
        let [ingress, dashboard] = free_addresses()?;
        let mut command = Command::new(&programs.anyhook);
        command.env_clear().arg("up");
        command.args(["--ingress-addr", &ingress.to_string(), "--dashboard-addr", &dashboard.to_string()]);
        command.args(["--api-rate-limit", "0"]);
        command.arg("--data-dir").arg(self.data_dir()).args(["--log", "warn"]).args(more_args);
        self.ingresses = vec![format!("http://{ingress}")];
        self.dashboard = format!("http://{dashboard}");
        self.spawn("anyhook", &mut command)?;
        for base in [self.ingresses[0].clone(), self.dashboard.clone()] {
            self.serves(&format!("{base}/healthz")).await?;
        }
        Ok(())
    }
}
