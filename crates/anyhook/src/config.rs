//! Settings: flags over environment over file over defaults; all that is wrong is said at once.

mod file;
mod problems;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use anyhook_domain::plan::Plan;
use anyhow::{Context, Result};
use clap::Args;
use ipnet::IpNet;

pub use file::with_file;
use problems::Problems;

/// The settings as they are given; every one is a text until all of them are checked together.
#[derive(Clone, Debug, Args)]
pub struct RawSettings {
    /// TOML file with settings, named like the flags with underscores
    #[arg(long, env = "ANYHOOK_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,

    /// Where providers post to
    #[arg(long, env = "ANYHOOK_INGRESS_ADDR", default_value = "127.0.0.1:4401", value_name = "IP:PORT")]
    ingress_addr: String,
    /// Where the REST API and the dashboard are
    #[arg(long, env = "ANYHOOK_DASHBOARD_ADDR", default_value = "127.0.0.1:4400", value_name = "IP:PORT")]
    dashboard_addr: String,
    /// How inbound URLs begin as providers call them [default: http:// and the ingress address]
    #[arg(long, env = "ANYHOOK_PUBLIC_INGRESS_URL", value_name = "URL")]
    public_ingress_url: Option<String>,
    /// How the dashboard's URLs begin as people call them [default: http:// and the dashboard address]
    #[arg(long, env = "ANYHOOK_PUBLIC_DASHBOARD_URL", value_name = "URL")]
    public_dashboard_url: Option<String>,

    /// Folder for the database and the master key [default: anyhook in the user's data folder]
    #[arg(long, env = "ANYHOOK_DATA_DIR", value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// sqlite:PATH or postgres://… [default: a SQLite file in the data folder]
    #[arg(long, env = "ANYHOOK_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    database_url: Option<String>,
    /// File with the database URL, so that its password is in no process list
    #[arg(long, env = "ANYHOOK_DATABASE_URL_FILE", value_name = "FILE", conflicts_with = "database_url")]
    database_url_file: Option<PathBuf>,
    /// File with the master key: 32 bytes in base64 [default: master.key in the data folder, made when missing]
    #[arg(long, env = "ANYHOOK_MASTER_KEY_FILE", value_name = "FILE")]
    master_key_file: Option<PathBuf>,

    /// Plan that new tenants are on: free, pro, scale or unlimited
    #[arg(long, env = "ANYHOOK_DEFAULT_PLAN", default_value = "unlimited", value_name = "PLAN")]
    default_plan: String,
    /// Address ranges that destinations may have besides public ones, separated by commas, or none [default: this
    /// machine's loopback ones while AnyHook itself listens on nothing else, else none]
    #[arg(long, env = "ANYHOOK_ALLOW_DESTINATIONS", value_name = "CIDR,…")]
    allow_destinations: Option<String>,
    /// Longest body of an inbound request
    #[arg(long, env = "ANYHOOK_MAX_BODY", default_value = "10 MiB", value_name = "SIZE")]
    max_body: String,

    /// Attempts at once
    #[arg(long, env = "ANYHOOK_MAX_IN_FLIGHT", default_value = "1000", value_name = "N")]
    max_in_flight: String,
    /// Attempts at once to one destination
    #[arg(long, env = "ANYHOOK_MAX_PER_DESTINATION", default_value = "50", value_name = "N")]
    max_per_destination: String,
    /// How much longer than its attempt a delivery is kept from others after a crash
    #[arg(long, env = "ANYHOOK_LEASE_MARGIN", default_value = "60s", value_name = "DURATION")]
    lease_margin: String,
    /// How long running attempts may go on after a signal to stop; a second signal ends them
    #[arg(long, env = "ANYHOOK_SHUTDOWN_GRACE", default_value = "330s", value_name = "DURATION")]
    shutdown_grace: String,

    /// text, json, or auto: text on a terminal
    #[arg(long, env = "ANYHOOK_LOG_FORMAT", default_value = "auto", value_name = "FORMAT")]
    log_format: String,
    /// What is logged: a level, or directives such as info,anyhook_delivery=debug
    #[arg(long, env = "ANYHOOK_LOG", default_value = "info", value_name = "FILTER")]
    log: String,
    /// OpenTelemetry collector that traces go to, over gRPC
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL")]
    otlp_endpoint: Option<String>,
}

