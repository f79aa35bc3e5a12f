//! The servers that the services share: PostgreSQL, RabbitMQ, Redis.

use std::path::PathBuf;

use anyhook_cache::{Cache, RedisConfig};
use anyhook_queue::{Queue, rabbit};
use anyhook_store::OpenOptions;
use clap::Args;

use super::problems::Problems;

#[derive(Clone, Args)]
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
    pub fn options(&self) -> OpenOptions {
        OpenOptions { n_connections: self.n_connections, ..OpenOptions::default() }
    }

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
        let given = problems.secret("database-url", self.database_url, self.database_url_file.as_deref());
        Self::checked(given.text(), &self.database_connections, problems)
    }

    fn checked(url: Option<String>, n_connections: &str, problems: &mut Problems) -> Database {
        let n_connections = problems.count("database-connections", n_connections);
        Database { url, n_connections: u32::try_from(n_connections).expect("counts are at most a million") }
    }

    /// For services that share the log with other processes.
    pub(super) fn check_shared(self, problems: &mut Problems) -> Database {
        let given = problems.secret("database-url", self.database_url, self.database_url_file.as_deref());
        let example = "such as postgres://anyhook:password@host:5432/anyhook";
        let url = problems.required_secret("database-url", given, &format!("PostgreSQL's address, {example}"));
        let url = url.unwrap_or_default();
        if url.starts_with("sqlite:") {
            let says = format!(
                "is SQLite's, which one process has to itself: give PostgreSQL's, {example}; or run everything in one process with `anyhook up`"
            );
            problems.say("database-url", &says);
        } else if !url.is_empty() && !is_postgres(&url) {
            problems.say("database-url", &format!("is no address of PostgreSQL: it must look {example}"));
        }
        Self::checked(Some(url), &self.database_connections, problems)
    }
}

#[derive(Clone, Args)]
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
        let given = problems.secret("amqp-url", self.amqp_url, self.amqp_url_file.as_deref());
        let wanted = "RabbitMQ's address, such as amqp://anyhook:password@host:5672/; the queue within one process, \
                      which needs none, is only for `anyhook up`";
        let url = problems.required_secret("amqp-url", given, wanted).unwrap_or_default();
        if let Err(invalid) = Queue::rabbitmq(&url, rabbit::Config::default())
            && !url.is_empty()
        {
            problems.say("amqp-url", &format!("cannot be used: {invalid}"));
        }
        problems.name("amqp-prefix", &self.amqp_prefix);
        Broker { url, prefix: self.amqp_prefix }
    }
}

#[derive(Clone, Args)]
pub(super) struct RedisArgs {
    /// Redis: redis://:PASSWORD@HOST:6379/0, or rediss://; without it each process counts for itself
    #[arg(long, env = "ANYHOOK_REDIS_URL", value_name = "URL", hide_env_values = true)]
    redis_url: Option<String>,
    /// File with Redis' URL
    #[arg(long, env = "ANYHOOK_REDIS_URL_FILE", value_name = "FILE")]
    redis_url_file: Option<PathBuf>,
    /// How the names of keys and channels begin: another one for each AnyHook that shares a Redis
    #[arg(long, env = "ANYHOOK_REDIS_PREFIX", default_value = "anyhook", value_name = "NAME")]
    redis_prefix: String,
}

/// Redis.
#[derive(Clone)]
pub struct Redis {
    pub url: String,
    pub prefix: String,
}

impl RedisArgs {
    pub(super) fn check(self, problems: &mut Problems) -> Option<Redis> {
        problems.name("redis-prefix", &self.redis_prefix);
        let url = problems.secret("redis-url", self.redis_url, self.redis_url_file.as_deref()).text()?;
        if let Err(invalid) = Cache::redis(&url, RedisConfig::default()) {
            problems.say("redis-url", &format!("cannot be used: {invalid}"));
        }
        Some(Redis { url, prefix: self.redis_prefix })
    }
}
