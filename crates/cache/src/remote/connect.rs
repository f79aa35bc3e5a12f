//! Connections to Redis, and the waits between attempts at them.

use std::time::Duration;

use anyhook_domain::Backoff;
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, IntoConnectionInfo, RedisError, RedisResult,
    aio::{MultiplexedConnection, PubSub},
    io::tcp::TcpSettings,
};
use tokio::time::{Instant, timeout};

/// What opening a connection may take.
const OPENS_WITHIN: Duration = Duration::from_secs(2);
/// What the worker's own commands may take, for which no caller waits.
pub(super) const ANSWERS_WITHIN: Duration = Duration::from_secs(2);
/// Between two looks whether an idle connection still answers.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Questions that wait to be written, at the most; the callers of further ones wait.
const MAX_UNWRITTEN: usize = 1000;
const SHORTEST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// What held for so long was a success: the next attempt comes soon.
const STEADY_AFTER: Duration = Duration::from_secs(10);

/// The address of Redis cannot be used. It is not repeated here: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the address of Redis must look like redis://:password@host:6379/0 (rediss:// for TLS)")]
pub struct InvalidUrl;

/// Why a connection was given up.
#[derive(Debug, thiserror::Error)]
pub(super) enum Ended {
    #[error("{0}")]
    Redis(#[from] RedisError),
    #[error("Redis did not answer in time")]
    NoAnswer,
    #[error("Redis ended it")]
    Gone,
}

pub(super) fn parse(url: &str) -> Result<Client, InvalidUrl> {
    let info = url.into_connection_info().map_err(|_| InvalidUrl)?;
    if !matches!(info.addr(), ConnectionAddr::Tcp(..) | ConnectionAddr::TcpTls { insecure: false, .. }) {
        return Err(InvalidUrl);
    }
    // Questions are small and come one by one: held back for more of them, each would take as long as a time-out.
    Client::open(info.set_tcp_settings(TcpSettings::default().set_nodelay(true))).map_err(|_| InvalidUrl)
}

pub(super) async fn open(client: &Client) -> Result<MultiplexedConnection, Ended> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(None)
        .set_response_timeout(None)
        .set_pipeline_buffer_size(MAX_UNWRITTEN);
    within(OPENS_WITHIN, client.get_multiplexed_async_connection_with_config(&config)).await
}

pub(super) async fn open_pubsub(client: &Client) -> Result<PubSub, Ended> {
    within(OPENS_WITHIN, client.get_async_pubsub()).await
}

/// Waits for Redis, but not for ever.
pub(super) async fn within<T>(time: Duration, answer: impl Future<Output = RedisResult<T>>) -> Result<T, Ended> {
    Ok(timeout(time, answer).await.map_err(|_| Ended::NoAnswer)??)
}

/// Attempts for ever, at growing distances.
pub(super) struct Attempts {
    purpose: &'static str,
    backoff: Backoff,
    began: Instant,
}

impl Attempts {
    pub(super) fn new(purpose: &'static str) -> Self {
        Self { purpose, backoff: Backoff::new(SHORTEST_WAIT, LONGEST_WAIT), began: Instant::now() }
    }

    /// Waits after an attempt that began when the last wait was over.
    pub(super) async fn wait_after(&mut self, ended: &Ended) {
        if self.began.elapsed() >= STEADY_AFTER {
            self.backoff.reset();
        }
        if self.backoff.is_fresh() {
            tracing::warn!(error = %ended, purpose = self.purpose, "no connection to Redis; it is tried until there is one");
        } else {
            tracing::debug!(error = %ended, purpose = self.purpose, "still no connection to Redis");
        }
        tokio::time::sleep(self.backoff.wait(rand::random())).await;
        self.began = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_and_never_repeated() {
        for good in
            ["redis://127.0.0.1", "redis://:hunter2@cache.example:6380/3", "rediss://user:hunter2@cache.example"]
        {
            parse(good).expect("it is well-formed");
        }
        for bad in [
            "",
            "cache.example:6379",
            "http://:hunter2@cache.example",
            "redis://:hunter2@cache.example:port",
            "redis://:hunter2@cache.example/hunter2",
            "unix:///run/redis.sock?pass=hunter2",
            "rediss://:hunter2@cache.example/#insecure",
        ] {
            let error = parse(bad).expect_err(bad);
            assert!(!format!("{error} {error:?}").contains("hunter2"));
        }
    }
}
