//! The settings of `anyhook up`, and of `anyhook migrate`, which looks for the same database.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhook_tenants::MailConfig;
use anyhow::Result;
use clap::Args;
use ipnet::IpNet;

use super::{
    accounts::{Accounts, AccountsArgs},
    mail::{Mail, MailArgs},
    problems::Problems,
    sections::{
        ApiRateArgs, Attempts, AttemptsArgs, DashboardArgs, DestinationsArgs, InboundUrlArgs, Ingress, IngressArgs,
        ProxiesArgs,
    },
    servers::{Database, DatabaseArgs},
    stopping::{Stopping, StoppingArgs},
    telemetry::{TelemetryArgs, TelemetrySettings},
};

/// Where the database is.
#[derive(Clone, Args)]
pub struct StorageArgs {
    /// TOML file with settings, named like the flags with underscores
    #[arg(long, env = "ANYHOOK_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder for the database and the master key [default: anyhook in the user's data folder]
    #[arg(long, env = "ANYHOOK_DATA_DIR", value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    telemetry: TelemetryArgs,
}

#[derive(Clone)]
pub struct Storage {
    data_dir: Option<PathBuf>,
    pub database: Database,
    pub telemetry: TelemetrySettings,
}

impl StorageArgs {
    /// # Errors
    /// One error that names all that is wrong.
    pub fn check(self) -> Result<Storage> {
        let mut problems = Problems::default();
        let storage = self.check_with(&mut problems);
        if !storage.database.is_postgres() && storage.data_dir.is_none() {
            problems.data_dir(None);
        }
        problems.none()?;
        Ok(storage)
    }

    fn check_with(self, problems: &mut Problems) -> Storage {
        Storage {
            data_dir: self.data_dir.or_else(default_data_dir),
            database: self.database.check(problems),
            telemetry: self.telemetry.check(problems),
        }
    }
}

impl Storage {
    /// The folder that one process has to itself while it works on SQLite; with PostgreSQL there is none.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.data_dir.as_deref().filter(|_| !self.database.is_postgres())
    }

    /// The database's URL.
    #[must_use]
    pub fn database_url(&self) -> String {
        url_or_file(&self.database, self.data_dir.as_deref().unwrap_or(Path::new("")))
    }
}

#[derive(Clone, Args)]
pub struct UpArgs {
    #[command(flatten)]
    ingress: IngressArgs,
    #[command(flatten)]
    inbound_url: InboundUrlArgs,
    #[command(flatten)]
    dashboard: DashboardArgs,
    #[command(flatten)]
    api_rate: ApiRateArgs,
    #[command(flatten)]
    proxies: ProxiesArgs,
    #[command(flatten)]
    mail: MailArgs,
    #[command(flatten)]
    storage: StorageArgs,
    /// File with the master key: 32 bytes in base64 [default: master.key in the data folder, made when missing]
    #[arg(long, env = "ANYHOOK_MASTER_KEY_FILE", value_name = "FILE")]
    master_key_file: Option<PathBuf>,
    /// Not taken here; named, so that it is not left out of account
    #[arg(long, env = "ANYHOOK_MASTER_KEY", hide = true, hide_env_values = true)]
    master_key: Option<String>,
    #[command(flatten)]
    accounts: AccountsArgs,
    #[command(flatten)]
    destinations: DestinationsArgs,
    #[command(flatten)]
    attempts: AttemptsArgs,
    #[command(flatten)]
    stopping: StoppingArgs,
}

/// The settings, checked.
#[derive(Clone)]
pub struct UpSettings {
    pub ingress: Ingress,
    /// Without a slash at the end; `None`: from the address that was bound.
    pub public_ingress_url: Option<String>,
    pub dashboard_addr: SocketAddr,
    pub public_dashboard_url: Option<String>,
    pub api_requests_per_minute: u32,
    pub trusted_proxies: Vec<IpNet>,
    mail: Mail,
    pub data_dir: PathBuf,
    pub database: Database,
    pub master_key_file: Option<PathBuf>,
    accounts: Accounts,
    allow_destinations: Option<Vec<IpNet>>,
    pub attempts: Attempts,
    pub stopping: Stopping,
    pub telemetry: TelemetrySettings,
}

impl UpArgs {
    /// Checks every setting.
    ///
    /// # Errors
    /// One error that names all that is wrong.
    pub fn check(self) -> Result<UpSettings> {
        let mut problems = Problems::default();
        if self.master_key.is_some_and(|key| !key.is_empty()) {
            problems.say("master-key", "is for `anyhook tenants`: here put the key into a file, and name that");
        }
        let storage = self.storage.check_with(&mut problems);
        let (dashboard_addr, public_dashboard_url) = self.dashboard.check(&mut problems);
        let settings = UpSettings {
            ingress: self.ingress.check(&mut problems),
            public_ingress_url: self.inbound_url.check(&mut problems),
            dashboard_addr,
            public_dashboard_url,
            api_requests_per_minute: self.api_rate.check(&mut problems),
            trusted_proxies: self.proxies.check(&mut problems),
            mail: self.mail.check(&mut problems),
            data_dir: problems.data_dir(storage.data_dir),
            database: storage.database,
            master_key_file: self.master_key_file,
            accounts: self.accounts.check(&mut problems),
            allow_destinations: self.destinations.check(&mut problems),
            attempts: self.attempts.check(&mut problems),
            stopping: self.stopping.check(&mut problems),
            telemetry: storage.telemetry,
        };
        problems.none()?;
        Ok(settings)
    }
}

impl UpSettings {
    /// The address ranges that destinations may have besides public ones. Loopback is a developer's: who listens to
    /// others would let strangers reach what is meant for this machine alone.
    #[must_use]
    pub fn allow_destinations(&self) -> Vec<IpNet> {
        let is_private = self.is_private();
        let loopback = || ["127.0.0.0/8", "::1/128"].map(|net| net.parse().expect("a constant range")).to_vec();
        self.allow_destinations.clone().unwrap_or_else(|| if is_private { loopback() } else { Vec::new() })
    }

    /// A developer's own, unless it was said otherwise, lets whoever reaches it begin without an account.
    #[must_use]
    pub fn accounts(&self) -> Accounts {
        let is_own = self.is_private() && self.public_dashboard_url.is_none();
        let is_on = self.accounts.is_quickstart_on.unwrap_or(is_own);
        Accounts { is_quickstart_on: Some(is_on), ..self.accounts.clone() }
    }

    /// Mail goes into the data folder, unless it was said otherwise. `dashboard_url`: as it is called.
    #[must_use]
    pub fn mail(&self, dashboard_url: &str) -> MailConfig {
        let is_own = self.is_private() && self.public_dashboard_url.is_none();
        self.mail.clone().config_within(dashboard_url.to_owned(), &self.data_dir, is_own)
    }

    /// Nobody beyond this machine reaches it.
    fn is_private(&self) -> bool {
        self.ingress.addr.ip().is_loopback() && self.dashboard_addr.ip().is_loopback()
    }

    /// The database's URL.
    #[must_use]
    pub fn database_url(&self) -> String {
        url_or_file(&self.database, &self.data_dir)
    }
}

fn url_or_file(database: &Database, data_dir: &Path) -> String {
    database.url.clone().unwrap_or_else(|| format!("sqlite:{}", data_dir.join("anyhook.db").display()))
}

/// The XDG data folder, else the one that it stands for.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn default_data_dir() -> Option<PathBuf> {
    let folder = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = folder("XDG_DATA_HOME").or_else(|| Some(folder("HOME")?.join(".local/share")))?;
    Some(base.join("anyhook"))
}
