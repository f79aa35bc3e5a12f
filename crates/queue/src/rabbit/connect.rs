//! Connections to the broker, and the waits between attempts at them.

use std::time::Duration;

use anyhook_domain::Backoff;
use lapin::{Connection, ConnectionProperties, uri::AMQPUri};
use tokio::time::{Instant, timeout};

/// What opening a connection may take, with all that the broker is asked first.
const OPENS_WITHIN: Duration = Duration::from_secs(10);
/// Seconds between heartbeats, at the most: the broker may ask for fewer. A silence of about twice that ends the connection.
const HEARTBEAT_S: u16 = 10;
const SHORTEST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// What held for so long was a success: the next attempt comes soon.
const STEADY_AFTER: Duration = Duration::from_secs(10);

/// The address of RabbitMQ cannot be used. It is not repeated here: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the address of RabbitMQ must look like amqp://user:password@host:5672/vhost (amqps:// for TLS)")]
pub struct InvalidUrl;

/// Why a connection was given up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Ended {
    #[error("{0}")]
    Broker(#[from] lapin::Error),
    #[error("the broker did not answer in time")]
    NoAnswer,
    #[error("the broker ended it")]
    Gone,
    #[error("a queue is missing")]
    NoQueue,
}

pub(crate) fn parse(url: &str) -> Result<AMQPUri, InvalidUrl> {
    let mut uri: AMQPUri = url.parse().map_err(|_| InvalidUrl)?;
    if uri.vhost.is_empty() {
        // A closing slash is hardly ever meant as the virtual host without a name.
        "/".clone_into(&mut uri.vhost);
    }
    uri.query.heartbeat.get_or_insert(HEARTBEAT_S);
    Ok(uri)
}

pub(crate) async fn open(uri: &AMQPUri, purpose: &str) -> Result<Connection, Ended> {
    let properties = ConnectionProperties::default().with_connection_name(format!("anyhook {purpose}").into());
    within(OPENS_WITHIN, Connection::connect_uri(uri.clone(), properties)).await
}

/// Waits for the broker, but not for ever: one that has raised an alarm answers nothing.
pub(crate) async fn within<T>(time: Duration, answer: impl Future<Output = lapin::Result<T>>) -> Result<T, Ended> {
    Ok(timeout(time, answer).await.map_err(|_| Ended::NoAnswer)??)
}

/// Attempts for ever, at growing distances.
pub(crate) struct Attempts {
    purpose: &'static str,
    backoff: Backoff,
    began: Instant,
}

impl Attempts {
    pub(crate) fn new(purpose: &'static str) -> Self {
        Self { purpose, backoff: Backoff::new(SHORTEST_WAIT, LONGEST_WAIT), began: Instant::now() }
    }

    /// Waits after an attempt that began when the last wait was over.
    pub(crate) async fn wait_after(&mut self, ended: &Ended) {
        if self.began.elapsed() >= STEADY_AFTER {
            self.backoff.reset();
        }
        if self.backoff.is_fresh() {
            tracing::warn!(error = %ended, purpose = self.purpose, "no connection to RabbitMQ; it is tried until there is one");
        } else {
            tracing::debug!(error = %ended, purpose = self.purpose, "still no connection to RabbitMQ");
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
        let uri = parse("amqp://user:hunter2@mq.example/").expect("it is well-formed");
        assert_eq!((uri.vhost.as_str(), uri.query.heartbeat), ("/", Some(HEARTBEAT_S)));
        assert_eq!(parse("amqp://mq.example/a%2fb?heartbeat=3").map(|it| it.query.heartbeat), Ok(Some(3)));
        for bad in ["", "mq.example", "http://user:hunter2@mq.example", "amqp://user:hunter2@mq.example:port"] {
            let error = parse(bad).expect_err("it is not an address of RabbitMQ");
            assert!(!format!("{error} {error:?}").contains("hunter2"));
        }
    }
}
