//! The broker that the tests use, where there is one: `ANYHOOK_TEST_AMQP_URL`.

use std::time::{Duration, Instant};

use lapin::{
    Channel, Connection, ConnectionProperties,
    options::{BasicPublishOptions, QueueDeclareOptions, QueueDeleteOptions},
    types::FieldTable,
    uri::AMQPUri,
};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::proxy::Proxy;

pub(crate) const SOON: Duration = Duration::from_secs(20);

/// Queues of its own on the broker, a way there that can be cut, and workers that end with the test.
pub(crate) struct Broker {
    uri: AMQPUri,
    pub prefix: String,
    pub proxy: Proxy,
    pub workers: JoinSet<()>,
    channel: Channel,
    connection: Connection,
}

impl Broker {
    /// `None`: there is no broker to test with.
    pub(crate) async fn start(is_open: bool) -> Option<Self> {
        #[expect(clippy::disallowed_methods, reason = "where the tests find their broker")]
        let url = std::env::var("ANYHOOK_TEST_AMQP_URL").ok()?;
        let uri: AMQPUri = url.parse().unwrap();
        let proxy = Proxy::start(format!("{}:{}", uri.authority.host, uri.authority.port), is_open).await;
        let connection = Connection::connect_uri(uri.clone(), ConnectionProperties::default()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        let prefix = format!("anyhook-test.{}", Uuid::new_v4());
        Some(Self { uri, prefix, proxy, channel, connection, workers: JoinSet::new() })
    }

    /// The broker's address by way of the proxy.
    pub(crate) fn url(&self) -> String {
        let mut uri = self.uri.clone();
        uri.authority.host = "127.0.0.1".to_owned();
        uri.authority.port = self.proxy.port;
        uri.to_string()
    }

    fn name(&self, queue: &str) -> String {
        format!("{}.{queue}", self.prefix)
    }

    pub(crate) async fn publish_raw(&self, queue: &str, body: &[u8]) {
        let options = BasicPublishOptions::default();
        let sent = self.channel.basic_publish("".into(), self.name(queue).into(), options, body, Default::default());
        sent.await.unwrap().await.unwrap();
    }

    pub(crate) async fn delete(&self, queue: &str) {
        self.channel.queue_delete(self.name(queue).into(), QueueDeleteOptions::default()).await.unwrap();
    }

    /// What lies in the queue and was given to nobody. `None`: there is no such queue.
    pub(crate) async fn n_ready(&self, queue: &str) -> Option<u32> {
        let options = QueueDeclareOptions { passive: true, ..Default::default() };
        // On a channel of its own: a queue that is missing closes it.
        let channel = self.connection.create_channel().await.unwrap();
        let declared = channel.queue_declare(self.name(queue).into(), options, FieldTable::default()).await;
        declared.ok().map(|queue| queue.message_count())
    }
}

pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < SOON, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
