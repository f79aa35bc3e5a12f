//! A fresh AnyHook, in one process or in several, and a tenant on it.

mod services;
mod up;

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

use super::{database::Database, http::call, process::Usage, programs::Programs, queues::Queues, running::Running};
pub use services::Services;

const STARTS_WITHIN: Duration = Duration::from_secs(60);
const STOPS_WITHIN: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Lines of the log that are shown.
const LOG_TAIL: usize = 10;

/// What is started for a scenario.
#[derive(Clone, Debug)]
pub enum Shape {
    /// `anyhook up` on SQLite, with these arguments more.
    OneProcess(Vec<String>),
    Services(Services),
}

/// The processes go before what they use: fields are dropped in this order.
pub struct Gateway {
    /// In the order in which they were started.
    processes: Vec<Running>,
    database: Option<Database>,
    _queues: Option<Queues>,
    folder: TempDir,
    ingresses: Vec<String>,
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
    pub async fn start(programs: &Programs, shape: &Shape) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("anyhook-bench-").tempdir_in(&programs.target_dir)?;
        let mut gateway = Self {
            processes: Vec::new(),
            database: None,
            _queues: None,
            folder,
            ingresses: Vec::new(),
            dashboard: String::new(),
            key: String::new(),
        };
        if let Err(error) = gateway.prepare(programs, shape).await {
            bail!("{error:#}\n{}", gateway.log().join("\n"));
        }
        Ok(gateway)
    }

    async fn prepare(&mut self, programs: &Programs, shape: &Shape) -> Result<()> {
        match shape {
            Shape::OneProcess(more_args) => self.start_up(programs, more_args).await?,
            Shape::Services(services) => self.start_services(programs, services).await?,
        }
        let signup = json!({
            "email": format!("bench-{}@example.com", std::process::id()),
            "password": "a password of the benchmark",
            "tenant": { "name": format!("Bench {}", std::process::id()) },
        });
        let signed_up = call(Method::POST, &format!("{}/api/v1/signup", self.dashboard), None, Some(&signup)).await?;
        self.key = text(&signed_up, "apiKey")?.to_owned();
        Ok(())
    }

    /// Starts one process, with nothing of the environment: an ANYHOOK_… of the person at the terminal would be
    /// measured too.
    fn spawn(&mut self, name: &str, command: &mut Command) -> Result<()> {
        let log = File::create(self.log_file(name))?;
        command.current_dir(self.folder.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        self.processes.push(Running::start(name, command)?);
        Ok(())
    }

    /// Waits until the process that was started last answers.
    async fn serves(&mut self, url: &str) -> Result<()> {
        let until = Instant::now() + STARTS_WITHIN;
        let process = self.processes.last_mut().context("a process was started")?;
        while let Err(error) = call(Method::GET, url, None, None).await {
            if !process.is_alive()? || Instant::now() > until {
                return Err(error.context(format!("{} has not started", process.name())));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    /// Makes an app; the URLs that its provider may post to, one for each ingress.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn app(&self, name: &str, source: Source, destination: Option<&str>) -> Result<Vec<String>> {
        let mut app = match source {
            Source::Generic => json!({ "name": name, "source": "generic" }),
            Source::Replicate(secret) => json!({ "name": name, "source": "replicate", "secret": secret }),
        };
        if let Some(url) = destination {
            app["destinations"] = json!([{ "url": url }]);
        }
        let made = call(Method::POST, &format!("{}/api/v1/apps", self.dashboard), Some(&self.key), Some(&app)).await?;
        let first = self.ingresses.first().context("there is an ingress")?;
        let path = text(&made, "inboundUrl")?.strip_prefix(first.as_str()).context("inbound URLs are the ingress's")?;
        Ok(self.ingresses.iter().map(|ingress| format!("{ingress}{path}")).collect())
    }

    /// Where its API is.
    pub fn dashboard(&self) -> &str {
        &self.dashboard
    }

    /// Of the tenant.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Its processes' names, in the order of [`Gateway::usages`].
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.processes.iter().map(Running::name)
    }

    pub fn pids(&self) -> impl Iterator<Item = u32> {
        self.processes.iter().map(Running::pid)
    }

    /// What its processes use now.
    ///
    /// # Errors
    /// When one has ended.
    pub fn usages(&self) -> Result<Vec<Usage>> {
        let usage = |process: &Running| {
            let usage = Usage::of(process.pid());
            usage.with_context(|| format!("{} has ended\n{}", process.name(), self.log().join("\n")))
        };
        self.processes.iter().map(usage).collect()
    }

    /// The database that was made for it.
    pub fn database(&self) -> Option<&Database> {
        self.database.as_ref()
    }

    /// Size of what it stores.
    ///
    /// # Errors
    /// When the database does not tell.
    pub async fn data_bytes(&self) -> Result<u64> {
        if let Some(database) = &self.database {
            return database.bytes().await;
        }
        let files = std::fs::read_dir(self.data_dir()).into_iter().flatten().flatten();
        Ok(files.filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum())
    }

    fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log_file(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.log"))
    }

    /// The end of each process's log: warnings and errors.
    pub fn log(&self) -> Vec<String> {
        let is_one = self.processes.len() == 1;
        let tail = |name| {
            let log = std::fs::read_to_string(self.log_file(name)).unwrap_or_default();
            let line = |line: &str| if is_one { line.to_owned() } else { format!("{name}: {line}") };
            let lines: Vec<_> = log.lines().map(line).collect();
            lines[lines.len().saturating_sub(LOG_TAIL)..].to_vec()
        };
        self.names().flat_map(tail).collect()
    }

    /// Stops it as an operator would, what was started last first.
    ///
    /// # Errors
    /// When a process does not stop in time, or not in order.
    pub async fn stop(mut self) -> Result<()> {
        for process in self.processes.iter_mut().rev() {
            process.stop(STOPS_WITHIN).await?;
        }
        Ok(())
    }
}

fn text<'a>(answer: &'a Value, member: &str) -> Result<&'a str> {
    answer[member].as_str().with_context(|| format!("the answer has no {member}"))
}
