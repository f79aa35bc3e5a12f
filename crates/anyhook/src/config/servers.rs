//! The servers that the services share: PostgreSQL, RabbitMQ, Redis.

use std::path::PathBuf;

use clap::Args;

use super::problems::Problems;

#[derive(Clone, Debug, Args)]
pub(super) struct DatabaseArgs {
    /// postgres://USER:PASSWORD@HOST/DATABASE; for one process also sqlite:PATH, which is the default there
    #[arg(long, env = "ANYHOOK_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    database_url: Option<String>,
    /// File with the database URL, so that its password is in no process list
    #[arg(long, env = "ANYHOOK_DATABASE_URL_FILE", value_name = "FILE")]
    database_url_file: Option<PathBuf>,
    /// Connections to PostgreSQL that this process opens at the most
    #[arg(long, env = "ANYHOOK_DATABASE_CONNECTIONS", default_value = "10", value_name = "N")]
    database_connections: String,
}

/// The database; without a URL it is the caller's default one.
#[derive(Clone)]
pub struct Database {
    pub url: Option<String>,
    pub n_connections: u32,
}

impl Database {
    #[must_use]
    pub fn is_postgres(&self) -> bool {
        self.url.as_deref().is_some_and(is_postgres)
    }
}

fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

impl DatabaseArgs {
    pub(super) fn check(self, problems: &mut Problems) -> Database {
        let url = problems.secret("database-url", self.database_url, self.database_url_file.as_deref());
        let n_connections = problems.count("database-connections", &self.database_connections);
        Database { url, n_connections: u32::try_from(n_connections).expect("counts are at most a million") }
    }

    /// For services that share the log with other processes.
    pub(super) fn check_shared(self, problems: &mut Problems) -> Database {
        let Database { url, n_connections } = self.check(problems);
        let example = "such as postgres://anyhook:password@host:5432/anyhook";
        let url = problems.required("database-url", url, &format!("PostgreSQL's address, {example}"));
        if url.starts_with("sqlite:") {
            let says = format!("is SQLite's, which one process has to itself: give PostgreSQL's, {example}; or run everything in one process with `anyhook up`");
            problems.say("database-url", &says);
        } else if !url.is_empty() && !is_postgres(&url) {
            problems.say("database-url", &format!("is no address of PostgreSQL: it must look {example}"));
        }
        Database { url: Some(url), n_connections }
    }
}

#[derive(Clone, Debug, Args)]
pub(super) struct BrokerArgs {
    /// RabbitMQ: amqp://USER:PASSWORD@HOST:5672/VHOST, or amqps://
    #[arg(long, env = "ANYHOOK_AMQP_URL", value_name = "URL", hide_env_values = true)]
    amqp_url: Option<String>,
    /// File with RabbitMQ's URL
    #[arg(long, env = "ANYHOOK_AMQP_URL_FILE", value_name = "FILE")]
    amqp_url_file: Option<PathBuf>,
    /// How the queues' names begin: another one for each AnyHook that shares a virtual host
    #[arg(long, env = "ANYHOOK_AMQP_PREFIX", default_value = "anyhook", value_name = "NAME")]
    amqp_prefix: String,
}

/// RabbitMQ.
#[derive(Clone)]
pub struct Broker {
    pub url: String,
    pub prefix: String,
}

impl BrokerArgs {
    pub(super) fn check(self, problems: &mut Problems) -> Broker {
        let url = problems.secret("amqp-url", self.amqp_url, self.amqp_url_file.as_deref());
        let wanted = "RabbitMQ's address, such as amqp://anyhook:password@host:5672/; the queue within one process, \
                      which needs none, is only for `anyhook up`";
        let url = problems.required("amqp-url", url, wanted);
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if !(1..=64).contains(&self.amqp_prefix.len()) || !self.amqp_prefix.chars().all(is_name) {
            problems.say("amqp-prefix", "must be 1 to 64 letters, digits, or any of - _ .");
        }
        Broker { url, prefix: self.amqp_prefix }
    }
}

#[derive(Clone, Debug, Args)]
pub(super) struct RedisArgs {
    /// Redis: redis://:PASSWORD@HOST:6379/0, or rediss://; without it each process counts for itself
    #[arg(long, env = "ANYHOOK_REDIS_URL", value_name = "URL", hide_env_values = true)]
    redis_url: Option<String>,
    /// File with Redis' URL
    #[arg(long, env = "ANYHOOK_REDIS_URL_FILE", value_name = "FILE")]
    redis_url_file: Option<PathBuf>,
}

impl RedisArgs {
    pub(super) fn check(self, problems: &mut Problems) -> Option<String> {
        problems.secret("redis-url", self.redis_url, self.redis_url_file.as_deref())
    }
}