/// The settings, checked.
#[derive(Clone, Debug)]
pub struct Settings {
    pub ingress_addr: SocketAddr,
    pub dashboard_addr: SocketAddr,
    /// Without a slash at the end; `None`: from the address that was bound.
    pub public_ingress_url: Option<String>,
    pub public_dashboard_url: Option<String>,
    pub data_dir: PathBuf,
    database_url: Option<String>,
    database_url_file: Option<PathBuf>,
    pub master_key_file: Option<PathBuf>,
    pub default_plan: Plan,
    allow_destinations: Option<Vec<IpNet>>,
    pub max_body_bytes: usize,
    pub max_in_flight: usize,
    pub max_per_destination: usize,
    pub lease_margin: Duration,
    pub shutdown_grace: Duration,
    pub telemetry: TelemetrySettings,
}

/// What is told to the outside about the process itself.
#[derive(Clone, Debug)]
pub struct TelemetrySettings {
    pub format: LogFormat,
    pub filter: String,
    pub otlp_endpoint: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
    /// Text on a terminal, JSON otherwise.
    Auto,
}

impl RawSettings {
    /// Checks every setting.
    ///
    /// # Errors
    /// One error that names all that is wrong.
    pub fn check(self) -> Result<Settings> {
        let mut problems = Problems::default();
        let settings = Settings {
            ingress_addr: problems.address("ingress-addr", &self.ingress_addr),
            dashboard_addr: problems.address("dashboard-addr", &self.dashboard_addr),
            public_ingress_url: problems.url("public-ingress-url", self.public_ingress_url),
            public_dashboard_url: problems.url("public-dashboard-url", self.public_dashboard_url),
            data_dir: problems.data_dir(self.data_dir.or_else(default_data_dir)),
            database_url: self.database_url,
            database_url_file: self.database_url_file,
            master_key_file: self.master_key_file,
            default_plan: problems.plan("default-plan", &self.default_plan),
            allow_destinations: self.allow_destinations.map(|text| problems.nets("allow-destinations", &text)),
            max_body_bytes: problems.bytes("max-body", &self.max_body),
            max_in_flight: problems.count("max-in-flight", &self.max_in_flight),
            max_per_destination: problems.count("max-per-destination", &self.max_per_destination),
            lease_margin: problems.duration("lease-margin", &self.lease_margin),
            shutdown_grace: problems.duration("shutdown-grace", &self.shutdown_grace),
            telemetry: TelemetrySettings {
                format: problems.log_format("log-format", &self.log_format),
                filter: problems.log_filter("log", self.log),
                otlp_endpoint: problems.url("otlp-endpoint", self.otlp_endpoint),
            },
        };
        problems.none()?;
        Ok(settings)
    }
}

impl Settings {
    /// The address ranges that destinations may have besides public ones. Loopback is a developer's: who listens to
    /// others would let strangers reach what is meant for this machine alone.
    #[must_use]
    pub fn allow_destinations(&self) -> Vec<IpNet> {
        let is_private = self.ingress_addr.ip().is_loopback() && self.dashboard_addr.ip().is_loopback();
        let loopback = || ["127.0.0.0/8", "::1/128"].map(|net| net.parse().expect("a constant range")).to_vec();
        self.allow_destinations.clone().unwrap_or_else(|| if is_private { loopback() } else { Vec::new() })
    }

    /// The database's URL.
    ///
    /// # Errors
    /// When its file cannot be read.
    pub fn database(&self) -> Result<String> {
        match (&self.database_url, &self.database_url_file) {
            (Some(url), _) => Ok(url.clone()),
            (None, Some(file)) => {
                let text = std::fs::read_to_string(file);
                let text =
                    text.with_context(|| format!("the database URL's file {} cannot be read", file.display()))?;
                Ok(text.trim().to_owned())
            }
            (None, None) => Ok(format!("sqlite:{}", self.data_dir.join("anyhook.db").display())),
        }
    }
}

/// The XDG data folder, else the one that it stands for.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn default_data_dir() -> Option<PathBuf> {
    let folder = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = folder("XDG_DATA_HOME").or_else(|| Some(folder("HOME")?.join(".local/share")))?;
    Some(base.join("anyhook"))
}
