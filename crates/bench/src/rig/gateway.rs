//! A fresh `anyhook up` with a folder of its own, and a tenant on it.

use std::{
    fs::File,
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use hyper::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{free_addresses, http::call, process::Usage, programs::Programs, running::Running};

const STARTS_WITHIN: Duration = Duration::from_secs(30);
const STOPS_WITHIN: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Lines of the log that are shown.
const LOG_TAIL: usize = 10;

/// The process goes before its folder: fields are dropped in this order.
pub struct Gateway {
    process: Running,
    folder: TempDir,
    ingress: String,
    dashboard: String,
    key: String,
}

/// How an app's requests are verified.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// Not at all.
    Generic,
    /// As Replicate's, with this secret.
    Replicate(&'static str),
}

impl Gateway {
    /// Starts AnyHook on free ports, waits until it serves, and signs a tenant up.
    ///
    /// # Errors
    /// When it does not start; its log is in the error.
    pub async fn start(programs: &Programs, more_args: &[String]) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("anyhook-bench-").tempdir_in(&programs.target_dir)?;
        let [ingress, dashboard] = free_addresses()?;
        let mut command = Command::new(&programs.anyhook);
        // Nothing of the environment: an ANYHOOK_… of the person at the terminal would be measured too.
        command.env_clear().current_dir(folder.path()).arg("up");
        command.args(["--ingress-addr", &ingress.to_string(), "--dashboard-addr", &dashboard.to_string()]);
        command.arg("--data-dir").arg(folder.path().join("data")).args(["--log", "warn"]).args(more_args);
        let log = File::create(folder.path().join("log"))?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let mut gateway = Self {
            process: Running::start("anyhook", &mut command)?,
            folder,
            ingress: format!("http://{ingress}"),
            dashboard: format!("http://{dashboard}"),
            key: String::new(),
        };
        if let Err(error) = gateway.prepare().await {
            bail!("{error:#}\n{}", gateway.log().join("\n"));
        }
        Ok(gateway)
    }

    async fn prepare(&mut self) -> Result<()> {
        for base in [self.ingress.clone(), self.dashboard.clone()] {
            self.serves(&format!("{base}/healthz")).await?;
        }
        let signup = json!({
            "email": format!("bench-{}@example.com", self.process.pid()),
            "password": "a password of the benchmark",
            "tenant": { "name": format!("Bench {}", self.process.pid()) },
        });
        let signed_up = call(Method::POST, &format!("{}/api/v1/signup", self.dashboard), None, Some(&signup)).await?;
        self.key = text(&signed_up, "apiKey")?.to_owned();
        Ok(())
    }

    async fn serves(&mut self, url: &str) -> Result<()> {
        let until = Instant::now() + STARTS_WITHIN;
        while let Err(error) = call(Method::GET, url, None, None).await {
            if !self.process.is_alive()? || Instant::now() > until {
                return Err(error.context("anyhook has not started"));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// Makes an app; the URL that its provider posts to.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn app(&self, name: &str, source: Source, destination: Option<&str>) -> Result<String> {
        let mut app = match source {
            Source::Generic => json!({ "name": name, "source": "generic" }),
            Source::Replicate(secret) => json!({ "name": name, "source": "replicate", "secret": secret }),
        };
        if let Some(url) = destination {
            app["destinations"] = json!([{ "url": url }]);
        }
        let made = call(Method::POST, &format!("{}/api/v1/apps", self.dashboard), Some(&self.key), Some(&app)).await?;
        Ok(text(&made, "inboundUrl")?.to_owned())
    }

    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// What it uses now.
    ///
    /// # Errors
    /// When it has ended.
    pub fn usage(&self) -> Result<Usage> {
        Usage::of(self.pid()).with_context(|| format!("anyhook has ended\n{}", self.log().join("\n")))
    }

    /// Size of its files.
    pub fn data_bytes(&self) -> u64 {
        let files = std::fs::read_dir(self.data_dir()).into_iter().flatten().flatten();
        files.filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum()
    }

    fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The end of its log: warnings and errors.
    pub fn log(&self) -> Vec<String> {
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let lines: Vec<_> = log.lines().map(str::to_owned).collect();
        lines[lines.len().saturating_sub(LOG_TAIL)..].to_vec()
    }

    /// Stops it as an operator would.
    ///
    /// # Errors
    /// When it does not stop in time, or not in order.
    pub async fn stop(mut self) -> Result<()> {
        self.process.stop(STOPS_WITHIN).await
    }
}

fn text<'a>(answer: &'a Value, member: &str) -> Result<&'a str> {
    answer[member].as_str().with_context(|| format!("the answer has no {member}"))
}
